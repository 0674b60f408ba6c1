"""What a service remembers between two starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.local.process import Process
from streams.local.record import FILE, Record


def test_a_record_reads_back_as_written(tmp_path: Path) -> None:
    record = Record(ports={"broker": 20_001}, process=Process(pid=1, born="x", sign="kafka"), owner=None)
    record.write(tmp_path)
    assert Record.read(tmp_path) == record


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"ports": 1}', '{"ports": {}, "process": {}, "owner": null}'])
def test_a_torn_or_foreign_record_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    assert Record.read(tmp_path) == Record()


def test_a_missing_record_is_empty(tmp_path: Path) -> None:
    assert Record.read(tmp_path / "nowhere") == Record()
