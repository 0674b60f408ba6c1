from __future__ import annotations

import os
import subprocess
import sys


def test_a_replay_starts_without_the_libraries_of_workers_and_of_administration() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import sys, streams.replay.order; print(*sys.modules)"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.split()
    assert "aiokafka" in said
    assert not {"faust", "kafka", "aiohttp", "prometheus_client", "redis"} & set(said)
