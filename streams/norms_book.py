"""Norms book: the norms that were published, and which of them hold on a date."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from scoring.norms import Norms, from_plain, to_plain
from scoring.quarter import quarter_norms
from scoring.scorecard import Scorecard
from streams.codec import pack, unpack
from streams.long_rows import ArrivingRows, LongRows, Row

log = logging.getLogger(__name__)


class NormsBook:
    """The newest norms of each quarter."""

    def __init__(self, scorecard: Scorecard) -> None:
        """Start with none: then the scorecard's own hold."""
        self._scorecard = scorecard
        self._metrics = {scored.metric for scored in scorecard.metrics}
        self._published: dict[str, Norms] = {}
        self._stated: dict[str, Norms] = {}
        self._arriving = ArrivingRows()

    def put(self, key: bytes, row: bytes | None) -> bool:
        """Take a row of the norms topic; whether it may change a score. Norms of many peers come in parts.

        Norms that another version or for another scorecard wrote are passed over: the owner of the company's lane will write its
        own.
        """
        whole = None if row is None else self._arriving.take(key, row)
        if whole is None:
            return False
        label, row = whole
        try:
            norms = from_plain(unpack(row))
        except ValueError as error:
            log.warning("norms %s: %s", label.decode(errors="replace"), error)
            return False
        if not norms.metrics.keys() >= self._metrics:
            return False
        self._published[norms.quarter] = norms
        return True

    def in_force(self, as_of: int) -> Norms:
        """The norms of the quarter of a date: those published last, else what the scorecard states."""
        quarter = self._scorecard.calendar.quarter(as_of).name
        published = self._published.get(quarter)
        if published is not None:
            return published
        if quarter not in self._stated:
            self._stated[quarter] = quarter_norms(as_of, self._scorecard, {}, {}, self._scorecard.calendar)
        return self._stated[quarter]

    def has_signal(self, metric: str, as_of: int) -> bool | None:
        """Whether a metric's signal share is what the scorecard asks of a leaderboard, by the norms of a date.

        None where peers were too few to say, or the metric is not scored. Any thread may ask.
        """
        norm = self.in_force(as_of).metrics.get(metric)
        share = None if norm is None else norm.signal
        return None if share is None else share >= self._scorecard.shrinkage.least_signal


def norms_rows(norms: Norms) -> Sequence[Row]:
    """Norms as they stand on the topic, in parts where one message should not hold them; every version is kept."""
    return LongRows().written([(norms.label.encode(), pack(to_plain(norms)))])
