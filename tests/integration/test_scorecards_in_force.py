"""Workers write down the scorecard that they start with: once for all of them, and again when it is another one."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from schemas.scorecard_in_force import ScorecardInForce
from schemas.topics import SCORECARDS
from streams.local import Addresses
from tests.installation import Installation, installation, wait_until
from tests.traffic import rough_messages

pytestmark = pytest.mark.kafka


def history(line: Installation) -> list[dict[str, Any]]:
    return list(json.loads(line.command("scorecard", "history", "--json").stdout))


def test_workers_write_down_what_they_start_with_and_scores_lead_to_it(stack: Addresses, tmp_path: Path) -> None:
    text = files("scoring").joinpath("scorecards/default.toml").read_text("utf-8")
    other = tmp_path / "other.toml"
    other.write_text(
        'author = "ops"\n' + text.replace('"default"', '"mine"', 1).replace("version = 1", "version = 7", 1)
    )
    with installation(stack, tmp_path, "in-force", publish_seconds=0.2) as line:
        line.produce(rough_messages(300, seed=3, days=40, reps=4))
        workers = [line.start_worker() for _ in range(2)]
        for worker in workers:
            worker.wait_until_ready()
        wait_until(lambda: history(line), 30, "the first scorecard to be written down")
        assert [(entry["place"], entry["scorecard"], entry["toml"]) for entry in history(line)] == [
            (1, "default@1", text)
        ]
        for worker in workers:
            assert worker.stop() == 0
        worker = line.start_worker(UPSCORE_SCORECARD=str(other))
        worker.wait_until_ready()
        wait_until(lambda: len(history(line)) > 1, 30, "the other scorecard to be written down")
        entries = history(line)
        assert [(entry["place"], entry["scorecard"], entry["author"]) for entry in entries[1:]] == [
            (2, "mine@7", "ops")
        ]
        scores = wait_until(
            lambda: [score for score in line.published_scores().values() if score["scorecard"] == "mine@7"],
            60,
            "scores",
        )
        shown = line.command("scorecard", "show", scores[0]["scorecard"]).stdout
        assert shown.decode() == other.read_text()
        on_topic = list(line.read_all([line.settings.topic_prefix + SCORECARDS]))
        assert len(on_topic) == 2
        for message in on_topic:
            ScorecardInForce.model_validate_json(message.value())
