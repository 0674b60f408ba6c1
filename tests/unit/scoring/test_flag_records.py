"""What versions of records say that is worth a look: the first version that gives an event tells when it was entered."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schemas.currencies import EXPONENTS
from schemas.records import decode
from scoring.facts import facts_of
from scoring.fiscal import CALENDAR_YEAR
from scoring.flag_records import FlagRecords
from scoring.flags import Flag, FlagLimits
from scoring.organisation import Organisation, microseconds
from streams.publisher import TOPIC_OF

ORGANISATION = Organisation(UTC, "USD", EXPONENTS)
AS_OF = date(2026, 5, 20)
FIRST = AS_OF - timedelta(days=60)
ONE_OF_EACH = FlagLimits(bulk_records=2, short_calls=1, same_day_deals=1, late_fewest_wins=1)

Version = tuple[dict[str, Any], str | None]


def moment(days_back: int, hour: int = 12) -> str:
    return f"{(AS_OF - timedelta(days=days_back)).isoformat()}T{hour:02}:00:00Z"


def deal(made: int | None, deal_id: str = "d-1", **fields: Any) -> Version:
    """A version of a deal opened 20 days ago, made so many days ago; None: it does not say."""
    return {"type": "deal", "id": deal_id, "rep_id": "r-1", "status": "open", "opened_at": moment(20)} | fields, (
        None if made is None else moment(made)
    )


def won(made: int | None, closed: int, deal_id: str = "d-1", **fields: Any) -> Version:
    return deal(
        made, deal_id, **({"status": "won", "closed_at": moment(closed), "amount": "5", "currency": "USD"} | fields)
    )


def call(made: int, call_id: str, seconds: int | None, **fields: Any) -> Version:
    said = {"type": "activity", "id": call_id, "rep_id": "r-1", "kind": "call", "occurred_at": moment(made)}
    return said | ({} if seconds is None else {"duration_seconds": seconds}) | fields, moment(made)


def flags(
    *versions: Version, limits: FlagLimits = ONE_OF_EACH, organisation: Organisation = ORGANISATION, as_of: date = AS_OF
) -> list[Flag]:
    held = FlagRecords(organisation)
    for fields, made in versions:
        stated = {} if made is None else {"updated_at": made}
        record = decode(TOPIC_OF[fields["type"]], json.dumps(fields | stated).encode())
        at = microseconds(datetime.fromisoformat(made or moment(0)))
        gone = fields.get("deleted", False)
        facts = [] if gone else facts_of(record, organisation)
        held.take((record.type, record.id), (at, 0), None if gone else record, facts)
    return held.flags(FIRST.toordinal(), as_of.toordinal(), CALENDAR_YEAR, limits)


def kinds(*versions: Version, **given: Any) -> list[str]:
    return [flag.kind for flag in flags(*versions, **given)]


def test_what_was_entered_late_is_flagged_by_its_first_version_that_says_so() -> None:
    assert kinds(deal(20), won(3, 3)) == []
    assert kinds(deal(20), won(3, 15)) == ["backdating"]
    assert kinds(deal(20), won(14, 15), won(1, 15, amount="6")) == []  # corrected late, entered in time
    [flag] = flags(deal(12))
    assert flag.numbers == {"records": 1, "of": 1, "latest_days": 8}
    assert flag.records == ("deal d-1",)


def test_a_win_that_is_moved_back_is_entered_when_it_first_was() -> None:
    [flag] = flags(deal(20), won(3, 3), won(2, 14))
    assert flag.numbers["latest_days"] == 11


def test_the_order_and_the_number_of_deliveries_make_no_difference() -> None:
    versions = (deal(20), won(3, 15), won(1, 15, amount="6"), call(2, "c-1", 3))
    expected = flags(*versions)
    assert [flag.kind for flag in expected] == ["backdating", "short_calls"]
    for order in permutations(versions):
        assert flags(*order, order[0]) == expected


def test_records_that_do_not_say_when_they_were_made_are_not_taken_for_late() -> None:
    assert kinds(won(None, 15)) == []


def test_what_most_reps_share_is_how_the_crm_publishes() -> None:
    alone = [deal(5, f"d-{n}", rep_id=f"r-{n}") for n in range(2)]
    in_time = [deal(20, f"e-{n}", rep_id=f"s-{n}") for n in range(4)]
    assert kinds(*alone, *in_time) == ["backdating", "backdating"]
    everybody = [deal(5, f"d-{n}", rep_id=f"r-{n}") for n in range(5)]
    assert kinds(*everybody, *in_time) == []


def test_many_changes_at_once_are_flagged_and_repeats_are_no_changes() -> None:
    before = [deal(19, f"d-{n}") for n in range(2)]
    assert kinds(*before, *[won(4, 4, f"d-{n}") for n in range(2)]) == ["bulk_edits"]
    assert kinds(*before, *[deal(4, f"d-{n}", stage="talks") for n in range(2)]) == []  # no figure changed
    gone = [({"type": "deal", "id": f"d-{n}", "deleted": True}, moment(4)) for n in range(2)]
    [flag] = flags(*before, *gone)
    assert (flag.kind, flag.rep_id) == ("bulk_edits", "r-1")


def test_calls_are_judged_by_their_newest_version_and_unanswered_ones_are_not() -> None:
    assert kinds(call(2, "c-1", 3)) == ["short_calls"]
    assert kinds(call(2, "c-1", 3, outcome="no_answer")) == []
    assert kinds(call(2, "c-1", None)) == []
    assert kinds(call(2, "c-1", 3, kind="meeting")) == []
    assert kinds(call(61, "c-1", 3)) == []
    corrected = call(2, "c-1", 300)[0], moment(1)
    assert kinds(call(2, "c-1", 3), corrected) == []


def test_a_split_win_is_one_of_each_rep_who_shares_it() -> None:
    splits = [{"rep_id": "r-1", "share": 0.5}, {"rep_id": "r-2", "share": 0.5}]
    found = flags(won(20, 20, splits=splits))
    assert [(flag.kind, flag.rep_id) for flag in found] == [("same_day_wins", "r-1"), ("same_day_wins", "r-2")]


@pytest.mark.parametrize(("as_of", "quarter"), [(date(2026, 6, 29), "2026Q1"), (date(2026, 6, 30), "2026Q2")])
def test_late_wins_are_those_of_the_newest_quarter_that_is_over(as_of: date, quarter: str) -> None:
    ends = {"2026Q1": "2026-03-30T12:00:00Z", "2026Q2": "2026-06-29T12:00:00Z"}
    opened = "2026-01-10T12:00:00Z"
    wins = [(won(0, 0, f"d-{name}", opened_at=opened, closed_at=end)[0], end) for name, end in ends.items()]
    found = flags(*wins, as_of=as_of)
    assert [flag.records for flag in found if flag.kind == "late_wins"] == [(f"deal d-{quarter}",)]


def test_days_are_those_of_the_organisation() -> None:
    """At 23:30 in New York it is the next day in UTC: the eighth day after, not the seventh."""
    late: Version = ({**deal(20)[0], "opened_at": "2026-05-01T12:00:00Z"}, "2026-05-09T03:30:00Z")
    assert kinds(late) == ["backdating"]
    assert kinds(late, organisation=Organisation(ZoneInfo("America/New_York"), "USD", EXPONENTS)) == []
