"""Scorecard: what a business counts, how much, and against which goalposts; a versioned TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PILLARS = ("results", "customer", "process", "improvement")


class InvalidScorecard(ValueError):
    """The scorecard file cannot be used; the message names the place and what was expected there."""


@dataclass(frozen=True, slots=True)
class ScoredMetric:
    """How one metric enters the score.

    `typical` and `spread` are the level m and the standard deviation tau between reps in the metric's own unit (a day
    present for `per_day` sums); `smallest_spread` is the smallest tau that matters. They stand in for the norms until
    peers give better ones. Source: method.md section 6.
    """

    metric: str
    pillar: str
    weight: float
    typical: float
    spread: float
    smallest_spread: float
    per_day: bool
    higher_is_better: bool
    capped: bool


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A validated scorecard. Weights sum to 1 over the pillars, and over the metrics inside each pillar."""

    name: str
    version: int
    score_window_days: int
    coverage_gate: float
    pillars: Mapping[str, float]
    metrics: tuple[ScoredMetric, ...]

    @property
    def label(self) -> str:
        """`name@version`, as scores carry it."""
        return f"{self.name}@{self.version}"


_METRIC_FIELDS: dict[str, tuple[type, ...]] = {
    "metric": (str,),
    "pillar": (str,),
    "weight": (int, float),
    "typical": (int, float),
    "spread": (int, float),
    "smallest_spread": (int, float),
    "per_day": (bool,),
    "higher_is_better": (bool,),
    "capped": (bool,),
}
_DEFAULTS: dict[str, Any] = {"per_day": False, "higher_is_better": True, "capped": False}


def parse(text: str, known_metrics: frozenset[str] | None = None) -> Scorecard:
    """The scorecard that a TOML text describes.

    Args:
        text: the file's text.
        known_metrics: names that may be scored; None accepts any (the caller knows the catalogue).

    Raises:
        InvalidScorecard: not TOML, a field is missing, of the wrong type or unknown, or weights do not sum to 1.
    """
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidScorecard(f"the scorecard is not TOML: {error}") from error
    expected = {"name", "version", "score_window_days", "coverage_gate", "pillars", "metrics"}
    _same_keys("the scorecard", set(tree), expected)
    pillars = tree["pillars"]
    _same_keys("[pillars]", set(pillars), set(PILLARS))
    metrics = tuple(_scored_metric(i, entry, known_metrics) for i, entry in enumerate(tree["metrics"], start=1))
    _sums_to_one("the pillars", list(pillars.values()))
    for pillar in PILLARS:
        weights = [m.weight for m in metrics if m.pillar == pillar]
        if weights:
            _sums_to_one(f"the metrics of pillar {pillar!r}", weights)
    names = [m.metric for m in metrics]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InvalidScorecard(f"metrics listed twice: {twice}; expected each once")
    window, gate = tree["score_window_days"], tree["coverage_gate"]
    if window not in (7, 28, 91, 364):
        raise InvalidScorecard(f"score_window_days is {window!r}; expected one of 7, 28, 91, 364")
    if not 0 <= gate <= 1:
        raise InvalidScorecard(f"coverage_gate is {gate!r}; expected a number from 0 to 1")
    return Scorecard(tree["name"], tree["version"], window, float(gate), dict(pillars), metrics)


def _scored_metric(number: int, entry: Mapping[str, Any], known: frozenset[str] | None) -> ScoredMetric:
    place = f"[[metrics]] number {number} ({entry.get('metric', 'without a name')})"
    values = {**_DEFAULTS, **entry}
    _same_keys(place, set(values), set(_METRIC_FIELDS))
    for field, types in _METRIC_FIELDS.items():
        value = values[field]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise InvalidScorecard(f"{place}: {field} is {value!r}; expected {' or '.join(t.__name__ for t in types)}")
    if known is not None and values["metric"] not in known:
        raise InvalidScorecard(f"{place}: unknown metric; expected one of {sorted(known)}")
    if values["pillar"] not in PILLARS:
        raise InvalidScorecard(f"{place}: pillar is {values['pillar']!r}; expected one of {list(PILLARS)}")
    if values["weight"] <= 0:
        raise InvalidScorecard(f"{place}: weight is {values['weight']!r}; expected more than 0")
    if max(values["spread"], values["smallest_spread"]) <= 0:
        raise InvalidScorecard(f"{place}: spread and smallest_spread are both 0; expected one above 0")
    numbers = {field: float(values[field]) for field in ("weight", "typical", "spread", "smallest_spread")}
    return ScoredMetric(**{**values, **numbers})


def _same_keys(place: str, found: set[str], expected: set[str]) -> None:
    if missing := sorted(expected - found):
        raise InvalidScorecard(f"{place}: missing {missing}")
    if unknown := sorted(found - expected):
        raise InvalidScorecard(f"{place}: unknown {unknown}; expected {sorted(expected)}")


def _sums_to_one(what: str, weights: list[float]) -> None:
    if abs(sum(weights) - 1) > 1e-9:  # noqa: PLR2004 - decimal fractions such as 0.1 are not exact
        raise InvalidScorecard(f"the weights of {what} sum to {sum(weights):g}; expected 1")
