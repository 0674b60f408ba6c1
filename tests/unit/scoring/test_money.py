from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.money import BASE_SCALE, RATE_LIFE_DAYS, WHOLE, Rates, allot, credit, to_minor

EXPONENTS = {"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3, "CLF": 4}
WEIGHTS = st.lists(st.integers(0, 10**15), min_size=1, max_size=12).filter(any)
SHARES = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", 'd"|:/']), st.decimals(0, 1, places=6)), min_size=1, max_size=8
).filter(lambda shares: any(share for _, share in shares))


@pytest.mark.parametrize(
    ("amount", "exponent", "minor"),
    [
        ("0.125", 2, 12),  # half goes to the even neighbour
        ("0.135", 2, 14),
        ("0.1250000000000001", 2, 13),  # more than half
        ("2.5", 0, 2),
        ("3.5", 0, 4),
        ("1E+12", 4, 10**16),
        ("0", 3, 0),
        ("0E-12", 2, 0),
        ("1E-300", 4, 0),
        ("999999999999.999999999999", 4, 10**16),
        ("999999999999.994999999999", 2, 99_999_999_999_999),
        ("0.005", 2, 0),
        ("0.0050000000000000000000000001", 2, 1),
    ],
)
def test_amounts_become_minor_units_half_to_even(amount: str, exponent: int, minor: int) -> None:
    assert to_minor(Decimal(amount), exponent) == minor


@given(st.integers(0, 10**28 - 1), st.integers(0, 28), st.integers(0, 4))
def test_an_amount_of_28_digits_is_rounded_once(digits: int, places: int, exponent: int) -> None:
    amount = Decimal((0, tuple(map(int, str(digits))), -places))
    assert to_minor(amount, exponent) == round(Fraction(amount) * 10**exponent)


@given(st.floats(0, 10**12) | st.integers(0, 10**15 - 1).map(lambda cents: cents / 1000), st.integers(0, 4))
def test_a_float_counts_as_the_shortest_decimal_that_is_read_as_it(amount: float, exponent: int) -> None:
    assert to_minor(amount, exponent) == to_minor(Decimal(repr(amount)), exponent)


@given(st.integers(0, 10**12), st.integers(0, 4))
def test_a_whole_number_counts_as_it_is(amount: int, exponent: int) -> None:
    assert to_minor(amount, exponent) == amount * 10**exponent


@given(SHARES)
def test_credit_is_that_of_exact_fractions(shares: list[tuple[str, Decimal]]) -> None:
    by_rep: dict[str, Fraction] = {}
    for rep, share in shares:
        by_rep[rep] = by_rep.get(rep, Fraction(0)) + Fraction(share)
    quotas = [WHOLE * share / sum(by_rep.values()) for share in by_rep.values()]
    parts = [int(quota) for quota in quotas]
    by_remainder = sorted(range(len(parts)), key=lambda place: (parts[place] - quotas[place], place))
    for place in by_remainder[: WHOLE - sum(parts)]:
        parts[place] += 1
    assert credit(shares) == {rep: part for rep, part in zip(by_rep, parts, strict=True) if part}


def test_a_remainder_goes_to_the_larger_fraction_and_among_equals_to_the_earlier_part() -> None:
    assert allot(10, [1, 1, 1]) == [4, 3, 3]
    assert allot(11, [1, 1, 1]) == [4, 4, 3]
    # 7 * 1/4 = 1.75, 7 * 3/4 = 5.25: the one that is left goes to the first
    assert allot(7, [1, 3]) == [2, 5]
    # 7 * 3/4 = 5.25, 7 * 1/4 = 1.75: and here to the second
    assert allot(7, [3, 1]) == [5, 2]
    assert allot(1, [1, 2, 2]) == [0, 1, 0]
    assert allot(0, [5, 1]) == [0, 0]
    assert allot(9, [7]) == [9]


@given(st.integers(0, 10**18), WEIGHTS)
def test_parts_sum_to_the_total_and_lie_within_one_of_their_quota(total: int, weights: list[int]) -> None:
    parts = allot(total, weights)
    whole = sum(weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, whole)) < 1
        assert weight > 0 or part == 0


@given(st.integers(0, 10**6), WEIGHTS)
def test_no_part_is_smaller_than_that_of_a_smaller_weight_or_a_later_equal(total: int, weights: list[int]) -> None:
    parts = allot(total, weights)
    for i, weight in enumerate(weights):
        for j, other in enumerate(weights):
            if weight > other or (weight == other and i < j):
                assert parts[i] >= parts[j]


@given(st.integers(0, 10**12), WEIGHTS, st.integers(1, 999))
def test_only_the_proportion_of_weights_matters(total: int, weights: list[int], times: int) -> None:
    parts = allot(total, weights)
    assert allot(total, [weight * times for weight in weights]) == parts
    assert allot(total, [Fraction(weight, times) for weight in weights]) == parts


def test_credit_is_in_millionths_and_names_nobody_who_gets_nothing() -> None:
    assert credit([("a", Decimal("0.25")), ("b", Decimal("0.75"))]) == {"a": 250_000, "b": 750_000}
    assert credit([("a", Decimal(0)), ("b", Decimal(1))]) == {"b": WHOLE}
    # 0.4 and 999,999.6 millionths: the one that is left goes to the larger remainder, and a is left with nothing
    assert credit([("a", Decimal("0.0000004")), ("b", Decimal("0.9999996"))]) == {"b": WHOLE}


def test_a_rep_listed_twice_is_added_up_at_its_first_place() -> None:
    thirds = [("b", Decimal("0.2")), ("a", Decimal("0.3333")), ("c", Decimal("0.3333")), ("b", Decimal("0.1333"))]
    # each 0.3333 of 0.9999: 333,333 1/3; the one that is left goes to b, which was named first
    assert list(credit(thirds).items()) == [("b", 333_334), ("a", 333_333), ("c", 333_333)]


def test_shares_need_not_sum_to_one_exactly() -> None:
    # 0.5 / 1.0001 = 0.49995000..., 0.5001 / 1.0001 = 0.50004999...
    assert credit([("a", Decimal("0.5")), ("b", Decimal("0.5001"))]) == {"a": 499_950, "b": 500_050}


@given(SHARES)
def test_credit_sums_to_a_whole_deal_in_the_order_of_first_mention(shares: list[tuple[str, Decimal]]) -> None:
    found = credit(shares)
    assert sum(found.values()) == WHOLE
    assert all(part > 0 for part in found.values())
    assert list(found) == [rep for rep in dict.fromkeys(rep for rep, _ in shares) if rep in found]
    total = sum(Fraction(share) for _, share in shares)
    for rep in dict.fromkeys(rep for rep, _ in shares):
        stated = sum(Fraction(share) for name, share in shares if name == rep)
        assert abs(found.get(rep, 0) - stated / total * WHOLE) < 1


def _worth(rates: Rates, minor: int, currency: str, day: int) -> Fraction | None:
    factor = rates.factor(currency, day)
    return None if factor is None else Fraction(minor * factor, BASE_SCALE)


def test_a_rate_lives_on_its_day_and_the_seven_after_it() -> None:
    rates = Rates("USD", EXPONENTS, [("EUR", 100, Decimal("1.5"))])
    found = {day: rates.factor("EUR", day) is not None for day in range(98, 110)}
    assert [day for day, rated in found.items() if rated] == list(range(100, 108))


def test_the_newest_rate_on_or_before_the_day_counts_whatever_the_order_they_came_in() -> None:
    stated = [
        ("EUR", 105, Decimal(3)),
        ("EUR", 100, Decimal(2)),
        ("JPY", 104, Decimal("0.01")),
        ("EUR", 120, Decimal(9)),
    ]
    rates = Rates("USD", EXPONENTS, stated)
    assert [_worth(rates, 100, "EUR", day) for day in (99, 100, 104, 105, 112, 113, 120)] == [None, 2, 2, 3, 3, None, 9]
    assert _worth(rates, 100, "JPY", 104) == 1  # 100 yen at 0.01: yen have no minor unit


def test_the_base_currency_is_worth_itself_on_any_day_even_if_a_record_says_otherwise() -> None:
    rates = Rates("JPY", EXPONENTS, [("JPY", 100, Decimal(7)), ("KWD", 100, Decimal(500))])
    assert _worth(rates, 3, "JPY", 100) == 3
    assert _worth(rates, 3, "JPY", 5_000) == 3
    assert _worth(rates, 1_000, "KWD", 100) == 500
    assert _worth(rates, 10_000, "CLF", 100) is None
    assert Rates("CLF", EXPONENTS, []).factor("CLF", 1) == BASE_SCALE // 10_000


def test_money_is_exact_at_the_smallest_and_the_largest_rate() -> None:
    smallest, largest = Decimal("1E-28"), Decimal("1E+9")
    rates = Rates("USD", EXPONENTS, [("CLF", 1, smallest), ("EUR", 1, largest)])
    assert _worth(rates, 1, "CLF", 1) == Fraction(1, 10**32)
    assert _worth(rates, 10**14, "EUR", 1) == 10**21


@given(
    st.dictionaries(st.integers(0, 40), st.decimals("0.000000000001", 10**9, places=12), max_size=6),
    st.integers(-2, 60),
)
def test_a_rate_is_found_as_by_looking_back_day_by_day(stated: dict[int, Decimal], day: int) -> None:
    rates = Rates("USD", EXPONENTS, [("KWD", stated_on, rate) for stated_on, rate in stated.items()])
    expected = next((stated[day - age] for age in range(RATE_LIFE_DAYS + 1) if day - age in stated), None)
    found = _worth(rates, 1_000, "KWD", day)
    assert found == (None if expected is None else Fraction(expected))
