"""Scorecard: what a business counts, how much, and against which goalposts; a versioned TOML file."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from scoring.windows import WINDOW_DAYS

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


_SCORED_PILLARS = PILLARS[:-1]
"""Pillars of metrics; improvement is worked out from theirs."""

_NUMBERS = {"weight": 0.0, "typical": -1e15, "spread": 0.0, "smallest_spread": 0.0}
_LARGEST = 1e15
_FLAGS = ("per_day", "higher_is_better", "capped")
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
    _same_keys(
        "the scorecard", set(tree), {"name", "version", "score_window_days", "coverage_gate", "pillars", "metrics"}
    )
    name = _a("name", tree["name"], str)
    version = _a("version", tree["version"], int)
    window, gate = tree["score_window_days"], _number("coverage_gate", tree["coverage_gate"], at_least=0)
    if type(window) is not int or window not in WINDOW_DAYS:
        raise InvalidScorecard(f"score_window_days is {window!r}; expected one of {list(WINDOW_DAYS)}")
    if gate > 1:
        raise InvalidScorecard(f"coverage_gate is {gate!r}; expected a number from 0 to 1")
    given = _a("[pillars]", tree["pillars"], dict)
    _same_keys("[pillars]", set(given), set(PILLARS))
    pillars = {pillar: _number(f"[pillars] {pillar}", given[pillar], at_least=0) for pillar in PILLARS}
    entries = _a("[[metrics]]", tree["metrics"], list)
    metrics = tuple(_scored_metric(number, entry, known_metrics) for number, entry in enumerate(entries, start=1))
    _check_weights(pillars, metrics)
    return Scorecard(name, version, window, gate, pillars, metrics)


def _check_weights(pillars: Mapping[str, float], metrics: tuple[ScoredMetric, ...]) -> None:
    _sums_to_one("the pillars", list(pillars.values()))
    for pillar in PILLARS:
        weights = [metric.weight for metric in metrics if metric.pillar == pillar]
        if weights:
            _sums_to_one(f"the metrics of pillar {pillar!r}", weights)
    if sum(pillars[pillar] for pillar in {metric.pillar for metric in metrics}) <= 0:
        raise InvalidScorecard("no metric is in a pillar with a weight above 0; expected at least one")
    names = [metric.metric for metric in metrics]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InvalidScorecard(f"metrics listed twice: {twice}; expected each once")


def _scored_metric(number: int, entry: Any, known: frozenset[str] | None) -> ScoredMetric:
    place = f"[[metrics]] number {number}"
    values = {**_DEFAULTS, **_a(place, entry, dict)}
    _same_keys(place, set(values), set(_FLAGS) | set(_NUMBERS) | {"metric", "pillar"})
    name = _a(f"{place}: metric", values["metric"], str)
    place = f"{place} ({name})"
    if known is not None and name not in known:
        raise InvalidScorecard(f"{place}: unknown metric; expected one of {sorted(known)}")
    if values["pillar"] not in _SCORED_PILLARS:
        raise InvalidScorecard(f"{place}: pillar is {values['pillar']!r}; expected one of {list(_SCORED_PILLARS)}")
    numbers: dict[str, Any] = {
        field: _number(f"{place}: {field}", values[field], at_least=least) for field, least in _NUMBERS.items()
    }
    flags: dict[str, Any] = {flag: _a(f"{place}: {flag}", values[flag], bool) for flag in _FLAGS}
    if numbers["weight"] <= 0:
        raise InvalidScorecard(f"{place}: weight is {numbers['weight']!r}; expected more than 0")
    spread, typical = max(numbers["spread"], numbers["smallest_spread"]), numbers["typical"]
    if typical - spread == typical:
        raise InvalidScorecard(f"{place}: spread and smallest_spread are nothing beside typical; expected one above 0")
    if flags["capped"] and not flags["higher_is_better"]:
        raise InvalidScorecard(f"{place}: capped is for metrics of which more is better")
    return ScoredMetric(metric=name, pillar=values["pillar"], **numbers, **flags)


_T = TypeVar("_T")
_SPOKEN: dict[type, str] = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    dict: "a table",
    list: "a list",
}


def _a(place: str, value: Any, kind: type[_T]) -> _T:
    if type(value) is not kind:
        raise InvalidScorecard(f"{place} is {value!r}; expected {_SPOKEN[kind]}")
    return value


def _number(place: str, value: Any, at_least: float) -> float:
    if type(value) not in (int, float) or not at_least <= value <= _LARGEST:
        least = f" of at least {at_least:g}"
        raise InvalidScorecard(f"{place} is {value!r}; expected a number{least}, at most {_LARGEST:g}")
    return float(value)


def _same_keys(place: str, found: set[str], expected: set[str]) -> None:
    if missing := sorted(expected - found):
        raise InvalidScorecard(f"{place}: missing {missing}")
    if unknown := sorted(found - expected):
        raise InvalidScorecard(f"{place}: unknown {unknown}; expected {sorted(expected)}")


def _sums_to_one(what: str, weights: list[float]) -> None:
    if not math.isclose(sum(weights), 1, abs_tol=1e-9):  # decimal fractions such as 0.1 are not exact
        raise InvalidScorecard(f"the weights of {what} sum to {sum(weights):g}; expected 1")
