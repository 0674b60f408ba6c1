"""Prometheus rules as code: `rule_files()` gives the texts, `upscore dashboards rules` writes the files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dashboards.rules.choices import PRODUCTION, QUICK, Choices
from dashboards.rules.drops import drop_groups
from dashboards.rules.spec import Alert, Group, Links, rule_file
from dashboards.rules.stream import stream_groups
from dashboards.rules.watch import watch_groups

__all__ = ["FOLDER", "PRODUCTION", "QUICK", "Alert", "Choices", "Links", "alerts", "groups", "rule_files"]

FOLDER: Final = "deploy/prometheus/rules"
"""Where the rules are committed."""


def groups(choices: Choices = PRODUCTION) -> Mapping[str, list[Group]]:
    """The groups of each file, by its name."""
    return {"drops.yml": drop_groups(choices), "stream.yml": stream_groups(choices), "watch.yml": watch_groups(choices)}


def alerts(choices: Choices = PRODUCTION) -> list[Alert]:
    """All alerts, in the order of the files."""
    found = [rule for several in groups(choices).values() for group in several for rule in group.rules]
    return [rule for rule in found if isinstance(rule, Alert)]


def rule_files(choices: Choices = PRODUCTION, links: Links | None = None) -> Mapping[str, str]:
    """The text of every rule file by its path from the root of the repository, ready to be written.

    Args:
        choices: thresholds and waits; `QUICK` for tests with real programs.
        links: what goes before paths of boards and anchors of the runbook; None: as they are committed.
    """
    return {f"{FOLDER}/{name}": rule_file(several, links or Links()) for name, several in groups(choices).items()}
