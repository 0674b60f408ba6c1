from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.evidence import Evidence, of_mean, of_rate, of_sum
from scoring.oracle import residuals as oracle
from scoring.residual_columns import ResidualColumns
from scoring.residuals import Residuals, correlations, dispersion, lag_correlation, residuals, slope_with_level

REPS = st.sampled_from(["a", "b", "c", "d"])
WEEKS = st.integers(0, 4).map(lambda number: 738_000 + 7 * number)
CELLS = st.dictionaries(
    st.tuples(REPS, WEEKS),
    st.tuples(st.integers(1, 6).map(Fraction), st.integers(-30, 30).map(Fraction)),
    min_size=1,
    max_size=16,
)
"""Of each rep's week, days and their sum: with holes, so that reps and weeks may hang together or not."""


def by_week(cells: Mapping[tuple[str, int], tuple[Fraction, Fraction]]) -> dict[str, dict[int, Evidence]]:
    found: dict[str, dict[int, Evidence]] = {}
    for (rep, week), (days, total) in cells.items():
        found.setdefault(rep, {})[week] = of_sum(float(days), float(total))
    return found


def flat(left: Residuals) -> dict[tuple[str, int], float]:
    return {(rep, week): z for rep, weeks in left.by_rep.items() for week, z in weeks.items()}


@given(CELLS)
def test_residuals_are_those_of_the_exact_fit_whatever_is_missing(cells: dict) -> None:
    left = residuals(by_week(cells))
    expected, freedom = oracle.squares_and_freedom(
        {cell: (days, total / days) for cell, (days, total) in cells.items()}
    )
    assert left.freedom == freedom
    found = flat(left)
    assert found.keys() == expected.keys()
    for cell, (days, _) in cells.items():
        assert found[cell] == pytest.approx(math.sqrt(days) * float(expected[cell]), rel=1e-9, abs=1e-9)
    level = sum(total for _, total in cells.values()) / sum(days for days, _ in cells.values())
    assert left.level == pytest.approx(float(level), rel=1e-9, abs=1e-12)
    phi = dispersion(left)
    if freedom and level:
        exact = sum(cells[cell][0] * value**2 for cell, value in expected.items()) / freedom / abs(level)
        assert phi == pytest.approx(float(exact), rel=1e-9, abs=1e-9)
    else:
        assert phi is None


@given(CELLS)
def test_residuals_leave_nothing_of_any_rep_or_week(cells: dict) -> None:
    found = flat(residuals(by_week(cells)))
    for effect in {rep for rep, _ in cells} | {week for _, week in cells}:
        own = [math.sqrt(cells[cell][0]) * z for cell, z in found.items() if effect in cell]
        assert math.fsum(own) == pytest.approx(0, abs=1e-9)


@given(CELLS, st.dictionaries(REPS, st.integers(-9, 9)), st.dictionaries(WEEKS, st.integers(-9, 9)))
def test_a_good_rep_and_a_good_week_change_no_residual(cells: dict, reps: dict, weeks: dict) -> None:
    lifted = {
        (rep, week): (days, total + days * (reps.get(rep, 0) + weeks.get(week, 0)))
        for (rep, week), (days, total) in cells.items()
    }
    before, after = flat(residuals(by_week(cells))), flat(residuals(by_week(lifted)))
    assert after == pytest.approx(before, rel=1e-9, abs=1e-9)


@given(CELLS, st.randoms(use_true_random=False))
def test_the_order_of_reps_and_weeks_changes_no_digit(cells: dict, shuffler) -> None:
    order = sorted(cells)
    shuffler.shuffle(order)
    assert residuals(by_week({cell: cells[cell] for cell in order})) == residuals(by_week(cells))


def test_plain_counts_have_a_dispersion_of_one() -> None:
    draw = np.random.default_rng(5)
    weekly = {
        f"r-{rep}": {7 * week: of_sum(5, float(draw.poisson(4 + rep % 5 + 3 * (week % 3)))) for week in range(26)}
        for rep in range(60)
    }
    assert dispersion(residuals(weekly)) == pytest.approx(1, abs=0.1)


def test_days_of_a_short_week_weigh_less() -> None:
    draw = np.random.default_rng(6)
    weekly = {
        f"r-{rep}": {
            7 * week: of_sum(days, float(draw.poisson(6 * days))) for week in range(26) if (days := (rep + week) % 6)
        }
        for rep in range(200)
    }
    assert dispersion(residuals(weekly)) == pytest.approx(1, abs=0.1)


def test_no_evidence_leaves_nothing() -> None:
    assert residuals({}) == residuals({"a": {}}) == residuals({"a": {7: Evidence()}}) == Residuals({}, 0, 0.0)
    assert dispersion(Residuals({}, 0, 0.0)) is None
    assert correlations([]) == []


def test_residuals_of_rates_and_means_are_fitted_alike() -> None:
    values = {"a": (1, 3), "b": (2, 2), "c": (4, 1)}
    rates = {rep: {7 * w: of_rate(4, x) for w, x in enumerate(each)} for rep, each in values.items()}
    means = {rep: {7 * w: of_mean(4, x, x * x) for w, x in enumerate(each)} for rep, each in values.items()}
    assert residuals(rates) == residuals(means)


@given(CELLS, CELLS)
def test_correlations_count_what_is_missing_as_nothing(one: dict, other: dict) -> None:
    left = [residuals(by_week(one)), residuals(by_week(other))]
    rho = correlations(left)
    assert rho == [[1.0, rho[0][1]], [rho[0][1], 1.0]]
    assert rho[0][1] == pytest.approx(oracle.together(flat(left[0]), flat(left[1])), rel=1e-9, abs=1e-9)


@given(st.lists(CELLS, min_size=1, max_size=5))
def test_no_weights_on_correlated_metrics_give_a_negative_variance(metrics: list) -> None:
    rho = np.array(correlations([residuals(by_week(cells)) for cells in metrics]))
    assert np.abs(rho).max() <= 1
    assert np.linalg.eigvalsh(rho).min() >= -1e-9


@given(st.lists(CELLS, min_size=1, max_size=4), st.integers(-12, 12))
def test_many_metrics_at_once_are_those_one_by_one_to_the_last_digit(metrics: list, power: int) -> None:
    """Whatever else is in the same arrays: reps and weeks without evidence, metrics of other sizes."""
    weeks = np.array([738_000 + 7 * number for number in range(-1, 5)])
    seen = np.zeros((3, len(metrics), 5, len(weeks)))
    for place, cells in enumerate(metrics):
        for (rep, week), (days, total) in cells.items():
            row, column = "xabcd".index(rep), (week - weeks[0]) // 7
            seen[:, place, row, column] = float(days), float(total) * 1.1 * 10.0 ** (power * place), float(days)
    found = ResidualColumns.fitted(weeks, *seen)
    alone = []
    for place in range(len(metrics)):
        n, total, base = (of[place] for of in seen)
        alone.append(
            residuals(
                {
                    rep: {
                        int(week): Evidence(*cell)
                        for week, *cell in zip(weeks, n[row], total[row], base[row], strict=True)
                    }
                    for row, rep in enumerate("xabcd")
                }
            )
        )
        assert found.freedom[place] == alone[-1].freedom
        assert found.level[place] == alone[-1].level
        z = {
            (rep, int(week)): found.z[place, row, column]
            for row, rep in enumerate("xabcd")
            for column, week in enumerate(weeks)
        }
        left = flat(alone[-1])
        assert {cell: value for cell, value in z.items() if cell in left} == left
        assert not any(value for cell, value in z.items() if cell not in left)
    assert found.squares() == [math.fsum(z * z for z in flat(each).values()) for each in alone]
    assert found.dispersions() == [dispersion(each) for each in alone]
    assert found.lags() == [lag_of(flat(each)) for each in alone]
    assert found.correlations() == [
        [float(one is other) or rho_of(flat(one), flat(other)) for other in alone] for one in alone
    ]


def lag_of(left: Mapping[tuple[str, int], float]) -> float:
    pairs = [(z, left[rep, week + 7]) for (rep, week), z in left.items() if (rep, week + 7) in left]
    one, other = math.fsum(a * a for a, _ in pairs), math.fsum(b * b for _, b in pairs)
    return bounded(math.fsum(a * b for a, b in pairs) / math.sqrt(one * other)) if one > 0 and other > 0 else 0.0


def rho_of(left: Mapping[tuple[str, int], float], right: Mapping[tuple[str, int], float]) -> float:
    scale = [math.sqrt(math.fsum(z * z for z in each.values())) for each in (left, right)]
    together = math.fsum(z * right[cell] for cell, z in left.items() if cell in right)
    return bounded(together / (scale[0] * scale[1])) if min(scale) > 0 else 0.0


def bounded(correlation: float) -> float:
    return min(1.0, max(-1.0, correlation))


def test_metrics_that_move_together_and_against_each_other() -> None:
    draw = np.random.default_rng(7)
    noise = draw.normal(size=(40, 26))
    other = 0.6 * noise + 0.8 * draw.normal(size=(40, 26))
    left = [
        residuals(
            {
                f"r-{rep}": {7 * week: of_mean(1, x, x * x) for week, x in enumerate(row.tolist())}
                for rep, row in enumerate(each)
            }
        )
        for each in (noise, other, -noise)
    ]
    rho = correlations(left)
    assert rho[0][1] == pytest.approx(0.6, abs=0.06)
    assert rho[0][2] == pytest.approx(-1)


def test_a_week_that_follows_on_the_last_is_seen_in_the_lag() -> None:
    draw = np.random.default_rng(8)
    rows = draw.normal(size=(40, 52))
    for week in range(1, 52):
        rows[:, week] = 0.5 * rows[:, week - 1] + math.sqrt(0.75) * rows[:, week]
    weekly = {
        f"r-{rep}": {7 * week: of_mean(1, x, x * x) for week, x in enumerate(row.tolist())}
        for rep, row in enumerate(rows)
    }
    assert lag_correlation(residuals(weekly)) == pytest.approx(0.5, abs=0.06)


def test_weeks_that_do_not_follow_each_other_tell_nothing_of_a_lag() -> None:
    assert lag_correlation(Residuals({"a": {0: 1.0, 14: 1.0}, "b": {7: 1.0}}, 1, 1.0)) == 0


@given(st.integers(2, 60), st.integers(1, 60))
def test_a_slope_goes_with_its_own_level_as_the_weights_of_the_weeks_say(slope: int, level: int) -> None:
    if level > slope:
        with pytest.raises(ValueError, match="expected 1 <= level <= slope"):
            slope_with_level(slope, level)
    else:
        assert slope_with_level(slope, level) == pytest.approx(
            oracle.slope_with_level(slope, level), rel=1e-9, abs=1e-12
        )
