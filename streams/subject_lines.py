"""Subject lines: the series of one subject in Prometheus's text format, cut into parts that a budget can leave out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from schemas import metrics
from schemas.metrics import MetricSpec
from streams.exposition import escaped, labelled

__all__ = ["DROPPED", "MOST_METRIC_SERIES", "PARTS", "WINDOWS", "Part", "SubjectLines", "drop_lines"]

MOST_METRIC_SERIES: Final = 25
"""Series of `sales_rep_metric` that one rep may have; a team and the company likewise."""

WINDOWS: Final = ("91d", "28d")
"""Windows exported, the more important first."""


class Part(NamedTuple):
    """A family of a kind of subject, or what it says of one window."""

    spec: MetricSpec
    window: str | None = None


def _parts(
    bounds: tuple[MetricSpec, ...], metric: MetricSpec, pillar: MetricSpec, *more: MetricSpec
) -> tuple[Part, ...]:
    return (
        *map(Part, bounds),
        *[Part(metric, window) for window in WINDOWS],
        Part(pillar),
        *map(Part, more),
    )


_OF_REP: Final = (metrics.REP_SCORE, metrics.REP_SCORE_LOW, metrics.REP_SCORE_HIGH)
_OF_TEAM: Final = (metrics.TEAM_SCORE, metrics.TEAM_SCORE_LOW, metrics.TEAM_SCORE_HIGH)
_OF_TERRITORY: Final = (metrics.TERRITORY_SCORE, metrics.TERRITORY_SCORE_LOW, metrics.TERRITORY_SCORE_HIGH)
_OF_COMPANY: Final = (metrics.COMPANY_SCORE, metrics.COMPANY_SCORE_LOW, metrics.COMPANY_SCORE_HIGH)

PARTS: Final[Mapping[str, tuple[Part, ...]]] = {
    "rep": _parts(_OF_REP, metrics.REP_METRIC, metrics.REP_PILLAR, metrics.REP_INFO),
    "team": _parts(_OF_TEAM, metrics.TEAM_METRIC, metrics.TEAM_PILLAR),
    "territory": tuple(map(Part, _OF_TERRITORY)),
    "company": _parts(_OF_COMPANY, metrics.COMPANY_METRIC, metrics.COMPANY_PILLAR),
}
"""Parts by kind of subject; the texts of a subject stand in the same order, those of a family side by side."""

DROPPED: Final[Mapping[str, MetricSpec]] = {
    "rep": metrics.REP_DROPPED,
    "team": metrics.TEAM_DROPPED,
    "territory": metrics.TERRITORY_DROPPED,
    "company": metrics.COMPANY_DROPPED,
}
"""The family of open drops, by kind of subject."""

_BOUNDS: Final = ("score", "low", "high")


class SubjectLines:
    """A subject's lines: a text and a count of series for each part.

    Args:
        score: the published score, which the lines show.
        territory: that of a rep; None without one, and for other subjects.
    """

    __slots__ = ("score", "series", "texts")

    def __init__(self, score: dict[str, Any], territory: str | None) -> None:
        """Written at once."""
        self.score = score
        self.texts = tuple([text.encode() for text in _texts(score, territory)])
        self.series = tuple([text.count(b"\n") for text in self.texts])


def drop_lines(score: Mapping[str, Any], lost: Mapping[str, float]) -> bytes:
    """A subject's open drops: by cause, the points lost."""
    spec = DROPPED[score["subject"]]
    identity = _identity(score)
    return "".join(
        [f"{spec.name}{{{labelled(spec.labels, (*identity, cause))}}} {points!r}\n" for cause, points in lost.items()]
    ).encode()


def _texts(score: Mapping[str, Any], territory: str | None) -> Iterator[str]:
    """A subject's text in each of its parts; empty where it has no value."""
    kind = score["subject"]
    parts = PARTS[kind]
    labels = labelled(parts[0].spec.labels, _identity(score))
    braced = f"{{{labels}}}" if labels else ""
    for part, bound in zip(parts, _BOUNDS, strict=False):
        yield "" if score[bound] is None else f"{part.spec.name}{braced} {score[bound]!r}\n"
    comma = "," if labels else ""
    for spec, window in parts[len(_BOUNDS) :]:
        if window is not None:
            also = () if kind == "rep" else _OF_GROUPS
            yield _metric_lines(score["metrics"], window, f"{spec.name}{{{labels}{comma}", also)
        elif spec is metrics.REP_INFO:
            yield f'{spec.name}{{{labels},territory="{escaped(territory or "")}"}} 1\n'
        else:
            yield _pillar_lines(score["pillars"], f"{spec.name}{{{labels}{comma}")


def _identity(score: Mapping[str, Any]) -> tuple[str, ...]:
    match score["subject"]:
        case "company":
            return ()
        case "rep":
            return score["id"], score["team_id"]
        case _:
            return (score["id"],)


_OF_GROUPS: Final = ("target_attainment",)
"""Exported of teams and the company though no scorecard scores it; of reps it would be two series each."""


def _metric_lines(figures: Mapping[str, Any], window: str, start: str, also: tuple[str, ...]) -> str:
    scored = tuple([metric for metric, figure in figures.items() if figure["pillar"] is not None or metric in also])
    return "".join(
        [
            f"{start}{labels}{value!r}\n"
            for metric, labels in _chosen(scored)[window]
            if (value := figures[metric]["windows"][window]["value"]) is not None
        ]
    )


@lru_cache(maxsize=16)  # one scorecard is in force, so there is one choice
def _chosen(scored: tuple[str, ...]) -> dict[str, list[tuple[str, str]]]:
    """The metrics to export of each window, with their labels.

    Too many for the limit: the longer window of all metrics first, in the order of their names. Whether there is a
    value now does not matter, so that no value changes another's place.

    >>> {window: [metric for metric, _ in of] for window, of in _chosen(("calls", "csat")).items()}
    {'91d': ['calls', 'csat'], '28d': ['calls', 'csat']}
    """
    chosen: dict[str, list[tuple[str, str]]] = {window: [] for window in WINDOWS}
    for window, metric in [(window, metric) for window in WINDOWS for metric in sorted(scored)][:MOST_METRIC_SERIES]:
        chosen[window].append((metric, f'metric="{escaped(metric)}",window="{window}"}} '))
    return chosen


def _pillar_lines(pillars: Mapping[str, Any], start: str) -> str:
    shown = [(pillar, figure["value"]) for pillar, figure in pillars.items() if figure["value"] is not None]
    return "".join([f'{start}pillar="{pillar}"}} {value!r}\n' for pillar, value in shown])
