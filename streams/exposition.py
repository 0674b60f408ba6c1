"""Exposition: the words of Prometheus's text format 0.0.4."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.metrics import MetricSpec

__all__ = ["escaped", "head", "labelled", "sample"]


def head(spec: MetricSpec) -> str:
    """The lines before a family's samples.

    >>> from schemas import metrics
    >>> print(head(metrics.TEAM_SCORE), end="")
    # HELP sales_team_score_points Score of a team, 0..100; absent while the evidence is insufficient.
    # TYPE sales_team_score_points gauge
    """
    text = spec.help.replace("\\", "\\\\").replace("\n", "\\n")
    return f"# HELP {spec.name} {text}\n# TYPE {spec.name} {spec.kind}\n"


def sample(spec: MetricSpec, value: float) -> str:
    """A family of one sample without labels, its head included."""
    return f"{head(spec)}{spec.name} {value!r}\n"


def labelled(names: Iterable[str], values: Iterable[str]) -> str:
    """Labels as they stand between the braces; nothing where there are none.

    >>> labelled(("rep", "team"), ("r-1", "t-3"))
    'rep="r-1",team="t-3"'
    """
    return ",".join([f'{name}="{escaped(value)}"' for name, value in zip(names, values, strict=True)])


def escaped(value: str) -> str:
    r"""A label value as the text format wants it.

    >>> print(escaped('a"b\\c'))
    a\"b\\c
    """
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
