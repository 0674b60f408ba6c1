"""A worker of which one partition stands still, silently: `python -m tests.functional.stalling_worker`.

From the start on its lanes never get the frames of partition `STALL_PARTITION`; with `STALL_SEEK` they do after the first
time that the watch set the partition back for a stall. Patience is `STALL_PATIENCE` seconds instead of 15, the limit
`STALL_LIMIT` instead of 60.
"""

from __future__ import annotations

import os
import sys

from streams import stalls, watch
from streams.cli import main
from streams.cutting import Frame
from streams.lanes import Lanes
from streams.watch import Watch

_PARTITION = int(os.environ.get("STALL_PARTITION", "-1"))
_submit = Lanes.submit
_look = Watch._look_for_stalls
_healed = False


async def _submit_or_not(self: Lanes, frame: Frame) -> None:
    if frame.partition != _PARTITION or _healed:
        await _submit(self, frame)


async def _look_and_heal(self: Watch, client: object) -> None:
    global _healed  # noqa: PLW0603 - the one thing that this program remembers
    await _look(self, client)
    _healed = _healed or ("STALL_SEEK" in os.environ and bool(self.stalled))


if __name__ == "__main__":
    stalls.PATIENCE_SECONDS = float(os.environ["STALL_PATIENCE"])  # type: ignore[misc]
    watch.LIMIT_SECONDS = float(os.environ["STALL_LIMIT"])  # type: ignore[misc]
    Lanes.submit = _submit_or_not  # type: ignore[method-assign]
    Watch._look_for_stalls = _look_and_heal  # type: ignore[method-assign]
    sys.exit(main(["worker"]))
