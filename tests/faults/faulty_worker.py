"""A worker that something happens to: `python -m tests.faults.faulty_worker`, told by its environment what.

- `FAULT_POINT` and `FAULT_AFTER`: at the so-and-so-manieth passing of a point of a lane's work it kills itself with
  -9, or stops itself where `FAULT_ACTION` is `stop`. Passings count once the file `FAULT_ARMED_BY` exists, if named.
- `FAULT_DAY_BEFORE`: until this file exists, the worker takes today for yesterday.
- `LOSE_SHARE`: this share of all frames is lost on the way, each once at most.
- `SABOTAGE`: the mechanism that is switched off (`sabotage.py`).
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from streams.as_of import AsOf
from streams.cli import main
from streams.lanes import Lanes
from streams.worker import Worker
from tests.faults import sabotage
from tests.functional import losing_worker

POINT = os.environ.get("FAULT_POINT")
AFTER = int(os.environ.get("FAULT_AFTER", "1"))
ACTION = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}[os.environ.get("FAULT_ACTION", "kill")]
ARMED_BY = os.environ.get("FAULT_ARMED_BY")
DAY_BEFORE = os.environ.get("FAULT_DAY_BEFORE")

_passings = 0
_init, _today = Worker.__init__, AsOf.today


def _passing(point: str, partition: int) -> None:
    global _passings  # noqa: PLW0603 - one count a process
    if point != POINT or (ARMED_BY and not Path(ARMED_BY).exists()):
        return
    _passings += 1
    if _passings == AFTER:
        sys.stderr.write(f"FAULT at {point!r} of lane {partition}\n")
        sys.stderr.flush()
        os.kill(os.getpid(), ACTION)


def _init_with_faults(self: Worker, *arguments: Any) -> None:
    _init(self, *arguments)
    self.desk.passing = _passing


def _today_or_yesterday(self: AsOf) -> int:
    return _today(self) - (DAY_BEFORE is not None and not Path(DAY_BEFORE).exists())


if __name__ == "__main__":
    Worker.__init__ = _init_with_faults  # type: ignore[method-assign]
    AsOf.today = _today_or_yesterday  # type: ignore[method-assign]
    if "LOSE_SHARE" in os.environ:
        Lanes.submit = losing_worker._submit_or_lose  # type: ignore[method-assign]
    if "SABOTAGE" in os.environ:
        sabotage.MECHANISMS[os.environ["SABOTAGE"]].switch_off()
    sys.exit(main(["worker"]))
