"""promtool has no complaint about the exposition of a real worker."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import date
from itertools import islice
from pathlib import Path

from schemas.topics import RECORD_TYPES
from streams.local import Addresses
from streams.simulator import line, records
from tests.installation import installation, wait_until

TOPIC_OF = {record_type: topic for topic, types in RECORD_TYPES.items() for record_type in types}


def test_promtool_finds_nothing_to_say_about_a_workers_metrics(stack: Addresses, tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    assert promtool is not None, "promtool is missing: install Debian's package prometheus"
    with installation(stack, tmp_path, "linted", publish_seconds=0.2) as line_:
        crm = [*islice(records(seed=5, days=60, reps=6, start=date(2025, 5, 1)), 3_000)]
        odd = {"type": "rep", "id": 'r "1" \\ ü\n', "team_id": "t,{}=", "territory": "no\\rth"}
        sent = [(TOPIC_OF[record["type"]], record["id"].encode(), line(record).rstrip()) for record in crm]
        line_.produce([*sent, (TOPIC_OF["rep"], b"odd", json.dumps(odd).encode())])
        worker = line_.start_worker()
        worker.wait_until_ready()
        wait_until(lambda: worker.metric("sales_company_score_points"), 60, "scores")
        wait_until(lambda: worker.metric("upscore_group_lag_records"), 30, "the group's lag")
        exposition = worker.get("/metrics")[1]
    assert b"sales_rep_info" in exposition
    checked = subprocess.run(
        [promtool, "check", "metrics"], input=exposition, capture_output=True, check=False, timeout=60
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")
