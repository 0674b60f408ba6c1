"""Alerts on drops as annotations: what `upscore.alerts.v1` told, marked on the boards, each once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from dashboards.grafana import Grafana
from dashboards.names import TAG
from schemas.alert import ScoreDropped, ScoreRecovered


@dataclass(frozen=True, slots=True)
class Mark:
    """One annotation: when in milliseconds of unix time, its tags, what it says. Ids, never names."""

    at: int
    tags: tuple[str, ...]
    text: str


_ALERT: TypeAdapter[ScoreDropped | ScoreRecovered] = TypeAdapter(
    Annotated[ScoreDropped | ScoreRecovered, Field(discriminator="type")]
)


def read_marks(lines: Iterable[str]) -> Iterator[tuple[int, Mark | str]]:
    """Of each line with something in it its number and the mark; where it is no alert, what is wrong with it."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield number, _mark(_ALERT.validate_json(line))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "line"
            yield number, f"no alert: {place}: {first['msg']}"


def _mark(alert: ScoreDropped | ScoreRecovered) -> Mark:
    subject = f"{alert.subject}:{alert.id}"
    dropped = isinstance(alert, ScoreDropped)
    of = f"{subject} {alert.type} {alert.metric} {alert.as_of}"
    tags = (TAG, "drop" if dropped else "recovery", subject, f"alert:{hashlib.sha256(of.encode()).hexdigest()[:16]}")
    scores = [f"{score:.1f}" for score in (alert.score_before, alert.score_after) if score is not None]
    text = (
        f"{subject} {'dropped' if dropped else 'recovered'} {' to '.join(scores)} ({alert.cause_key or alert.metric})"
    )
    return Mark(int(alert.version.known_at.timestamp() * 1000), tags, text)


def publish_marks(grafana: Grafana, marks: Iterable[Mark], *, dry_run: bool) -> tuple[int, int]:
    """How many were made, and how many were there already: their last tag tells one alert from all others.

    Raises:
        PublishError: Grafana does not answer, or refuses.
    """
    made = there = 0
    for mark in marks:
        if grafana.annotations(mark.tags[-1:]):
            there += 1
            continue
        if not dry_run:
            grafana.add_annotation(mark.at, mark.tags, mark.text)
        made += 1
    return made, there
