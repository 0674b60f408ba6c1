"""Scorecard: what a business counts, how much, and against which goalposts; a versioned TOML file.

`scorecards/default.toml` is the one in force until a business has its own, `inside-sales.toml` and `field-sales.toml` are two to
begin with; `upscore scorecard check` reads one and says what it means. What it may choose beside its metrics is in `choices`.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from scoring.choices import (
    TABLES,
    USUAL,
    Choices,
    Drops,
    ImprovementWeeks,
    People,
    ScoreWindow,
    Shrinkage,
    choices_of,
)
from scoring.fiscal import FiscalCalendar
from scoring.flags import FlagLimits
from scoring.scorecard_values import LARGEST, InvalidScorecard, a, number, one_of, same_keys, whole_number
from scoring.windows import WINDOW_DAYS

__all__ = ["PILLARS", "InvalidScorecard", "Scorecard", "ScoredMetric", "parse"]

PILLARS = ("results", "customer", "process", "improvement")

ANSWERS: Final = frozenset({"csat", "nps", "ces"})
"""Metrics of customers' answers: there are fewer of them than of deals, and a block of a chart needs fewer."""


@dataclass(frozen=True, slots=True)
class ScoredMetric:
    """How one metric enters the score.

    `typical` and `spread` are the level m and the standard deviation tau between reps in the metric's own unit (a day
    present for `per_day` sums); `smallest_spread` is the smallest tau that matters. They stand in for the norms until
    peers give better ones. Source: method.md section 6.

    Fewer than `min_n` records behind the value count as none in the coverage; the value still counts, shrunk. `target` takes the
    place of a target record where there is none. A `capped` metric earns nothing beyond `cap` times its target. `block` is how
    many observations a point of its drop chart needs (None: `Scorecard.block` knows).
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
    min_n: int = 1
    target: float | None = None
    cap: float = 1.2
    block: int | None = None


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A validated scorecard. Weights sum to 1 over the pillars, and over the metrics inside each pillar."""

    name: str
    version: int
    score_window_days: int
    coverage_gate: float
    pillars: Mapping[str, float]
    metrics: tuple[ScoredMetric, ...]
    choices: Choices = USUAL
    author: str | None = None
    """Who answers for it; no score depends on it."""

    @property
    def label(self) -> str:
        """`name@version`, as scores carry it."""
        return f"{self.name}@{self.version}"

    def weight_of(self, metrics: Iterable[ScoredMetric]) -> float:
        """The part of the score, 0..1, that some of its metrics make up by the scorecard's own weights."""
        return min(1.0, math.fsum(self.pillars[scored.pillar] * scored.weight for scored in metrics))

    @property
    def score_window(self) -> ScoreWindow:
        """Bounds of the score window; `score_window_days` holds until the company's median cycle is known."""
        return self.choices.score_window

    @property
    def shrinkage(self) -> Shrinkage:
        """How far few observations are drawn to the peers'."""
        return self.choices.shrinkage

    @property
    def improvement(self) -> ImprovementWeeks:
        """Over how many weeks improvement is measured."""
        return self.choices.improvement

    @property
    def drops(self) -> Drops:
        """When a fall is worth an alert."""
        return self.choices.drops

    @property
    def calendar(self) -> FiscalCalendar:
        """Months, quarters and years of the business."""
        return self.choices.calendar

    @property
    def people(self) -> People:
        """Ramp, holidays, and who is a peer."""
        return self.choices.people

    @property
    def flags(self) -> FlagLimits:
        """What is worth a look."""
        return self.choices.flags

    def block(self, metric: str) -> int:
        """How many observations a point of the metric's drop chart pools: its own choice, else 5 answers or 8 of the rest.

        Raises:
            KeyError: the scorecard does not score this metric.
        """
        scored = {scored.metric: scored for scored in self.metrics}[metric]
        if scored.block is not None:
            return scored.block
        return self.drops.block_answers if metric in ANSWERS else self.drops.block_deals


_SCORED_PILLARS: Final = PILLARS[:-1]
"""Pillars of metrics; improvement is worked out from theirs."""

_FORMATS: Final = (1, 2)
"""Versions of the file's format; each reads all that the ones before it did, so a file need not say which it is."""

_REQUIRED: Final = ("name", "version", "score_window_days", "coverage_gate", "pillars", "metrics")
_NUMBERS: Final = {"weight": 0.0, "typical": -LARGEST, "spread": 0.0, "smallest_spread": 0.0}
_FLAGS: Final = {"per_day": False, "higher_is_better": True, "capped": False}
_OPTIONAL: Final = (*_FLAGS, "min_n", "target", "cap", "block")


def parse(text: str, known_metrics: frozenset[str] | None = None) -> Scorecard:
    """The scorecard that a TOML text describes.

    Args:
        text: the file's text.
        known_metrics: names that may be scored; None accepts any (the caller knows the catalogue).

    Raises:
        InvalidScorecard: not TOML, a field is missing, of the wrong type, out of bounds or unknown, or weights do not sum to 1.
    """
    try:
        tree = tomllib.loads(text.removeprefix("\ufeff"))  # some editors on Windows begin a file with it
    except tomllib.TOMLDecodeError as error:
        raise InvalidScorecard(f"the scorecard is not TOML: {error}") from error
    same_keys("the scorecard", tree, _REQUIRED, ("format", "author", *TABLES))
    if (written := a("format", tree.get("format", _FORMATS[-1]), int)) not in _FORMATS:
        raise InvalidScorecard(f"format is {written!r}; expected one of {list(_FORMATS)}: a newer upscore may read it")
    name = a("name", tree["name"], str)
    version = a("version", tree["version"], int)
    window = tree["score_window_days"]
    if type(window) is not int or window not in WINDOW_DAYS:
        raise InvalidScorecard(f"score_window_days is {window!r}; expected one of {list(WINDOW_DAYS)}")
    gate = number("coverage_gate", tree["coverage_gate"], 0, 1)
    given = a("[pillars]", tree["pillars"], dict)
    same_keys("[pillars]", given, PILLARS)
    pillars = {pillar: number(f"[pillars] {pillar}", given[pillar], 0) for pillar in PILLARS}
    entries = a("[[metrics]]", tree["metrics"], list)
    metrics = tuple(_scored_metric(place, entry, known_metrics) for place, entry in enumerate(entries, start=1))
    _check_weights(pillars, metrics)
    author = a("author", tree["author"], str) if "author" in tree else None
    return Scorecard(name, version, window, gate, pillars, metrics, choices_of(tree), author)


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


def _scored_metric(nth: int, entry: Any, known: frozenset[str] | None) -> ScoredMetric:
    place = f"[[metrics]] number {nth}"
    given = a(place, entry, dict)
    same_keys(place, given, ("metric", "pillar", *_NUMBERS), _OPTIONAL)
    name = a(f"{place}: metric", given["metric"], str)
    place = f"{place} ({name})"
    if known is not None and name not in known:
        raise InvalidScorecard(f"{place}: unknown metric; expected one of {sorted(known)}")
    pillar = one_of(f"{place}: pillar", given["pillar"], _SCORED_PILLARS)
    figures: dict[str, Any] = {
        field: number(f"{place}: {field}", given[field], least) for field, least in _NUMBERS.items()
    }
    flags: dict[str, Any] = {
        flag: a(f"{place}: {flag}", given.get(flag, usual), bool) for flag, usual in _FLAGS.items()
    }
    if figures["weight"] <= 0:
        raise InvalidScorecard(f"{place}: weight is {figures['weight']!r}; expected more than 0")
    spread, typical = max(figures["spread"], figures["smallest_spread"]), figures["typical"]
    if typical - spread == typical:
        raise InvalidScorecard(f"{place}: spread and smallest_spread are nothing beside typical; expected one above 0")
    if flags["capped"] and not flags["higher_is_better"]:
        raise InvalidScorecard(f"{place}: capped is for metrics of which more is better")
    if "cap" in given and not flags["capped"]:
        raise InvalidScorecard(f"{place}: cap is for metrics with capped = true")
    return ScoredMetric(metric=name, pillar=pillar, **figures, **flags, **_optional_numbers(place, given))


def _optional_numbers(place: str, given: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        field: whole_number(f"{place}: {field}", given[field], 1, 10_000)
        for field in ("min_n", "block")
        if field in given
    }
    if "target" in given:
        found["target"] = number(f"{place}: target", given["target"], -LARGEST)
    if "cap" in given:
        found["cap"] = number(f"{place}: cap", given["cap"], 1, 10)
    return found


def _sums_to_one(what: str, weights: list[float]) -> None:
    if not math.isclose(sum(weights), 1, abs_tol=1e-9):  # decimal fractions such as 0.1 are not exact
        raise InvalidScorecard(f"the weights of {what} sum to {sum(weights):g}; expected 1")
