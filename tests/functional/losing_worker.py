"""A worker that loses frames on their way from the fetcher to the lanes: `python -m tests.functional.losing_worker`.

It loses the first frame that holds the text `LOSE_FRAMES_WITH`, and `LOSE_SHARE` of all frames, each once at most.
"""

from __future__ import annotations

import os
import random
import sys
from dataclasses import replace

from streams.cli import main
from streams.cutting import Frame
from streams.lanes import Lanes

_TEXT = os.environ.get("LOSE_FRAMES_WITH", "").encode()
_SHARE = float(os.environ.get("LOSE_SHARE", "0"))
_rng = random.Random(1)
_lost: set[tuple[str, int, int]] = set()
_submit = Lanes.submit


async def _submit_or_lose(self: Lanes, frame: Frame) -> None:
    frame = replace(frame, records=list(frame.records))  # they can be gone through once
    place = (frame.topic, frame.partition, frame.end)
    marked = bool(_TEXT) and any(_TEXT in (record.value or b"") for record in frame.records)
    if place not in _lost and (marked or _rng.random() < _SHARE):
        _lost.add(place)
        return
    await _submit(self, frame)


if __name__ == "__main__":
    Lanes.submit = _submit_or_lose  # type: ignore[method-assign]
    sys.exit(main(["worker"]))
