"""`upscore replay` gives the same bytes whatever the circumstances, on a real Kafka."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from streams import kafka_clients
from streams.settings import Settings
from tests.functional.replayed import (
    FIRST,
    LAST,
    MESSAGES,
    Replay,
    installation,
    produce,
)
from tests.traffic import rough_messages

pytestmark = pytest.mark.kafka


def test_the_bytes_are_the_same_whatever_the_processes_frames_time_zone_and_arrival(
    kafka: Settings, replay: Replay, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    outs = (("csv",), ("json",), ("openmetrics", "--step", "3600"))

    def digests(of: Replay, *more: str) -> list[str]:
        return [sha256(of.days("--out", *out, *more)).hexdigest() for out in outs]

    expected = digests(replay)
    assert digests(replay, "--processes", "3") == expected
    monkeypatch.setattr(kafka_clients, "_FETCH_BYTES", 2_000)
    monkeypatch.setattr("streams.replay.spool.RECORDS_A_BUCKET", 700)
    assert digests(replay, "--processes", "2") == expected
    order = list(range(len(MESSAGES)))
    random.Random(1).shuffle(order)
    assert digests(Replay(installation(kafka, order), capsysbinary)) == expected
    script = [
        sys.executable,
        "-m",
        "streams",
        "replay",
        *replay.given,
        "--from",
        FIRST.isoformat(),
        "--until",
        LAST.isoformat(),
    ]
    environment = {
        "TZ": "Asia/Tokyo",
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PYTHONHASHSEED": "7",
    }
    said = subprocess.run([*script, "--out", "csv"], env=environment, check=True, stdout=subprocess.PIPE).stdout
    assert sha256(said).hexdigest() == expected[0]


def test_offsets_written_by_one_run_bound_the_next(
    kafka: Settings, capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    replay = Replay(installation(kafka), capsysbinary)
    before = replay.days("--out", "csv", "--write-offsets", str(tmp_path / "offsets.json"))
    more = rough_messages(800, seed=9, days=80, reps=10)
    produce(replay.settings, more)
    assert replay.days("--out", "csv") != before
    assert replay.days("--out", "csv", "--until-offsets", str(tmp_path / "offsets.json")) == before
    (tmp_path / "offsets.json").write_text(json.dumps({replay.settings.topic_prefix + "sales.events.v1": {"0": 10**9}}))
    said = replay("replay", "--out", "csv", "--until-offsets", str(tmp_path / "offsets.json"), code=1)
    assert b"it cannot be read until 1000000000" in said


def test_an_interrupted_one_goes_on_where_it_stopped(
    replay: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = replay.days("--out", "csv")
    monkeypatch.setattr(kafka_clients, "_FETCH_BYTES", 2_000)
    monkeypatch.setattr("streams.replay.spool._ROWS_AT_ONCE", 50)
    read_so_far: list[int] = []

    class Interrupted:
        """Ends the replay in the middle of its reading, once."""

        def __init__(self, stop_at: int | None) -> None:
            self._stop_at = stop_at

        def stage(self, what: str, unit: str, total: int) -> Callable[[int], None]:  # noqa: ARG002
            read_so_far.append(0)

            def advance(count: int) -> None:
                read_so_far[-1] += count
                if self._stop_at is not None and read_so_far[-1] > self._stop_at:
                    raise KeyboardInterrupt

            return advance if what == "reading" else lambda _: None

    def stages(stop_at: int | None) -> Callable[[], Any]:
        from contextlib import nullcontext  # noqa: PLC0415

        return lambda: nullcontext(Interrupted(stop_at))

    arguments = (
        "replay",
        "--from",
        FIRST.isoformat(),
        "--until",
        LAST.isoformat(),
        "--out",
        "csv",
        "--work",
        str(tmp_path),
    )
    monkeypatch.setattr("streams.commands.replay.shown_stages", stages(1_000))
    replay(*arguments, code=130)
    junk = next(tmp_path.glob("spool/*.rows"))
    with junk.open("ab") as file:
        file.write(b"half a block")  # what a kill in the middle of writing leaves
    monkeypatch.setattr("streams.commands.replay.shown_stages", stages(None))
    assert replay(*arguments) == expected
    assert replay(*arguments) == expected  # nothing is read any more
