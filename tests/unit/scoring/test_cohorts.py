from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.cohorts import Deals, cohorts
from scoring.maturation import Maturation, cohort
from scoring.quarter import deals_opened
from scoring.weeks import Opened

SHARES = st.sampled_from([1.0, 0.5, 0.333333, 0.6, 2.0])
OPENED = st.builds(
    lambda open_, won: Opened(open_ + sum(won.values()), won),
    st.sampled_from([0.0, 0.4, 1.0, 3.0]),
    st.dictionaries(st.integers(0, 40), SHARES, max_size=3),
)
RIPENING = st.lists(st.just(0.0) | st.floats(1e-6, 1), min_size=1, max_size=30).map(
    lambda shares: Maturation(tuple(sorted(shares)), 5, 50)
)


@given(st.lists(st.dictionaries(st.integers(1, 30), OPENED, max_size=5), min_size=1, max_size=4), RIPENING)
@settings(max_examples=200, deadline=None)
def test_cohorts_of_many_on_any_day_are_those_of_each_to_the_last_digit(owners: list, ripening: Maturation) -> None:
    deals = Deals.of(owners)
    for day in (1, 9, 30, 64):
        known = deals.opened_within(1, day).known_on(day)
        found = cohorts(known, known.owner, day - known.opened, len(owners), ripening)
        for owner, opened in enumerate(owners):
            one = cohort(deals_opened(known_before(opened, day + 1)), day, ripening, 10**7)
            assert (found.n[owner], found.total[owner]) == (one.n, one.total)


def known_before(opened: dict[int, Opened], before: int) -> dict[int, Opened]:
    return {
        day: of_day._replace(won_after={age: won for age, won in of_day.won_after.items() if day + age < before})
        for day, of_day in opened.items()
    }


def test_whoever_opened_nothing_has_no_evidence() -> None:
    deals = Deals.of([{}, {8: Opened(2.0, {1: 1.0})}])
    found = cohorts(deals, deals.owner, 9 - deals.opened, 2, Maturation((0.1, 0.5), 1, 2))
    assert found.n[0] == found.total[0] == 0.0
    assert found.n[1] > 0
    nobody = Deals.of([])
    assert cohorts(nobody, nobody.owner, np.array([], dtype=int), 0, Maturation((0.5,), 1, 2)).n.tolist() == []
