"""Organisation: what is the same for every figure of a business - its time zone and its money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Organisation:
    """The setting in which facts are dated and money is counted.

    `exponents` gives the decimals of each currency's minor unit (USD 2, JPY 0).
    """

    zone: tzinfo
    base_currency: str
    exponents: Mapping[str, int]

    def day(self, moment: datetime) -> int:
        """The local date of a moment, as `date.toordinal()` counts.

            >>> from zoneinfo import ZoneInfo
        >>> late = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
        >>> Organisation(ZoneInfo("Europe/Berlin"), "EUR", {}).day(late) == datetime(2026, 4, 1).toordinal()
        True
        """
        if moment.tzinfo is not self.zone:
            moment = moment.astimezone(self.zone)
        return moment.toordinal()

    def between(self, start: datetime, end: datetime) -> int:
        """Microseconds from one moment to another, below 0 where it is the earlier one."""
        return microseconds(end) - microseconds(start)


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970-01-01 UTC, exact, for moments from then until 2200.

    >>> microseconds(datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))
    7258118399999999
    """
    return (moment - _EPOCH) // _MICROSECOND
