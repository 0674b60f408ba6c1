"""What a mapping file may say, and how its errors read."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from streams.importer import Export, MappingError, import_rows, load_mapping

DEAL = """
[[records]]
type = "deal"
[records.fields]
id = "{id}"
rep_id = "{owner}"
status = "open"
opened_at = "{opened}"
"""
CSV = "id,owner,opened,value\nd-1,r-1,2026-01-05,10\n"


def refusal(tmp_path: Path, text: str, csv: str = CSV) -> str:
    """The error that a mapping leads to before the first row, without the name of its file."""
    path = tmp_path / "m.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        import_rows(Export("FILE", io.BytesIO(csv.encode()), load_mapping(path).csv), load_mapping(path), tmp_path)
    return str(caught.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("records = 1", "records is 1: expected a valid list"),
        ("", "records missing"),
        (f"colour = 1\n{DEAL}", "unknown 'colour'; expected csv, formats, lookups, reject, records"),
        (f'[csv]\ndelimiter = ";;"\n{DEAL}', "csv delimiter is ';;': expected one character"),
        (
            f'[csv]\nencoding = "utf-9"\n{DEAL}',
            "csv encoding is 'utf-9': expected an encoding such as utf-8, utf-16 or cp1252",
        ),
        (
            f'[formats]\ntime_zone = "Mars"\n{DEAL}',
            "formats time_zone is 'Mars': expected a time zone such as UTC or Europe/Berlin",
        ),
        (
            f'[[reject]]\nwhen = {{ column = "id", equals = "x" }}\nreason = "r"\n{DEAL}',
            "reject number 1 when number 1 unknown 'equals'; expected column, filled, in, not_in",
        ),
        (
            f'[[reject]]\nwhen = {{ column = "id" }}\nreason = "r"\n{DEAL}',
            "[[reject]] number 1: a condition on 'id' asks nothing: expected filled, in or not_in",
        ),
        (
            '[[records]]\ntype = "invoice"\nfields = {}',
            (
                "[[records]] number 1 (invoice): unknown type: expected one of deal, lead, customer, refund, "
                "cost, activity, evaluation, feedback, rep, team, target, fx_rate, market, absence, intervention"
            ),
        ),
        ('[[records]]\ntype = "team"\nfields = {}', "[[records]] number 1 (team): missing id: a team needs it"),
        (
            '[[records]]\ntype = "team"\nfields = { id = "a", nmae = "b" }',
            (
                "[[records]] number 1 (team): unknown field 'nmae': expected id, updated_at, version, "
                "deleted, event_id, name, manager, parent"
            ),
        ),
        (
            DEAL + 'amount = { column = "value", scale = "x" }',
            "[[records]] number 1 (deal), field amount: scale is 'x': expected a valid decimal",
        ),
        (
            DEAL + 'amount = { column = "value", template = "{value}" }',
            (
                "[[records]] number 1 (deal), field amount: has column and template: "
                "expected exactly one of column, template, constant, cases, newest"
            ),
        ),
        (
            DEAL + 'amount = { default = "0" }',
            (
                "[[records]] number 1 (deal), field amount: has no source: "
                "expected exactly one of column, template, constant, cases, newest"
            ),
        ),
        (
            DEAL + 'amount = "{amount}"',
            "[[records]] number 1 (deal), field amount: no column 'amount' in FILE: it has id, owner, opened, value",
        ),
        (
            DEAL + 'product = "{value|title}"',
            (
                "[[records]] number 1 (deal), field product: unknown filter 'title' in '{value|title}': "
                "expected one of slug, lower, upper"
            ),
        ),
        (
            DEAL + 'product = "{value"',
            "[[records]] number 1 (deal), field product: '{' alone in '{value': expected {column}, or {{ for a brace",
        ),
        (
            DEAL + 'product = { column = "value", lookup = "products.name" }',
            (
                "[[records]] number 1 (deal), field product: lookup is 'products.name': expected <lookup>.<column>, "
                "the lookups being: none declared under [lookups]"
            ),
        ),
        (
            DEAL + 'splits = "{owner}"',
            "[[records]] number 1 (deal), field splits: is '{owner}': expected a list",
        ),
        (
            DEAL + 'splits = [{ rep_id = "{owner}" }]',
            "[[records]] number 1 (deal), field splits number 1: missing share: a split needs it",
        ),
        (
            DEAL + "updated_at = 2026-01-01T00:00:00",
            (
                "[[records]] number 1 (deal), field updated_at: constant is 2026-01-01T00:00:00: "
                "expected an offset in the time, such as 2026-01-31T00:00:00Z"
            ),
        ),
    ],
)
def test_an_error_names_the_place_the_value_and_what_was_expected(tmp_path, text, message):
    assert refusal(tmp_path, text).startswith(message)


def test_a_mapping_that_is_no_toml_says_in_which_line(tmp_path):
    assert "not TOML" in refusal(tmp_path, "[csv\n")
    assert "line 1" in refusal(tmp_path, "[csv\n")


def test_a_mapping_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MappingError, match="cannot read the mapping: No such file"):
        load_mapping(tmp_path / "none.toml")


def test_a_mapping_in_another_encoding_is_refused(tmp_path):
    (tmp_path / "m.toml").write_bytes("# größer".encode("cp1252"))
    with pytest.raises(MappingError, match="not UTF-8"):
        load_mapping(tmp_path / "m.toml")


def test_a_lookup_without_its_column_is_refused(tmp_path):
    (tmp_path / "p.csv").write_text("name,price\nA,1\n", encoding="utf-8")
    lookup = '[lookups.products]\nfile = "p.csv"\nkey = "name"\n'
    message = refusal(tmp_path, lookup + DEAL + 'amount = { column = "value", lookup = "products.cost" }')
    assert message.endswith("field amount: lookup 'products' has no column 'cost': expected one of name, price")
