"""The CRM pipeline data through its mappings: all rows accounted for, and the figures that the CSV files themselves give."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from schemas.currencies import EXPONENTS
from schemas.records import decode
from scoring.oracle import Delivery, newest, scores
from streams.importer import Export, Imported, Made, Rejected, import_rows, load_mapping
from streams.scorecard_file import load_scorecard
from tests.whole import crm_pipeline

MAPPINGS = Path(__file__).parent / "mappings"


def run(file: str, mapping: str) -> Iterator[Imported | Rejected]:
    loaded, folder = load_mapping(MAPPINGS / mapping), crm_pipeline.data_folder()
    with (folder / file).open("rb") as opened:
        yield from import_rows(Export(file, opened, loaded.csv), loaded, folder)


@pytest.fixture(scope="module")
def deals() -> list[Imported | Rejected]:
    return list(run("sales_pipeline.csv", "crm_pipeline_deals.toml"))


@pytest.fixture(scope="module")
def records(deals: list[Imported | Rejected]) -> list[Made]:
    rows = [*deals, *run("sales_teams.csv", "crm_pipeline_teams.toml")]
    return [record for row in rows if isinstance(row, Imported) for record in row.records]


def test_every_row_is_imported_or_rejected_with_its_line_and_reason(deals):
    assert [row.line for row in deals] == list(range(2, 8802))
    assert Counter("imported" if isinstance(row, Imported) else "rejected" for row in deals) == crm_pipeline.outcomes()
    assert {row.reason for row in deals if isinstance(row, Rejected)} == {
        "engage_date is empty, and opened_at is required"
    }


def test_stages_and_products_are_those_of_the_contract_and_the_price_list(records):
    found = [json.loads(record.value) for record in records if record.type == "deal"]
    assert Counter(deal["status"] for deal in found) == {"won": 4238, "lost": 2473, "open": 1589}
    assert {deal["product"] for deal in found} == {row["product"] for row in crm_pipeline.rows("products.csv")}
    assert all(deal["amount"] == 0 for deal in found if deal["status"] == "lost")
    assert Counter(record.type for record in records) == {"deal": 8300, "rep": 35, "team": 6}


@pytest.mark.parametrize("on", [date(2017, 3, 5), date(2017, 7, 1), date(2017, 12, 31), date(2018, 2, 1)])
def test_the_records_give_the_figures_of_the_files(records, on):
    deliveries = [
        Delivery(record.type, record.id, 1, 0, offset, decode(record.topic, record.value))
        for offset, record in enumerate(records)
    ]
    found = scores(
        newest(deliveries),
        as_of=on,
        zone=ZoneInfo("UTC"),
        base_currency="USD",
        exponents=EXPONENTS,
        scorecard=load_scorecard(None),
        known_at="",
    )
    expected = crm_pipeline.expected(on)
    assert found.keys() == expected.keys()
    for subject, metrics in expected.items():
        for metric, windows in metrics.items():
            shown = found[subject]["metrics"][metric]["windows"]
            assert {w: (f["value"], f["n"]) for w, f in shown.items()} == windows, (subject, metric)
