"""docs/import.md: its example works as it is written, and it leaves no option out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streams import cli
from streams.importer.mapping import Case, Condition, CsvFormat, Formats, Lookup, RecordRule, RejectRule, ValueRule

PAGE = (Path(__file__).parents[3] / "docs" / "import.md").read_text(encoding="utf-8")


def block(kind: str, after: str) -> str:
    """The first fenced block of a kind behind a text."""
    found = re.search(rf"```{kind}\n(.*?)```", PAGE[PAGE.index(after) :], re.DOTALL)
    assert found is not None
    return found[1]


def test_the_worked_example_gives_what_the_page_says(tmp_path, monkeypatch, capfdbinary):
    monkeypatch.chdir(tmp_path)
    Path("deals.csv").write_text(block("csv", "worked example"), encoding="utf-8")
    Path("deals.toml").write_text(block("toml", "Its mapping"), encoding="utf-8")
    assert cli.main(["import", "deals.csv", "--mapping", "deals.toml"]) == 0
    printed = capfdbinary.readouterr()
    assert printed.out.decode() == block("json", "What comes out")
    assert printed.err.decode() == block("", "and on stderr")


@pytest.mark.parametrize("model", [CsvFormat, Formats, Condition, Lookup, ValueRule, RejectRule, RecordRule, Case])
def test_every_option_is_on_the_page(model):
    options = [field.alias or name for name, field in model.model_fields.items()]
    assert [option for option in options if f"`{option}`" not in PAGE and f"{option} = " not in PAGE] == []
