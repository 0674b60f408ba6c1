from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scoring import measures
from scoring.measures import LIFELONG, MEASURES, MONEY, MONEY_SQUARED, MeasureKey, parse_key

CURRENCIES = st.none() | st.sampled_from(["USD", "EUR", "JPY", "KWD"])


def _key(name: str, currency: str | None, closing_day: int | None) -> str:
    if closing_day is not None:
        return f"{name}|{currency or ''}|{closing_day}"
    return name if currency is None else f"{name}|{currency}"


@given(st.sampled_from(sorted(MEASURES)), CURRENCIES, st.none() | st.integers(1, 10**7))
def test_a_key_comes_apart_into_what_it_was_made_of(name: str, currency: str | None, closing_day: int | None) -> None:
    expected = MeasureKey(name, currency, closing_day)
    assert parse_key(_key(name, currency, closing_day)) == expected
    assert parse_key(_key(name, currency, closing_day)) == expected  # and again, from memory


@given(st.text(max_size=20))
def test_a_criterion_may_hold_any_character(criterion: str) -> None:
    for name in ("evaluation/", "evaluation_n/"):
        assert parse_key(name + criterion) == MeasureKey(name + criterion, None, None)


def test_keys_look_different_by_currency_and_by_day() -> None:
    assert parse_key("won|EUR") == ("won", "EUR", None)
    assert parse_key("cohort_won||739000") == ("cohort_won", None, 739_000)
    assert parse_key("pipeline_closed|JPY|739000") == ("pipeline_closed", "JPY", 739_000)
    assert parse_key("evaluation/a|b|7") == ("evaluation/a|b|7", None, None)


def test_closing_days_without_end_do_not_fill_the_memory() -> None:
    for day in range(1, measures._MOST_KNOWN + 50):
        assert parse_key(f"cohort_won||{day}").closing_day == day
    assert len(measures._known) <= measures._MOST_KNOWN
    assert parse_key("cohort_won||1") == ("cohort_won", None, 1)


def test_money_and_lifelong_measures_are_measures() -> None:
    assert set(MEASURES) >= MONEY
    assert set(MEASURES) >= LIFELONG | MONEY_SQUARED
    in_minor_units = {name for name, meaning in MEASURES.items() if "minor units" in meaning or "likewise" in meaning}
    assert in_minor_units - {"pipeline_closed_n"} == MONEY | MONEY_SQUARED


def test_names_hold_none_of_the_characters_that_keys_are_made_with() -> None:
    assert not [name for name in MEASURES if set(name) & set("|/")]
    assert all(name.endswith("_n") for name, meaning in MEASURES.items() if "records" in meaning.split(", "))
