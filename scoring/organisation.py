"""Organisation: what is the same for every figure of a business - its time zone and its money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo


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

        >>> from datetime import UTC
        >>> from zoneinfo import ZoneInfo
        >>> late = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
        >>> Organisation(ZoneInfo("Europe/Berlin"), "EUR", {}).day(late) == datetime(2026, 4, 1).toordinal()
        True
        """
        return moment.astimezone(self.zone).toordinal()


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970-01-01 UTC, exact, for moments from then until 2200.

    >>> from datetime import UTC
    >>> microseconds(datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))
    7258118399999999
    """
    return (
        int(moment.timestamp()) * 1_000_000 + moment.microsecond
    )  # a double keeps whole seconds, not every microsecond
