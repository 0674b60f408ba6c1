"""What upscore must say about the CRM pipeline data, straight from its CSV files with the standard library alone.

The data lies beside the project and is not part of it; see `data_folder`. Nothing of upscore is imported here: this is
the second opinion, down to the ids (`slug`), which the mappings in `mappings/` make from names too.
"""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path

WINDOWS = (7, 28, 91, 364)

Figure = tuple[float | None, int]
"""A value and the number of records behind it."""

Windows = dict[str, Figure]
Metrics = dict[str, Windows]
Subject = tuple[str, str]
Row = dict[str, str]


def data_folder() -> Path:
    """Where the data is: `crm_pipeline` in the folder that `UPSCORE_SHARED_DATA` names, or beside the project."""
    named = os.environ.get("UPSCORE_SHARED_DATA")
    shared = Path(named) if named else Path(__file__).resolve().parents[2].parent / "shared" / "data"
    return shared / "crm_pipeline"


def rows(name: str) -> list[Row]:
    """The rows of one of its files, by column."""
    with (data_folder() / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def slug(name: str) -> str:
    """The id that the mappings make of a name; the names here are plain ASCII."""
    return "-".join(re.findall("[a-z0-9]+", name.lower()))


def day(text: str) -> date:
    """A date of the pipeline, DD-MM-YY."""
    return datetime.strptime(text, "%d-%m-%y").date()  # noqa: DTZ007 - a date has no zone


def subjects_of_agents() -> dict[str, list[Subject]]:
    """The subjects that an agent's deals count for: the agent, its manager's team, its office and the company."""
    return {
        row["sales_agent"]: [
            ("rep", slug(row["sales_agent"])),
            ("team", slug(row["manager"])),
            ("territory", slug(row["regional_office"])),
            ("company", "company"),
        ]
        for row in rows("sales_teams.csv")
    }


def outcomes() -> Counter[str]:
    """Rows of the pipeline that must be imported and rejected: without an engage date it is no deal yet."""
    return Counter("imported" if row["engage_date"] else "rejected" for row in rows("sales_pipeline.csv"))


def expected(on: date) -> dict[Subject, Metrics]:
    """Every figure of every agent, team, office and the company, over the windows that end with this date.

    Values are exact whole numbers divided once, so they are the floats that upscore must print.
    """
    agents = subjects_of_agents()
    closed: dict[Subject, list[Row]] = {subject: [] for subjects in agents.values() for subject in subjects}
    for row in rows("sales_pipeline.csv"):
        if row["deal_stage"] in {"Won", "Lost"}:
            for subject in agents[row["sales_agent"]]:
                closed[subject].append(row)
    return {subject: _metrics(deals, on) for subject, deals in closed.items()}


def _metrics(deals: list[Row], on: date) -> Metrics:
    found: Metrics = {}
    for days in WINDOWS:
        first = on - timedelta(days=days - 1)
        within = [deal for deal in deals if first <= day(deal["close_date"]) <= on]
        for metric, figure in _figures(within).items():
            found.setdefault(metric, {})[f"{days}d"] = figure
    return found


def _figures(deals: Iterable[Row]) -> dict[str, Figure]:
    deals = list(deals)
    won = [deal for deal in deals if deal["deal_stage"] == "Won"]
    lost = len(deals) - len(won)
    revenue = sum(int(deal["close_value"]) for deal in won)
    cycle = sum((day(deal["close_date"]) - day(deal["engage_date"])).days for deal in won)
    return {
        "net_revenue": (revenue / 1, len(won)),
        "deals_won": (len(won) / 1, len(won)),
        "deals_lost": (lost / 1, lost),
        "win_rate": _ratio(len(won), len(deals)),
        "average_deal_size": _ratio(revenue, len(won)),
        "cycle_days": _ratio(cycle, len(won)),
    }


def _ratio(numerator: int, denominator: int) -> Figure:
    return (numerator / denominator, denominator) if denominator else (None, 0)
