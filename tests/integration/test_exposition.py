"""What a running worker exports: everything that is declared, nothing else, and the group's lag whoever is left to tell it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from schemas.metrics import METRICS, OUTCOMES
from schemas.topics import EVENTS, INPUTS, RECORD_TYPES
from streams.local import Addresses
from streams.simulator import line, records
from tests.installation import Installation, WorkerProcess, installation, wait_until

TOPIC_OF = {record_type: topic for topic, types in RECORD_TYPES.items() for record_type in types}
ONLY_IN_A_DROP = {f"sales_{subject}_dropped_points" for subject in ("rep", "team", "territory", "company")}
"""tests/functional/test_drops.py has one."""
ONLY_WHILE_SILENT = {"upscore_silent_lag_records"}
"""tests/unit/streams/test_exporter.py has one."""


@pytest.fixture(scope="module")
def running(stack: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("exposition")
    with installation(stack, folder, "exposition", redis_url=stack.redis_url, publish_seconds=0.2) as line_:
        crm = islice(records(seed=5, days=200, reps=12, start=date(2025, 2, 1)), 15_000)
        line_.produce([(TOPIC_OF[record["type"]], record["id"].encode(), line(record).rstrip()) for record in crm])
        line_.produce([(EVENTS, b"x", b"no record")])
        line_.start_worker().wait_until_ready()
        wait_until(lambda: line_.workers[0].metric("sales_company_score_points_low"), 60, "scores with their intervals")
        wait_until(lambda: line_.workers[0].metric("upscore_partition_position_lag"), 20, "lags")
        wait_until(
            lambda: len(line_.workers[0].metric("upscore_group_lag_records")) == len(INPUTS), 20, "the group's lag"
        )
        yield line_


def families(worker: WorkerProcess) -> dict[str, Metric]:
    found = {}
    for family in text_string_to_metric_families(worker.get("/metrics")[1].decode()):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert name not in found
        found[name] = family
    return found


def test_everything_declared_is_there_and_has_a_value(running: Installation) -> None:
    found = families(running.workers[0])
    assert set(found) == {spec.name for spec in METRICS}
    assert {name for name, family in found.items() if not family.samples} == ONLY_IN_A_DROP | ONLY_WHILE_SILENT


def test_names_kinds_helps_and_labels_are_as_declared(running: Installation) -> None:
    found = families(running.workers[0])
    for spec in METRICS:
        family = found[spec.name]
        assert (family.type, family.documentation) == (spec.kind, spec.help)
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(spec.labels)


def test_no_family_is_the_clients_or_fausts_own(running: Installation) -> None:
    text = running.workers[0].get("/metrics")[1].decode()
    names = {each.split()[2] for each in text.splitlines() if each.startswith("# TYPE ")}
    assert {name.partition("_")[0] for name in names} == {"sales", "upscore"}


def test_counters_have_every_label_before_anything_is_counted(running: Installation) -> None:
    counted = running.workers[0].metric("upscore_records_total")
    assert len(counted) == len(INPUTS) * len(OUTCOMES)
    assert counted['{outcome="applied",topic="sales.events.v1"}'] > 0
    assert counted['{outcome="stale",topic="sales.feedback.v1"}'] == 0
    assert running.workers[0].metric("upscore_dead_letters_total")['{reason="not_json"}'] == 1
    assert set(running.workers[0].metric("upscore_transactions_total")) == {
        f'{{outcome="{outcome}"}}' for outcome in ("committed", "fenced", "failed")
    }


def test_what_a_worker_costs_and_how_it_is_doing_is_believable(running: Installation) -> None:
    def value(name: str) -> float:
        (only,) = running.workers[0].metric(name).values()
        return only

    assert 0 < value("upscore_process_cpu_seconds_total") < 3600
    assert 20e6 < value("upscore_process_resident_memory_bytes") < 4e9
    assert time.time() - 3600 < value("upscore_process_start_time_seconds") < time.time()
    assert 0 <= value("upscore_loop_lag_seconds") < 60
    assert 0 < value("upscore_scrape_seconds") < 10
    assert value("upscore_owned_partitions") == running.settings.partitions
    assert value("upscore_rebalances_total") >= 1
    assert value("upscore_recovery_seconds") > 0
    assert -60 < value("upscore_clock_ahead_seconds") < 1
    assert value("upscore_event_time_seconds") > date(2025, 2, 1).toordinal() - date(1970, 1, 1).toordinal()
    writes = running.workers[0].metric("upscore_store_writes_total")
    assert writes['{outcome="written"}'] > 0 == writes['{outcome="failed"}']
    wait_until(lambda: value("upscore_store_waiting_scores") == 0, 20, "the store to have everything")


def test_history_that_comes_in_now_is_late_by_its_age(running: Installation) -> None:
    late = running.workers[0].metric("upscore_lateness_seconds")
    assert set(late) == {f'{{topic="{spec.name}"}}' for spec in INPUTS}
    assert max(late.values()) > time.time() - datetime(2025, 12, 31, tzinfo=UTC).timestamp()
