"""Histories to replay - the CRM pipeline data, two years of a simulated CRM - and what the oracle has of their days."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from schemas.currencies import EXPONENTS
from scoring import oracle
from scoring.scorecard import Scorecard
from streams.local import Addresses
from streams.replay.side_by_side import run, shares
from streams.scorecard_file import load_scorecard
from streams.simulator import line, records, roughen
from tests.installation import Installation, installation
from tests.traffic import TOPIC_OF
from tests.whole import crm_pipeline

MAPPINGS = Path(__file__).parent / "mappings"
OF_PIPELINE = Path(__file__).parent / "scorecards" / "crm_pipeline.toml"
"""Of what the pipeline tells of: by the default one, coverage would be too low for any score."""

PROCESSES = 2
DAYS_COMPARED = 50

Days = Mapping[date, list[dict[str, Any]]]
"""The score objects of days, in the order in which a replay tells them, without their `version`."""


@dataclass(frozen=True, slots=True)
class History:
    """Records in the topics of an installation, and their first and last day."""

    installation: Installation
    first: date
    last: date

    @property
    def scorecard(self) -> Scorecard:
        """The one in force."""
        return load_scorecard(self.installation.settings.scorecard)

    @property
    def random_days(self) -> list[date]:
        """Days to compare, among all from a while before the first record to a while after the last."""
        first, days = self.first - timedelta(days=3), (self.last - self.first).days + 30
        return sorted(first + timedelta(days=day) for day in random.Random(7).sample(range(days), DAYS_COMPARED))

    def of_oracle(self, days: Sequence[date]) -> Days:
        """What the oracle has of some days: from all records, read anew."""
        settings = self.installation.settings
        laid = oracle.Laid.out(
            oracle.newest(self.installation.deliveries()),
            zone=ZoneInfo(settings.time_zone),
            base_currency=settings.base_currency,
            exponents=EXPONENTS,
            scorecard=self.scorecard,
        )
        parts = [partial(_days_of_oracle, laid, some) for some in shares(days, PROCESSES)]
        found: dict[date, list[dict[str, Any]]] = {}
        for of_some in run(parts, lambda _: None):
            found |= of_some
        return found


def _days_of_oracle(laid: oracle.Laid, days: Sequence[date], _: object) -> dict[date, list[dict[str, Any]]]:
    return {day: in_order(oracle.scores_on(laid, day, "").values()) for day in days}


def in_order(scores: Any) -> list[dict[str, Any]]:
    """As a replay tells the scores of a day, without their `version`."""
    kinds = ("rep", "team", "territory", "company")
    ordered = sorted(scores, key=lambda score: (kinds.index(score["subject"]), score["id"]))
    return [{name: value for name, value in score.items() if name != "version"} for score in ordered]


@contextmanager
def crm_history(stack: Addresses, folder: Path):
    """The CRM pipeline data, brought in by the importer: 8,300 deals of 35 agents in 14 months."""
    with installation(stack, folder, "crm-replay", scorecard=str(OF_PIPELINE)) as running:
        for file, mapping in (
            ("sales_teams.csv", "crm_pipeline_teams.toml"),
            ("sales_pipeline.csv", "crm_pipeline_deals.toml"),
        ):
            path = crm_pipeline.data_folder() / file
            running.command("import", str(path), "--mapping", str(MAPPINGS / mapping), "--publish", check=False)
        yield History(running, date(2016, 10, 20), date(2017, 12, 31))


@contextmanager
def simulated_history(stack: Addresses, folder: Path):
    """Two years of a simulated CRM, with repeats, old versions and wrong order: some 50,000 records of six reps."""
    first = date(2024, 1, 1)
    with installation(stack, folder, "sim-replay", time_zone="America/New_York") as running:
        sent = roughen(records(seed=3, days=730, reps=6, start=first), 3)
        running.produce((TOPIC_OF[each["type"]], each["id"].encode(), line(each).rstrip()) for each in sent)
        yield History(running, first, first + timedelta(days=729))
