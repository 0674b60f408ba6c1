"""What is declared of a metric: name, kind, unit, labels, help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["gauge", "counter", "histogram"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSpec:
    """One metric family.

    Attributes:
        name: As Prometheus sees it; that of a histogram without `_bucket`, `_sum`, `_count`.
        kind: Prometheus type.
        unit: For people and boards: seconds, points, ratio, records ...
        labels: Label names in the order in which they are written.
        help: What it says, in one sentence.
    """

    name: str
    kind: Kind
    unit: str
    labels: tuple[str, ...]
    help: str


def gauge(name: str, unit: str, meaning: str, *labels: str) -> MetricSpec:
    """A figure that goes up and down."""
    return MetricSpec(name=name, kind="gauge", unit=unit, labels=labels, help=meaning)


def counter(name: str, unit: str, meaning: str, *labels: str) -> MetricSpec:
    """What only grows, but for a restart."""
    return MetricSpec(name=name, kind="counter", unit=unit, labels=labels, help=meaning)


def histogram(name: str, unit: str, meaning: str, *labels: str) -> MetricSpec:
    """How often a value was in which range."""
    return MetricSpec(name=name, kind="histogram", unit=unit, labels=labels, help=meaning)
