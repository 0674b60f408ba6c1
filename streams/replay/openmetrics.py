"""OpenMetrics: scores of the past as samples for `promtool tsdb create-blocks-from openmetrics`, under their live names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

import numpy as np

from schemas import metrics
from scoring.scorecard import PILLARS
from streams.replay.figures import FIELDS, Table
from streams.replay.judging import Judging

STEP_SECONDS: Final = 300
"""Prometheus shows a sample for five minutes."""
_FOR_EVER: Final = 2**40

_SCORES: Final = tuple(
    (kind, spec, FIELDS.index(field), "")
    for kind, specs in (
        ("rep", (metrics.REP_SCORE, metrics.REP_SCORE_LOW, metrics.REP_SCORE_HIGH)),
        ("team", (metrics.TEAM_SCORE, metrics.TEAM_SCORE_LOW, metrics.TEAM_SCORE_HIGH)),
        ("territory", (metrics.TERRITORY_SCORE, metrics.TERRITORY_SCORE_LOW, metrics.TERRITORY_SCORE_HIGH)),
        ("company", (metrics.COMPANY_SCORE, metrics.COMPANY_SCORE_LOW, metrics.COMPANY_SCORE_HIGH)),
    )
    for spec, field in zip(specs, ("score", "low", "high"), strict=True)
)
_PILLARS: Final = tuple(("rep", metrics.REP_PILLAR, FIELDS.index(f"pillar_{name}"), name) for name in PILLARS)
_FAMILIES: Final = tuple(sorted((*_SCORES, *_PILLARS), key=lambda family: (family[1].name, family[3])))

NAMES: Final = tuple(sorted({spec.name for _, spec, _, _ in _FAMILIES}))
"""Of the metrics that have samples."""


def exposition(
    table: Table, judging: Judging, zone: tzinfo, step_seconds: int, between: tuple[int, int] | None = None
) -> Iterator[bytes]:
    """The whole text, sorted by family, series and time, up to `# EOF`.

    The score as of a day stands over all of that local day, at each multiple of `step_seconds`. A day without evidence enough
    has no samples. With `between`, only the samples from the first of these moments on and before the second, in seconds since
    1970: texts of windows that follow on each other hold every sample once.
    """
    start, end = between or (0, _FOR_EVER)
    moments = {day: _moments(day, zone, step_seconds, start, end) for day in range(table.first, table.last + 1)}
    moments = {day: stamps for day, stamps in moments.items() if stamps}
    named = None
    for kind, spec, field, pillar in _FAMILIES:
        if spec.name != named:
            named = spec.name
            yield f"# HELP {spec.name} {_escaped(spec.help)}\n# TYPE {spec.name} {spec.kind}\n".encode()
        for place, subject in enumerate(table.subjects):
            if subject.startswith(kind + ":"):
                values = table.values[field, :, place].tolist()
                yield _series(spec.name, subject, values, judging, moments, pillar, table.first)
    yield b"# EOF\n"


def series_on(table: Table, day: int) -> int:
    """How many series have samples on a day."""
    there = np.isfinite(table.values[:, day - table.first, :])
    kinds = np.array([subject.partition(":")[0] for subject in table.subjects], dtype=object)
    return sum(int(there[field, kinds == kind].sum()) for kind, _, field, _ in _FAMILIES)


def _series(
    name: str,
    subject: str,
    values: list[float],
    judging: Judging,
    moments: Mapping[int, list[str]],
    pillar: str,
    first: int,
) -> bytes:
    """The samples of a subject; a series for each team that it was in."""
    kind, _, subject_id = subject.partition(":")
    roster = judging.line.reference.roster
    series: dict[str, list[str]] = {}
    for day, stamps in moments.items():
        value = values[day - first]
        if value == value:  # noqa: PLR0124 - not NaN
            labels = {kind: subject_id} if kind != "company" else {}
            if kind == "rep":
                labels["team"] = roster.team_on(subject_id, day)
            if pillar:
                labels["pillar"] = pillar
            text = ",".join(f'{label}="{_escaped(held)}"' for label, held in labels.items())
            start = f"{name}{{{text}}} {value!r} " if text else f"{name} {value!r} "
            series.setdefault(text, []).append(start + f"\n{start}".join(stamps) + "\n")
    return "".join(lines for _, days in sorted(series.items()) for lines in days).encode()


def _moments(day: int, zone: tzinfo, step: int, start: int, end: int) -> list[str]:
    """Seconds since 1970 of the samples of a local day between two moments."""
    begins, ends = (_midnight(date.fromordinal(day) + timedelta(days=more), zone) for more in (0, 1))
    return [str(moment) for moment in range(-(-max(begins, start) // step) * step, min(ends, end), step)]


def _midnight(day: date, zone: tzinfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
