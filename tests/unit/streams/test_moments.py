from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from schemas.records.common import Instant
from scoring.organisation import Organisation, microseconds
from streams.moments import NEVER, LocalDays, Moments

INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)

FIRST, LAST = datetime.fromordinal(719_528), datetime.fromordinal(802_800)  # from 1971 to 2198

ODD = [
    *(
        "2026-02-29T00:00:00Z",
        "2024-02-29T00:00:00Z",
        "2026-02-00T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
    ),
    *(
        "2026-01-32T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T23:60:00Z",
        "2026-01-01T23:59:60Z",
        "2026-01-01T23:59:59Z",
    ),
    *("2026-01-01 09:00:00Z", "2026-01-01t09:00:00z", "2026-01-01T09:00:00", "2026-01-01T09:00:00+24:00", "2026-01-01"),
    *("1970-01-01T00:00:00Z", "1970-01-01T00:00:00+14:00", "2199-12-31T23:59:59-14:00", "2200-01-01T00:00:00Z", ""),
    *(
        "2026-01-01T09:00:00.1234567Z",
        "2026-01-01T09:00:00.999999999Z",
        "2026-01-01T09:00:00+05:30",
        "2026-01-01T09:00Z",
    ),
    *(
        "2026-01-01T09:00:00.Z",
        "2026-01-01T09:00:00-00:00",
        "+026-01-01T09:00:00Z",
        "2026-1-001T09:00:00Z",
        "2026-01-01T09:00:0\u0660Z",
    ),
    *(
        "20260101T090000Z0000",
        "2026-01-01T09:00:00Z ",
        "2026-W01-1T09:00:00Z",
        "1969-12-31T23:59:59Z",
        "2199-12-30T00:00:00Z",
    ),
]


def said(text: str) -> int | None:
    """Microseconds by the validator; None where it refuses."""
    try:
        return microseconds(INSTANT.validate_python(text))
    except ValidationError:
        return None


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("beside", [[], ["2026-01-31T09:30:00Z"], ["2026-01-31T09:30:00.5Z"]])
def test_whatever_is_taken_the_validator_takes_as_the_same_moment(text: str, beside: list[str]) -> None:
    try:
        found = Moments().microseconds([*beside, text])
    except ValueError:
        return  # it is asked then
    assert found.tolist() == [said(each) for each in [*beside, text]]


@given(
    st.lists(st.datetimes(FIRST, LAST), max_size=20),
    st.sampled_from(["", "milliseconds"]),
    st.sampled_from(["Z", "+05:45", "-11:00"]),
)
def test_all_usual_instants_are_taken(moments: list[datetime], fraction: str, offset: str) -> None:
    texts = [moment.isoformat(timespec=fraction or "seconds") + offset for moment in moments]
    assert Moments().microseconds(texts).tolist() == [said(text) for text in texts]


def test_none_is_never_and_dates_are_dates() -> None:
    moments = Moments()
    assert moments.microseconds([None, "1971-01-01T00:00:00Z"]).tolist() == [NEVER, 31_536_000_000_000]
    moments.check_dates(["2024-02-29", None])
    with pytest.raises(ValueError, match="instant"):
        moments.check_dates(["2026-02-29"])


@pytest.mark.parametrize(
    "zone", ["UTC", "America/New_York", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "Africa/Monrovia"]
)
@given(seconds=st.lists(st.integers(0, 2_000_000_000), min_size=1, max_size=30))
def test_local_days_are_those_of_the_organisation(zone: str, seconds: list[int]) -> None:
    organisation = Organisation(ZoneInfo(zone), "USD", {})
    around = [  # clocks went back over midnight, forward over a day, and by odd seconds
        *(datetime(1988, 10, 30, 2, minute, tzinfo=UTC) for minute in (25, 31, 32, 45)),
        *(datetime(2011, 12, 30, hour, 30, tzinfo=UTC) for hour in (9, 10, 23)),
        *(datetime(1972, 1, 7, 0, minute, 20, tzinfo=UTC) for minute in (43, 44, 45)),
    ]
    moments = [*(datetime.fromtimestamp(each, UTC) for each in seconds), *around]
    found = LocalDays(organisation.zone).of(np.array([microseconds(moment) for moment in moments]))
    assert found.tolist() == [organisation.day(moment) for moment in moments]
    one_by_one = LocalDays(organisation.zone)
    assert [one_by_one.day(microseconds(moment)) for moment in moments] == found.tolist()
