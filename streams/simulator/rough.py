"""A rough delivery of the same records: repeats, old versions after newer ones, wrong order, deletions first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

from streams.simulator.dice import chance, dice
from streams.simulator.versions import Record

LAG = 1_500
"""How many records a deletion can overtake."""
FAR = 12_000
"""How many records later a repeat can come."""

_NEAR = 8
_DAYS = 2_500


def roughen(records: Iterable[Record], seed: int) -> Iterator[Record]:
    """The same records roughly delivered: each at least once, so that the newest version of every record is the same.

    Most come a few places off, one in six hundreds of places late (across days), one in twenty is repeated far later
    (so old versions follow newer ones), most deletions overtake what they delete. Memory holds some thousand records,
    however many there are. The same records and seed give the same order.

    >>> smooth = [{"type": "lead", "id": str(n)} for n in range(50)]
    >>> rough = list(roughen(smooth, 1))
    >>> rough[:50] == smooth, {r["id"] for r in rough} == {r["id"] for r in smooth}
    (False, True)
    """
    r = dice(seed, "rough")
    waiting: list[tuple[int, int, Record]] = []
    serial = 0
    for place, record in enumerate(records):
        while waiting and waiting[0][0] <= place:
            yield heappop(waiting)[2]
        delay = LAG
        if record.get("deleted") and chance(r, 0.8):
            delay = 1
        elif chance(r, 1 / 6):
            delay += int(r.random() * _DAYS)
        else:
            delay += int(r.random() * _NEAR)
        heappush(waiting, (place + delay, serial, record))
        serial += 1
        if chance(r, 0.05):
            heappush(waiting, (place + delay + 1 + int(r.random() * FAR), serial, record))
            serial += 1
    while waiting:
        yield heappop(waiting)[2]
