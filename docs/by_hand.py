"""A score computed by hand: the section of docs/method.md, from what the API says of a rep of the simulated company.

Numbers are shown with six digits; the arithmetic is that of the page alone and is checked against the score.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any, Final

from schemas.currencies import EXPONENTS
from schemas.records import Deletion, decode
from scoring.line import Line
from scoring.organisation import Organisation, microseconds
from scoring.scorecard import parse
from scoring.standing_told import standing_told
from streams.publisher import TOPIC_OF
from streams.simulator import line as text
from streams.simulator import records

REP: Final = "r-1"
_NEAR: Final = 1e-9

Told = Mapping[str, Any]


def section() -> str:
    """The section's tables and sums.

    Raises:
        ValueError: the arithmetic of the page does not give the score.
    """
    told = _told()
    lines = [
        f"`/api/v1/standing/rep/{REP}` says of this rep, with norms {told['norms']} as of {told['as_of']}:",
        "",
        *_metrics(told),
        "",
        *_slopes(told),
        "",
        *_pillars(told),
        "",
        *_score(told),
    ]
    return "\n".join(lines) + "\n"


def _told() -> Told:
    line = Line(Organisation(UTC, "USD", EXPONENTS))
    for made in records(seed=7, days=200, reps=12, start=date(2025, 9, 1)):
        record: Any = decode(TOPIC_OF[made["type"]], text(made))
        held = None if isinstance(record, Deletion) else record
        line.take(record.type, record.id, microseconds(record.updated_at), record.version or 0, held)
    day = line.newest_day(datetime(2030, 1, 1, tzinfo=UTC).toordinal())
    scorecard = parse(files("scoring").joinpath("scorecards/default.toml").read_text("utf-8"))
    scorer = line.scorer(scorecard, day or 0)
    return standing_told(scorer, f"rep:{REP}", line.panes(f"rep:{REP}"), "2026-04-01T00:00:00Z")


def _parts(told: Told, *, slopes: bool) -> Iterator[tuple[str, str, Told]]:
    for pillar, of_pillar in told["pillars"].items():
        if (pillar == "improvement") is slopes:
            for name, part in of_pillar["metrics"].items():
                yield pillar, name, part


def _metrics(told: Told) -> Iterator[str]:
    yield from _heads(
        "metric", "x̄ = total / base", "n", "m", "M", "x̃ = (n·x̄ + M·m) / (n + M)", "worst", "goal", "best", "u"
    )
    for _, name, part in _parts(told, slopes=False):
        n, m, prior = part["n"], part["level"], part["prior"]
        raw = part["value"] if part["value"] is not None else m
        shrunk = (n * raw + prior * m) / (n + prior)
        _same(name, shrunk, part["shrunk"])
        posts = part["goalposts"]
        counted = shrunk if posts["cap"] is None else min(shrunk, posts["cap"])
        u = _utility(counted, posts["worst"], posts["target"], posts["best"])
        _same(name, u, part["utility"])
        known = part["known"]
        value = "none" if part["value"] is None else f"{_n(known['total'])} / {_n(known['base'])} = {_n(raw)}"
        yield _row(
            f"`{name}`", value, *map(_n, (n, m, prior, shrunk, posts["worst"], posts["target"], posts["best"], u))
        )
    yield ""
    yield "x̄ and x̃ are a day present for sums and a logarithm for `average_deal_size`. u is 0.7·(x̃ − worst) / (goal − worst) up"
    yield "to the goal and 0.7 + 0.3·(x̃ − goal) / (best − goal) beyond, within 0 to 1; a capped x̃ is no more than its cap."


def _slopes(told: Told) -> Iterator[str]:
    yield "Its slopes, a week:"
    yield ""
    yield from _heads(
        "metric", "b", "weeks n", "prior", "b̃ = n·b / (n + prior)", "best − goal at 0", "u = 0.5 + 0.5·b̃ / best"
    )
    for _, name, part in _parts(told, slopes=True):
        n, prior, best = part["n"], part["prior"], part["goalposts"]["best"]
        b = part["value"] or 0.0
        shrunk = n * b / (n + prior) if n else 0.0
        u = min(1.0, max(0.0, 0.5 + 0.5 * shrunk / best))
        _same(name, shrunk, part["shrunk"])
        _same(name, u, part["utility"])
        yield _row(f"`{name}`", *map(_n, (b, n, prior or 0.0, shrunk, best, u)))


def _pillars(told: Told) -> Iterator[str]:
    yield from _heads("pillar", "weight W", "U = Σ w·u", "V = 0.05 + 0.95·U", "W·ln V")
    for pillar, of_pillar in told["pillars"].items():
        of = [(part["weight"], part["utility"]) for part in of_pillar["metrics"].values()]
        u = sum(weight * utility for weight, utility in of)
        v = 0.05 + 0.95 * u
        sums = " + ".join(f"{_n(weight)}·{_n(utility)}" for weight, utility in of)
        yield _row(pillar, _n(of_pillar["weight"]), f"{sums} = {_n(u)}", _n(v), _n(of_pillar["weight"] * math.log(v)))


def _score(told: Told) -> Iterator[str]:
    logs = [pillar["weight"] * math.log(pillar["v"]) for pillar in told["pillars"].values()]
    score = 100 * math.exp(sum(logs))
    _same("score", score, told["score"])
    yield f"Score = 100·exp({_n(sum(logs))}) = **{score:.4f}**, which is what `/api/v1/scores/rep/{REP}` says."


def _utility(value: float, worst: float, goal: float, best: float) -> float:
    below = (value - worst) / (goal - worst)
    return 0.7 * max(0.0, below) if below <= 1 else min(1.0, 0.7 + 0.3 * (value - goal) / (best - goal))


def _same(what: str, found: float, told: float) -> None:
    if not math.isclose(found, told, rel_tol=_NEAR, abs_tol=_NEAR):
        raise ValueError(
            f"{what} by hand is {found!r}, and the API says {told!r}: the page no longer says how it is made"
        )


def _heads(*names: str) -> Iterable[str]:
    return _row(*names), _row(*["---"] * len(names))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _n(value: float) -> str:
    return f"{value:.6g}"
