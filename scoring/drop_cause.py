"""Drop cause: what an alert says of a waterfall, in fields: how much is the subject's own, what lost most, which records."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from scoring.metric_change import Part

NOT_ITS_OWN: Final = ("scorecard", "people", "market")
"""Parts that a drop's size leaves out. Source: method.md section 8, the size gate."""

RECORDS_IN_AN_ALERT: Final = 5


def own_points(parts: Sequence[Part]) -> float:
    """The change without its scorecard, people and market parts: what the size gate weighs; 0 without parts.

    Source: method.md section 8.

    >>> own_points([{"cause": "market", "points": -4.0}, {"cause": "pillar", "pillar": "results", "points": -5.5}])
    -5.5
    """
    return math.fsum(part["points"] for part in parts if part["cause"] not in NOT_ITS_OWN)


def cause_key(parts: Sequence[Part]) -> str | None:
    """What lost most, as the key of "one alert a cause": `pillar/metric`, or `corrections`; None where nothing lost.

    A pillar that counts for less on one date is `pillar/volume`. It goes no deeper, so that the same drop does not get another
    key when another segment or record comes to weigh most in it. Equal losses: the first by name.

    Source: method.md section 8.

    >>> csat, nps = {"cause": "metric", "metric": "csat", "points": -6.0}, {"cause": "metric", "metric": "nps", "points": 1.0}
    >>> customer = {"cause": "pillar", "pillar": "customer", "points": -5.0, "parts": [csat, nps]}
    >>> cause_key([{"cause": "market", "points": -9.0}, customer])
    'customer/csat'
    """
    losses = sorted((points, key) for key, points in _causes(parts) if points < 0)
    return losses[0][1] if losses else None


def _causes(parts: Sequence[Part]) -> Iterator[tuple[str, float]]:
    for part in parts:
        if part["cause"] == "pillar":
            for below in part.get("parts", ()):
                yield f"{part['pillar']}/{below.get('metric', below['cause'])}", below["points"]
        elif part["cause"] not in NOT_ITS_OWN:
            yield part["cause"], part["points"]


def worst_records(parts: Sequence[Part], limit: int = RECORDS_IN_AN_ALERT) -> list[Part]:
    """Records with the greatest losses, greatest first: `type`, `id` and `points`, added up over the metrics that name them.

    Of each metric only the records that its part names are known. Equal losses: by type and id.

    >>> rate = {"cause": "records", "points": -4.5, "records": [
    ...     {"type": "deal", "id": "d-1", "points": -5.0}, {"type": "deal", "id": "d-2", "points": 0.5}]}
    >>> worst_records([{"cause": "rate", "points": -4.5, "parts": [rate]}])
    [{'type': 'deal', 'id': 'd-1', 'points': -5.0}]
    """
    points: dict[tuple[str, str], list[float]] = {}
    for record in _records(parts):
        points.setdefault((record["type"], record["id"]), []).append(record["points"])
    ranked = sorted((math.fsum(shares), key) for key, shares in points.items())
    return [{"type": kind, "id": name, "points": lost} for lost, (kind, name) in ranked[:limit] if lost < 0]


def _records(parts: Sequence[Part]) -> Iterator[Part]:
    for part in parts:
        yield from part.get("records", ())
        yield from _records(part.get("parts", ()))
