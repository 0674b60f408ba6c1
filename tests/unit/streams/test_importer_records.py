"""What rows become: values, conditions, lists, several records of a row, and rows that are refused."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from schemas.records import decode
from streams.importer import Export, Imported, Rejected, import_rows, load_mapping

HEAD = '[[records]]\ntype = "deal"\n[records.fields]\nid = "{id}"\nrep_id = "r-1"\n'
OPEN = HEAD + 'status = "open"\nopened_at = "2026-01-05T00:00:00Z"\n'


def outcomes(tmp_path: Path, mapping: str, csv: str) -> list[Imported | Rejected]:
    path = tmp_path / "m.toml"
    path.write_text(mapping, encoding="utf-8")
    loaded = load_mapping(path)
    return list(import_rows(Export("FILE", io.BytesIO(csv.encode()), loaded.csv), loaded, tmp_path))


def records(tmp_path: Path, mapping: str, csv: str) -> list[dict[str, Any]]:
    """The records of an import that rejects nothing; each is valid by itself."""
    found = []
    for outcome in outcomes(tmp_path, mapping, csv):
        assert isinstance(outcome, Imported), outcome
        for record in outcome.records:
            decode(record.topic, record.value)
            assert json.loads(record.value)["id"] == record.id
            found.append(json.loads(record.value))
    return found


def reason(tmp_path: Path, mapping: str, csv: str) -> str:
    (only,) = outcomes(tmp_path, mapping, csv)
    assert isinstance(only, Rejected), only
    return only.reason


def test_a_text_is_a_template_and_another_value_a_constant(tmp_path):
    mapping = OPEN.replace('"{id}"', '"crm-{id}/{part|lower}"') + 'product = "{{x}}"\nversion = 7\namount = 1.50\n'
    (record,) = records(tmp_path, mapping, "id,part\n17,AB\n")
    assert (record["id"], record["product"], record["version"], record["amount"]) == ("crm-17/ab", "{x}", 7, 1.5)


def test_a_template_with_an_empty_cell_is_nothing(tmp_path):
    (record,) = records(tmp_path, OPEN + 'customer_id = "c-{customer}"\n', "id,customer\n1,\n")
    assert "customer_id" not in record


def test_a_required_field_without_value_names_the_column(tmp_path):
    mapping = HEAD + 'status = "open"\nopened_at = "{opened}"\n'
    assert reason(tmp_path, mapping, "id,opened\n1,\n") == "opened is empty, and opened_at is required"


def test_numbers_keep_the_digits_of_the_cell(tmp_path):
    mapping = '[formats]\ndecimal = ","\nthousands = "."\n' + OPEN + 'amount = "{value}"\ncurrency = "EUR"\n'
    found = outcomes(tmp_path, '[csv]\ndelimiter = ";"\n' + mapping, "id;value\n1;1.234,5678901234567890\n")
    assert isinstance(found[0], Imported)
    assert b'"amount":1234.5678901234567890' in found[0].records[0].value


def test_scale_and_absolute_turn_cents_and_negative_refunds_into_amounts(tmp_path):
    mapping = OPEN + 'amount = { column = "cents", scale = 0.01, absolute = true }\n'
    (record,) = records(tmp_path, mapping, "id,cents\n1,-1999\n")
    assert record["amount"] == 19.99


def test_a_map_rejects_what_it_does_not_know_unless_told_otherwise(tmp_path):
    status = HEAD + 'opened_at = "2026-01-05T00:00:00Z"\nstatus = { column = "stage", map = { New = "open" } }\n'
    assert reason(tmp_path, status, "id,stage\n1,Old\n") == "stage is 'Old': expected one of New"
    kept = OPEN + 'product = { column = "p", map = { GTXPro = "GTX Pro" }, unmapped = "keep" }\n'
    assert [r["product"] for r in records(tmp_path, kept, "id,p\n1,GTXPro\n2,MG\n")] == ["GTX Pro", "MG"]
    absent = kept.replace("keep", "absent")
    assert "product" not in records(tmp_path, absent, "id,p\n1,MG\n")[0]


def test_a_map_may_give_numbers_and_flags(tmp_path):
    mapping = """
[[records]]
type = "feedback"
[records.fields]
id = "{id}"
rep_id = "r-1"
occurred_at = "2026-01-05T00:00:00Z"
scale = "csat_5"
value = { column = "answer", map = { Great = 5, Bad = 1 } }
deleted = { column = "state", map = { void = true }, unmapped = "absent" }
"""
    csv = "id,answer,state\n1,Great,\n2,Bad,void\n"
    assert [(r["value"], r.get("deleted")) for r in records(tmp_path, mapping, csv)] == [(5, None), (1, True)]


def test_a_deleted_record_needs_no_more_than_its_id(tmp_path):
    mapping = HEAD + 'status = "open"\nopened_at = "{opened}"\ndeleted = "{gone}"\n'
    (record,) = records(tmp_path, mapping, "id,opened,gone\n1,,yes\n")
    assert record["deleted"] is True


def test_the_first_case_that_holds_is_taken(tmp_path):
    mapping = (
        HEAD
        + """
opened_at = "2026-01-05T00:00:00Z"
closed_at = "{won}"
amount = 5
currency = "USD"
[[records.fields.status.cases]]
when = { column = "won", filled = true }
value = "won"
[[records.fields.status.cases]]
value = "open"
"""
    )
    found = records(tmp_path, mapping, "id,won\n1,2026-02-01\n2,\n")
    assert [record["status"] for record in found] == ["won", "open"]


def test_a_default_stands_in_for_nothing(tmp_path):
    mapping = OPEN + 'currency = { column = "cur", default = "EUR" }\n'
    assert [r["currency"] for r in records(tmp_path, mapping, "id,cur\n1,\n2,USD\n")] == ["EUR", "USD"]


def test_a_lookup_takes_a_cell_of_a_second_file(tmp_path):
    (tmp_path / "p.csv").write_text("product;price\nGTX Pro;4.821,00\nFree;\n", encoding="utf-8")
    mapping = (
        '[lookups.products]\nfile = "p.csv"\nkey = "product"\ncsv = { delimiter = ";" }\n'
        + OPEN
        + 'list_price = { column = "p", map = { GTXPro = "GTX Pro" }, unmapped = "keep", lookup = "products.price", '
        'decimal = ",", thousands = "." }\n'
    )
    found = records(tmp_path, mapping, "id,p\n1,GTXPro\n2,Free\n3,\n")
    assert [record.get("list_price") for record in found] == [4821, None, None]
    assert reason(tmp_path, mapping, "id,p\n1,MG\n") == "p is 'MG': not found in the lookup 'products'"
    absent = mapping.replace("decimal", 'not_found = "absent", decimal')
    assert "list_price" not in records(tmp_path, absent, "id,p\n1,MG\n")[0]


def test_rows_that_a_rule_rejects_carry_its_reason(tmp_path):
    mapping = '[[reject]]\nwhen = { column = "kind", not_in = ["Deal"] }\nreason = "no deal"\n' + OPEN
    found = outcomes(tmp_path, mapping, "id,kind\n1,Deal\n2,Test\n")
    assert isinstance(found[0], Imported)
    assert found[1] == Rejected(3, "no deal")


def test_all_conditions_of_a_list_must_hold(tmp_path):
    mapping = OPEN.replace(
        "[records.fields]",
        'when = [{ column = "a", filled = true }, { column = "b", in = ["x", "y"] }]\n[records.fields]',
    )
    found = outcomes(tmp_path, mapping, "id,a,b\n1,1,x\n2,,x\n3,1,z\n")
    assert [type(each) for each in found] == [Imported, Rejected, Rejected]
    assert found[1] == Rejected(3, "no rule of the mapping makes a record of it")


SEVERAL = (
    OPEN
    + """
[[records]]
type = "team"
once = true
[records.fields]
id = "{team}"
name = "{team_name}"
"""
)


def test_a_row_makes_several_records_and_a_repeated_one_once(tmp_path):
    found = records(tmp_path, SEVERAL, "id,team,team_name\n1,t-1,East\n2,t-1,East\n3,t-2,West\n")
    assert [(r["type"], r["id"]) for r in found] == [
        ("deal", "1"),
        ("team", "t-1"),
        ("deal", "2"),
        ("deal", "3"),
        ("team", "t-2"),
    ]


def test_a_row_is_imported_whole_or_not_at_all(tmp_path):
    found = outcomes(tmp_path, SEVERAL, f"id,team,team_name\n1,{'t' * 201},East\n{'d' * 201},t-1,East\n3,t-1,East\n")
    assert [type(each) for each in found] == [Rejected, Rejected, Imported]
    # The team of a rejected row has not gone out, so the next row makes it.
    assert isinstance(found[2], Imported)
    assert [record.type for record in found[2].records] == ["deal", "team"]


def test_what_the_schema_refuses_is_rejected_in_its_words(tmp_path):
    mapping = HEAD + 'opened_at = "2026-01-05T00:00:00Z"\nstatus = "won"\n'
    assert (
        reason(tmp_path, mapping, "id\n1\n")
        == "missing_field: deal.closed_at is missing: required when status is won or lost"
    )


def test_a_cell_that_does_not_parse_is_shown_with_what_was_expected(tmp_path):
    mapping = (
        '[formats]\ntimes = ["%d-%m-%y"]\n' + HEAD + 'status = "open"\nopened_at = "{opened}"\namount = "{value}"\n'
    )
    csv = "id,opened,value\n1,{},{}\n"
    assert reason(tmp_path, mapping, csv.format("2026-01-05", 1)) == (
        "opened is '2026-01-05': expected a date or time as %d-%m-%y"
    )
    assert reason(tmp_path, mapping, csv.format("05-01-26", "many")) == (
        "value is 'many': expected a number such as 1234.5"
    )


def test_splits_leave_out_who_is_not_there(tmp_path):
    mapping = (
        OPEN
        + """
[[records.fields.splits]]
rep_id = "{first}"
share = { column = "first_share", scale = 0.01, strip = "%" }
[[records.fields.splits]]
rep_id = "{second}"
share = { column = "second_share", scale = 0.01, strip = "%" }
"""
    )
    csv = "id,first,first_share,second,second_share\n1,a,60%,b,40%\n2,a,100%,,\n3,,,,\n"
    assert [record.get("splits") for record in records(tmp_path, mapping, csv)] == [
        [{"rep_id": "a", "share": 0.6}, {"rep_id": "b", "share": 0.4}],
        [{"rep_id": "a", "share": 1}],
        None,
    ]
    half = "id,first,first_share,second,second_share\n1,a,60%,,40%\n"
    assert reason(tmp_path, mapping, half) == "second is empty, and rep_id is required"


def test_a_list_comes_from_several_columns_or_from_one_with_a_separator(tmp_path):
    customer = """
[[records]]
type = "customer"
[records.fields]
id = "{id}"
rep_id = "r-1"
since = "2025-01-01T00:00:00Z"
"""
    several = customer + 'renewals = ["{r1}", "{r2}"]\n'
    assert records(tmp_path, several, "id,r1,r2\n1,2026-01-01,\n")[0]["renewals"] == ["2026-01-01T00:00:00Z"]
    separated = customer + 'renewals = { column = "all", separator = "|", times = "%d.%m.%Y" }\n'
    found = records(tmp_path, separated, "id,all\n1,01.01.2026 | 01.02.2026|\n2,\n")
    assert [record.get("renewals") for record in found] == [["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"], None]


def test_named_marks_become_criteria(tmp_path):
    mapping = """
[[records]]
type = "evaluation"
[records.fields]
id = "{id}"
rep_id = "r-1"
occurred_at = "2026-01-05T00:00:00Z"
[records.fields.criteria]
communication = "{talk}"
active_listening = { column = "listen", scale = 10 }
"""
    (record,) = records(tmp_path, mapping, "id,talk,listen\n1,80,7\n")
    assert record["criteria"] == {"communication": 80, "active_listening": 70}
    assert reason(tmp_path, mapping, "id,talk,listen\n1,,\n").startswith("what the mapping gives is empty")


def test_the_newest_time_of_the_whole_file_is_the_same_on_every_row(tmp_path):
    mapping = '[formats]\ntimes = "%d.%m.%Y"\n' + OPEN + 'updated_at = { newest = ["opened", "closed"] }\n'
    csv = "id,opened,closed\n1,05.01.2026,\n2,06.01.2026,09.02.2026\n3,never,\n"
    assert {record["updated_at"] for record in records(tmp_path, mapping, csv)} == {"2026-02-09T00:00:00Z"}
    assert "updated_at" not in records(tmp_path, mapping, "id,opened,closed\n1,,\n")[0]


def test_a_date_of_the_mapping_is_taken_as_it_stands(tmp_path):
    mapping = (
        '[formats]\ntimes = "%d.%m.%Y"\n'
        + OPEN
        + "updated_at = 2026-01-31T00:00:00+01:00\nexpected_close_on = 2026-03-01\n"
    )
    (record,) = records(tmp_path, mapping, "id\n1\n")
    assert (record["updated_at"], record["expected_close_on"]) == ("2026-01-31T00:00:00+01:00", "2026-03-01")


@pytest.mark.parametrize("kind", ["with one pass", "with two"])
def test_the_same_file_gives_the_same_bytes(tmp_path, kind):
    newest = 'updated_at = { newest = ["opened"] }\n' if kind == "with two" else ""
    csv = "id,opened\n1,2026-01-05\n2,2026-01-06\n"
    assert outcomes(tmp_path, OPEN + newest, csv) == outcomes(tmp_path, OPEN + newest, csv)
