"""What a panel shows, stated once: title, what it says, unit, and the queries with their legends."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Query:
    """One PromQL expression; its legend names labels as `{{label}}`."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Signal:
    """A figure of the installation.

    Attributes:
        title: a few words.
        description: what it says, what good is, and what to do or where to look if it is not.
        unit: Grafana's.
        queries: each a line, a bar, a figure, or a column of a table.
    """

    title: str
    description: str
    unit: str
    queries: tuple[Query, ...]


def signal(title: str, description: str, unit: str, *queries: Query | str) -> Signal:
    """A signal; an expression alone has the title as its legend."""
    return Signal(title, description, unit, tuple(q if isinstance(q, Query) else Query(q, title) for q in queries))
