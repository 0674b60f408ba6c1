"""What a rule file is made of: recording rules and alerts in groups, and their YAML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from schemas.yaml_text import Value, yaml_text

__all__ = ["Alert", "Group", "Links", "Recording", "Severity", "rule_file"]

Severity = Literal["critical", "warning", "none"]
"""`critical`: somebody is woken; `warning`: somebody looks today; `none`: a sign of life."""

SERVICE: Final = "upscore"
"""Label `service` of every alert: inhibition stays within this installation's alerts."""


@dataclass(frozen=True, slots=True)
class Links:
    """Where links lead: `boards` before Grafana's paths, `runbook` before the anchors.

    The committed rules have paths of their own installation; templates of notifications put addresses before them.
    """

    boards: str = ""
    runbook: str = "deploy/runbook.md"


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording rule, named `level:metric:operation`."""

    name: str
    expr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert.

    Attributes:
        name: Also the heading of the runbook.
        expr: A comparison, or what a comparison was recorded as.
        wait: Its `for`.
        severity: Who has to look, and when.
        summary: One line; a template.
        description: The value, and what is known of it; a template.
        board: Path of the board that shows it, such as `/d/upscore-stream`; a template.
        explain: A command that says why; a template. Empty: none.
    """

    name: str
    expr: str
    wait: str
    severity: Severity
    summary: str
    description: str
    board: str
    explain: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules that are evaluated one after the other, so that an alert sees what was recorded before it."""

    name: str
    interval: str
    rules: Sequence[Recording | Alert]


def rule_file(groups: Sequence[Group], links: Links) -> str:
    """The YAML of a rule file."""
    document: dict[str, Value] = {
        "groups": [
            {"name": group.name, "interval": group.interval, "rules": [_rule(rule, links) for rule in group.rules]}
            for group in groups
        ]
    }
    return "# Written by `upscore dashboards rules`; do not edit.\n" + yaml_text(document)


def _rule(rule: Recording | Alert, links: Links) -> dict[str, Value]:
    if isinstance(rule, Recording):
        return {"record": rule.name, "expr": rule.expr}
    annotations: dict[str, Value] = {
        "summary": rule.summary,
        "description": rule.description,
        "runbook_url": f"{links.runbook}#{rule.name.lower()}",
        "board": links.boards + rule.board,
    }
    if rule.explain:
        annotations["explain"] = rule.explain
    return {
        "alert": rule.name,
        "expr": rule.expr,
        "for": rule.wait,
        "labels": {"severity": rule.severity, "service": SERVICE, **rule.labels},
        "annotations": annotations,
    }
