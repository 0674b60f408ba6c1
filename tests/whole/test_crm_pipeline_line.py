"""The CRM pipeline data as a user would bring it in: imported with a mapping file, through a worker, compared with the CSV."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from streams.local import Addresses
from tests.installation import Installation, Scores, installation, wait_until
from tests.whole import crm_pipeline

MAPPINGS = Path(__file__).parent / "mappings"
DATES = (date(2017, 12, 31), date(2017, 9, 30), date(2017, 6, 30))
ROWS = 8_800


def imported(line: Installation, file: str, mapping: str) -> str:
    """What `upscore import --publish` says at its end."""
    path = crm_pipeline.data_folder() / file
    done = line.command("import", str(path), "--mapping", str(MAPPINGS / mapping), "--publish", check=False)
    return done.stderr.decode()


@pytest.fixture(scope="module")
def line(stack: Addresses, tmp_path_factory: pytest.TempPathFactory):
    with installation(stack, tmp_path_factory.mktemp("crm"), "crm") as running:
        running.start_worker()
        yield running


@pytest.fixture(scope="module")
def said(line: Installation) -> str:
    imported(line, "sales_teams.csv", "crm_pipeline_teams.toml")
    return imported(line, "sales_pipeline.csv", "crm_pipeline_deals.toml")


def assert_figures(found: Scores, on: date) -> None:
    expected = crm_pipeline.expected(on)
    assert expected.keys() <= found.keys()
    for key, metrics in expected.items():
        for name, windows in metrics.items():
            for window, (value, n) in windows.items():
                assert found[key]["metrics"][name]["windows"][window] == {"value": value, "n": n}, (
                    on,
                    key,
                    name,
                    window,
                )


def test_every_row_of_the_file_is_applied_or_rejected_with_a_reason(line: Installation, said: str) -> None:
    outcomes = crm_pipeline.outcomes()
    assert outcomes["imported"] + outcomes["rejected"] == ROWS
    assert f"imported {outcomes['imported']} of {ROWS} rows, {outcomes['rejected']} rejected" in said
    assert f"{outcomes['rejected']} times: engage_date is empty" in said
    people = 35 + 6
    worker = line.workers[0]
    wait_until(lambda: worker.counted() == outcomes["imported"] + people, 60, "all records to be counted")
    assert worker.counted("applied") == outcomes["imported"] + people


@pytest.mark.parametrize("on", DATES)
def test_recomputed_figures_of_all_subjects_equal_the_csv(line: Installation, said: str, on: date) -> None:
    assert said
    assert_figures(line.command_scores("--as-of", on.isoformat()), on)


def test_live_figures_of_all_subjects_equal_the_csv(line: Installation, said: str) -> None:
    assert said
    newest = max(
        crm_pipeline.day(row["close_date"]) for row in crm_pipeline.rows("sales_pipeline.csv") if row["close_date"]
    )
    expected = line.oracle_scores()
    assert next(iter(expected.values()))["as_of"] == newest.isoformat()
    line.wait_for_scores(expected, 60)
    assert_figures(line.command_scores(), newest)
