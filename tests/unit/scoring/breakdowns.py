"""Breakdowns drawn at random, for the tests of what works on them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from scoring.aggregate import MetricPart, aggregate

NAMES = {
    "results": ("net_revenue", "cohort_win_rate", "gross_margin_ratio"),
    "customer": ("csat", "return_rate"),
    "process": ("calls", "cycle_days"),
    "improvement": ("net_revenue", "csat", "cycle_days"),
}
WEIGHTS = {"results": 0.40, "customer": 0.25, "process": 0.20, "improvement": 0.15}
LESS_IS_BETTER = frozenset({"return_rate", "cycle_days"})


@st.composite
def parts(draw: Any, name: str) -> MetricPart:
    n = draw(st.sampled_from([0, 0, 3, 20, 500]))
    sign = -1 if name in LESS_IS_BETTER else 1
    u = draw(st.sampled_from([0.0, 0.7, 1.0]) | st.floats(0, 1))
    return MetricPart(
        name=name,
        weight=draw(st.sampled_from([0.1, 0.3, 0.5, 1.0])),
        u=u,
        shrunk=1.0,
        value=None if n == 0 else 1.5,
        n=n,
        prior=20.0,
        norm=1.0,
        sign=sign,
        du_dx=sign * draw(st.floats(0, 5)),
        u_low=draw(st.none() | st.floats(0, u)),
        u_high=draw(st.none() | st.floats(u, 1)),
    )


@st.composite
def inputs(draw: Any) -> tuple[dict[str, float], dict[str, list[MetricPart]]]:
    """Weights of pillars and their metrics, one of `results` at least."""
    metrics = {
        pillar: [
            draw(parts(name))
            for place, name in enumerate(names)
            if draw(st.booleans()) or (pillar == "results" and not place)
        ]
        for pillar, names in NAMES.items()
    }
    return dict(WEIGHTS), metrics


BREAKDOWNS = inputs().map(lambda given: aggregate(*given))
