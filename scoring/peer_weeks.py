"""Peer weeks: what norms are made of, as arrays - the peers' complete weeks, metric by metric, and everybody's deals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.cohorts import Deals
from scoring.evidence import Evidence
from scoring.exact_sums import exact_row_sums
from scoring.fiscal import monday_of
from scoring.maturation import Deal
from scoring.weeks import DAYS

Array = NDArray[Any]


class PeerWeeks(NamedTuple):
    """What is known before a day, the quarter's first.

    `seen` are n, total and base of `Evidence`, each an array of metrics x peers x weeks, 0 where there is no evidence; the n and
    base of a `sum` are the days present. `scatter` are its last three sums over all weeks, each of metrics x peers. Metrics and
    peers are in the order of their names. `weeks` are the Mondays of complete weeks, oldest first; `first_week` is the first of
    any peer, 0 without one. `deals` are those of every rep as known on the day before; their owners are the peers' places, and
    from `len(peers)` on others.
    """

    metrics: tuple[str, ...]
    peers: tuple[str, ...]
    weeks: Array
    first_week: int
    seen: Array
    scatter: Array
    deals: Deals

    @classmethod
    def of(
        cls,
        metrics: Iterable[str],
        weekly: Mapping[str, Mapping[int, Mapping[str, Evidence]]],
        deals: Mapping[str, Sequence[Deal]],
        before: int,
    ) -> PeerWeeks:
        """The same from dictionaries in any order: see `scoring.norming.norms`."""
        metrics, peers = tuple(sorted(metrics)), tuple(sorted(weekly))
        others = sorted(deals.keys() - weekly.keys())
        known = Deals.known_of((deals.get(rep, ()) for rep in (*peers, *others)), before - 1)
        complete = {week for of_peer in weekly.values() for week in of_peer if week + DAYS <= before}
        first_week = min(complete, default=0)
        opened = {monday_of(day) for day in known.opened.tolist() if day >= first_week}
        weeks = sorted(complete | {week for week in opened if week + DAYS <= before})
        row, column = ({of: place for place, of in enumerate(names)} for names in (metrics, weeks))
        seen = np.zeros((len(Evidence._fields), len(metrics), len(peers), len(weeks)))
        for place, rep in enumerate(peers):
            for week, by_metric in weekly[rep].items():
                for metric in by_metric.keys() & row.keys() if week in complete else ():
                    seen[:, row[metric], place, column[week]] = by_metric[metric]
        scatter = exact_row_sums(seen[3:])
        return cls(metrics, peers, np.array(weeks, dtype=np.int64), first_week, seen[:3], scatter, known)
