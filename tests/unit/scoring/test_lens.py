from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from schemas.currencies import EXPONENTS
from scoring.lens import LATER, Lens, Raw, Won
from scoring.money import Rates
from scoring.windows import Horizons
from tests.unit.scoring.pane_changes import TODAY

RATES = Rates("USD", EXPONENTS, [("EUR", TODAY, Decimal(2))])
HORIZONS = Horizons(40, 50, 400)


def _read(pane: dict[str, int], day: int = TODAY, lens: Lens | None = None) -> tuple[Raw, list[Won]]:
    lens = lens or Lens(TODAY, RATES, HORIZONS)
    raw: Raw = defaultdict(int)
    won: list[Won] = []
    lens.read(pane, day, raw, won)
    lens.settle(raw)
    return raw, won


def test_each_age_lies_in_one_stretch_and_the_longest_horizon_ends_them() -> None:
    lens = Lens(TODAY, RATES, HORIZONS)
    assert lens.windows == (7, 28, 40, 91, 364)
    assert len(lens.stretch_of_age) == 400
    for age, place in enumerate(lens.stretch_of_age):
        stretch = lens.stretches[place]
        assert [days for days in lens.windows if age < days] == list(lens.windows[stretch.window :])
        assert (stretch.in_cohort, stretch.in_pipeline) == (age < 50, age < 400)


def test_money_comes_out_in_the_base_currency_and_activities_are_counted() -> None:
    raw, _ = _read({"revenue|EUR": 3, "revenue|USD": 1, "activity/call/connected": 2})
    assert raw["revenue"] == 7 * RATES.base_factor
    assert (raw["calls"], raw["calls_with_outcome"], raw["calls_connected"]) == (2, 2, 2)


def test_what_has_no_rate_is_set_apart_and_its_deals_are_counted() -> None:
    raw, _ = _read({"revenue|EUR": 3, "pipeline|EUR": 5, "won|EUR": 1, "ln|EUR": 9}, TODAY - 30)
    assert raw == {"unrated|EUR": 3, "unrated_pipeline|EUR": 5, "won_unrated": 1}


def test_deals_that_close_later_than_the_date_are_still_open() -> None:
    closes = {day: f"cohort_won||{day}" for day in (TODAY, TODAY + 1)}
    raw, won = _read(dict.fromkeys(closes.values(), 4) | {f"pipeline_closed|EUR|{TODAY + 1}": 7}, TODAY - 2)
    later = Won(TODAY - 2, LATER, 0)
    assert won == [Won(TODAY - 2, TODAY, 4), later, later]
    assert raw == {"cohort_won": 4}


def test_what_a_key_means_is_remembered_and_stays_the_same() -> None:
    lens = Lens(TODAY, RATES, HORIZONS)
    pane = {"ln|EUR": 5, "ln_won|EUR": 2, "won|JPY": 3, "calls": 1}
    assert _read(pane, TODAY, lens) == _read(pane, TODAY, lens) == _read(pane)
