from __future__ import annotations

import random

import pytest

from scoring.facts import Facts
from scoring.ledger import FactSums
from scoring.roster import FOREVER, Route, weights_on
from streams.replay import sums as module
from streams.replay.sums import Sums

ROUTES: dict[str, Route] = {
    "rep:a": ((738_003, (("team:x", 1), ("company:company", 1))), (FOREVER, (("team:y", 1), ("company:company", 1)))),
    "rep:b": ((FOREVER, (("team:y", 1), ("company:company", 1))),),
    'split:["a","b"]': ((738_004, ()), (FOREVER, (("team:y", -1), ("company:company", -1)))),
}


def some_facts(count: int, seed: int) -> list[Facts]:
    """Facts of a few subjects and days, on day 0 as well, some beyond 62 bits, some that take others back."""
    dice = random.Random(seed)
    amounts = (1, 1, -1, 7, 2**61, -(2**62), 10**25)
    return [
        (
            dice.choice(list(ROUTES)),
            dice.choice((0, 738_001, 738_002, 738_003, 738_004)),
            {measure: dice.choice(amounts) for measure in dice.sample(("calls", "won|USD", "cycle_squares"), 2)},
        )
        for _ in range(count)
    ]


def expected(facts: list[Facts]) -> list[Facts]:
    summed = FactSums()
    summed.add(facts)
    return sorted(summed.take(), key=lambda fact: fact[:2])


@pytest.fixture(params=[3, 10_000])
def at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays are made of few facts, and of many."""
    monkeypatch.setattr(module, "_AT_ONCE", request.param)
    monkeypatch.setattr(module, "_FACTS_AT_ONCE", request.param)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("seed", range(5))
def test_sums_are_those_of_whole_numbers_of_any_size(seed: int) -> None:
    facts, whole, part = some_facts(200, seed), Sums(), Sums()
    whole.add(facts[:120])
    part.add(facts[120:])
    whole.add_all(part)
    assert sorted(whole.subjects()) == sorted({subject for subject, _, _ in expected(facts)})
    assert whole.take() == expected(facts)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("seed", range(5))
def test_a_table_of_sums_holds_what_is_taken_of_them(seed: int) -> None:
    some, facts = Sums(), [fact for fact in some_facts(200, seed) if max(map(abs, fact[2].values())) < 10]
    some.add(facts)
    table = some.table()
    assert table is not None
    assert list(table.subjects) == sorted({subject for subject, _, _ in expected(facts)})
    found = [(name, day, pane) for row, name in enumerate(table.subjects) for day, pane in table.panes(row).items()]
    assert found == some.take() == expected(facts)


def test_there_is_no_table_of_what_is_beyond_62_bits() -> None:
    some = Sums()
    some.add([("rep:a", 738_001, {"calls": 10**25})])
    assert (some.table(), some.take()) == (None, [("rep:a", 738_001, {"calls": 10**25})])


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("seed", range(5))
def test_groups_get_what_each_route_says_for_the_day(seed: int) -> None:
    facts, whole = some_facts(200, seed), Sums()
    whole.add(facts)
    to_groups = [
        (group, day, {measure: weight * amount for measure, amount in amounts.items()})
        for subject, day, amounts in facts
        for group, weight in weights_on(ROUTES[subject], day)
    ]
    assert whole.passed_on(ROUTES.__getitem__).take() == expected(to_groups)
    assert whole.take() == expected(facts)


def test_what_cancels_out_is_gone() -> None:
    whole = Sums()
    for amount in (-(2**62), 2**62 + 5, -5):
        whole.add([("rep:a", 738_001, {"calls": amount})])
        whole.settle()
    whole.add([("rep:a", 738_002, {"calls": 1}), ("rep:a", 738_002, {"calls": -1, "won|USD": 3})])
    assert whole.take() == [("rep:a", 738_002, {"won|USD": 3})]


def test_nothing_sums_up_to_nothing() -> None:
    nothing = Sums()
    nothing.add_all(Sums())
    assert (nothing.subjects(), nothing.passed_on(ROUTES.__getitem__).take(), nothing.take()) == ([], [], [])
