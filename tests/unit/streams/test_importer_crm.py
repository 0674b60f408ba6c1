"""The mappings of the CRM pipeline data, on rows of the same shape that are made up here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.records import decode
from streams.importer import Imported, Rejected, import_rows, load_mapping
from streams.importer.rows import Export

MAPPINGS = Path(__file__).parents[2] / "whole" / "mappings"

PIPELINE = """\
opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value,engage_quarter,close_quarter
A1,Ada Ôsterreich,GTXPro,Acme & Sons,Won,05-01-26,15-02-26,4900,Q1 2026,Q1 2026
A2,Bo Li,MG One,,Lost,06-01-26,16-02-26,0,Q1 2026,Q1 2026
A3,Bo Li,MG One,Acme & Sons,Engaging,07-01-26,,,Q1 2026,
A4,Bo Li,MG One,,Prospecting,,,,,
A5,Bo Li,MG Two,,Won,05-01-26,15-02-26,10,Q1 2026,Q1 2026
A6,Bo Li,MG One,,Parked,05-01-26,,,Q1 2026,
"""
PRODUCTS = "product,series,sales_price\r\nGTX Pro,GTX,5000\r\nMG One,MG,55\r\n"
TEAMS = "sales_agent,manager,regional_office\nAda Ôsterreich,Cy Dee,East\nBo Li,Cy Dee,West\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sales_pipeline.csv").write_text(PIPELINE, encoding="utf-8")
    (tmp_path / "products.csv").write_text(PRODUCTS, encoding="utf-8", newline="")
    (tmp_path / "sales_teams.csv").write_text(TEAMS, encoding="utf-8")
    return tmp_path


def run(folder: Path, file: str, mapping: str) -> Iterator[Imported | Rejected]:
    loaded = load_mapping(MAPPINGS / mapping)
    with (folder / file).open("rb") as opened:
        yield from import_rows(Export(file, opened, loaded.csv), loaded, folder)


def test_deals_of_all_stages_are_accounted_for(folder):
    found = list(run(folder, "sales_pipeline.csv", "crm_pipeline_deals.toml"))
    assert [row.line for row in found] == [2, 3, 4, 5, 6, 7]
    assert {row.line: row.reason for row in found if isinstance(row, Rejected)} == {
        5: "engage_date is empty, and opened_at is required",
        6: "product is 'MG Two': not found in the lookup 'products'",
        7: "deal_stage is 'Parked': expected one of Won, Lost, Engaging, Prospecting",
    }


def test_deals_are_valid_and_complete(folder):
    rows = [row for row in run(folder, "sales_pipeline.csv", "crm_pipeline_deals.toml") if isinstance(row, Imported)]
    deals = [json.loads(record.value) for row in rows for record in row.records]
    assert [decode("sales.events.v1", record.value).id for row in rows for record in row.records] == ["A1", "A2", "A3"]
    assert deals[0] == {
        "type": "deal",
        "id": "A1",
        "rep_id": "ada-osterreich",
        "status": "won",
        "stage": "Won",
        "opened_at": "2026-01-05T00:00:00Z",
        "closed_at": "2026-02-15T00:00:00Z",
        "amount": 4900,
        "currency": "USD",
        "customer_id": "acme-sons",
        "product": "GTX Pro",
        "list_price": 5000,
        "updated_at": "2026-02-16T00:00:00Z",
    }
    assert [(deal["status"], deal.get("amount"), deal.get("closed_at")) for deal in deals[1:]] == [
        ("lost", 0, "2026-02-16T00:00:00Z"),
        ("open", None, None),
    ]
    assert "customer_id" not in deals[1]


def test_agents_become_reps_and_their_manager_a_team(folder):
    rows = list(run(folder, "sales_teams.csv", "crm_pipeline_teams.toml"))
    assert all(isinstance(row, Imported) for row in rows)
    records = [record for row in rows if isinstance(row, Imported) for record in row.records]
    assert [(record.type, record.id) for record in records] == [
        ("rep", "ada-osterreich"),
        ("team", "cy-dee"),
        ("rep", "bo-li"),
    ]
    rep = json.loads(records[2].value)
    assert (rep["team_id"], rep["territory"], rep["name"]) == ("cy-dee", "west", "Bo Li")
