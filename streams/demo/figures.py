"""Figures: what the worker's HTTP API tells, asked as any program of a user would. Source: contract.md section 5."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from schemas import metrics

__all__ = ["METRICS", "Row", "Snapshot", "fetch"]

METRICS: Final = ("net_revenue", "win_rate", "calls", "csat")
"""The metrics shown beside the scores, over 28 days."""

_RANKED: Final = ("team", "rep")
_WINDOW: Final = "28d"
_MOST: Final = 10_000
_COUNTERS: Final = (metrics.RECORDS.name, metrics.DEAD_LETTER_RECORDS.name)


@dataclass(frozen=True, slots=True)
class Row:
    """A subject as it stands.

    Attributes:
        key: such as `rep:r-17`.
        team_id: the team of a rep; None for others.
        score: 0..100; None while there is too little evidence.
        coverage: 0..1.
        figures: 28-day values of `METRICS`, those that the subject has.
    """

    key: str
    team_id: str | None
    score: float | None
    coverage: float
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one round of questions told.

    Attributes:
        as_of: the date of the scores; None before the first.
        rows: by subject key.
        counted: records that the worker has dealt with so far, whatever became of them.
        dead_letters: records that it refused.
    """

    as_of: str | None
    rows: Mapping[str, Row]
    counted: int
    dead_letters: int


async def fetch(session: aiohttp.ClientSession) -> Snapshot | None:
    """How things stand now; None while the worker does not answer.

    Args:
        session: its base address is the worker's.
    """
    boards = [(subject, metric) for subject in _RANKED for metric in METRICS]
    try:
        scores, company, exposition, *ranked = await asyncio.gather(
            _json(session, "/api/v1/scores"),
            _json(session, "/api/v1/scores/company/company"),
            _text(session, "/metrics", [("name[]", name) for name in _COUNTERS]),
            *[
                _json(session, "/api/v1/leaderboard", {"subject": subject, "metric": metric, "limit": f"{_MOST}"})
                for subject, metric in boards
            ],
        )
    except (aiohttp.ClientError, TimeoutError):
        return None
    if exposition is None:
        return None
    figures: dict[str, dict[str, float]] = {"company:company": _company_figures(company)}
    for (subject, metric), entries in zip(boards, ranked, strict=True):
        for entry in entries or ():
            figures.setdefault(f"{subject}:{entry['id']}", {})[metric] = entry["value"]
    rows = [_row(score, figures) for score in scores or ()]
    counted, dead_letters = counts(exposition)
    as_of = None if company is None else company["as_of"]
    return Snapshot(as_of, {row.key: row for row in rows}, counted, dead_letters)


def counts(exposition: str) -> tuple[int, int]:
    r"""Records dealt with and dead letters in Prometheus text.

    >>> counts('upscore_records_total{outcome="applied"} 3.0\nupscore_records_total{outcome="stale"} 1.0\n')
    (4, 0)
    """
    sums = dict.fromkeys(_COUNTERS, 0.0)
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            if sample.name in sums:
                sums[sample.name] += sample.value
    return int(sums[metrics.RECORDS.name]), int(sums[metrics.DEAD_LETTER_RECORDS.name])


def _row(score: Mapping[str, Any], figures: Mapping[str, Mapping[str, float]]) -> Row:
    key = f"{score['subject']}:{score['id']}"
    return Row(key, score["team_id"], score["score"], score["coverage"], figures.get(key, {}))


def _company_figures(company: Mapping[str, Any] | None) -> dict[str, float]:
    if company is None:
        return {}
    values = {metric: company["metrics"][metric]["windows"][_WINDOW]["value"] for metric in METRICS}
    return {metric: value for metric, value in values.items() if value is not None}


async def _json(session: aiohttp.ClientSession, path: str, query: Mapping[str, str] | None = None) -> Any:
    """What a path answers; None while it cannot (not known yet, or the store is away)."""
    async with session.get(path, params=query) as answer:
        return json.loads(await answer.read()) if answer.ok else None


async def _text(session: aiohttp.ClientSession, path: str, query: list[tuple[str, str]]) -> str | None:
    async with session.get(path, params=query) as answer:
        return await answer.text() if answer.ok else None
