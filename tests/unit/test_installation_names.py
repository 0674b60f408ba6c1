"""Installations of one test run share a Kafka: two of the same name would read each other's records."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parents[1]
NAMED = re.compile(r"""\binstallation\((?:[^()"]|\([^()]*\))*"([a-z0-9-]+)\"""")


def test_no_two_installations_have_the_same_name() -> None:
    files = [path for folder in ("integration", "functional", "whole") for path in (TESTS / folder).rglob("*.py")]
    names = Counter(name for path in files for name in NAMED.findall(path.read_text("utf-8")))
    assert len(names) > 20, "the pattern finds them no longer"
    assert [name for name, times in names.items() if times > 1] == []
