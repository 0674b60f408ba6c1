"""A score by plain arithmetic, from the numbers of `/api/v1/standing` alone: what somebody does who checks one by hand.

Written from docs/method.md; it imports nothing of ours.
"""

from __future__ import annotations

import math
from typing import Any

Z80, QUANTILE = 1.2815515655446004, 1.2816
NEAR = 1e-9

Told = dict[str, Any]


def assert_adds_up(told: Told) -> None:
    """Every number of the answer follows from those before it, and the score from the last of them."""
    logarithms = []
    for pillar in told["pillars"].values():
        u = 0.0
        for name, part in pillar["metrics"].items():
            _assert_part(name, part)
            u += part["weight"] * part["utility"]
        _assert_near(sum(part["weight"] for part in pillar["metrics"].values()), 1.0, "weights inside a pillar")
        _assert_near(pillar["u"], u, "U")
        _assert_near(pillar["v"], 0.05 + 0.95 * u, "V")
        logarithms.append(pillar["weight"] * math.log(0.05 + 0.95 * u))
    _assert_near(sum(pillar["weight"] for pillar in told["pillars"].values()), 1.0, "weights of the pillars")
    every = [part["known"] for pillar in told["pillars"].values() for part in pillar["metrics"].values()]
    of_metrics = sum(known["coverage"] for known in every if known is not None)
    _assert_near(told["coverage"], of_metrics + told["coverage_of_slopes"], "coverage")
    if told["status"] == "scored":
        _assert_near(told["score"], 100 * math.exp(sum(logarithms)), "score")
        for found, expected in zip(told["interval"].values(), interval(told), strict=True):
            _assert_near(found, expected, "interval")
    else:
        assert told["coverage"] < told["coverage_gate"]


def _assert_part(name: str, part: Told) -> None:
    posts = part["goalposts"]
    if part["known"] is not None:
        known = part["known"]
        _assert_near(part["level"], level(known), f"level of {name}")
        if part["n"]:
            _assert_near(part["value"], known["total"] / known["base"], f"value of {name}")
        for end in ("worst", "target", "best"):
            _assert_near(posts[end], goalposts(part["sign"], known)[end], f"{end} of {name}")
        if known["cohort"] is not None and part["n"]:
            ripe = known["cohort"]
            m = ripe["in_the_end"]
            _assert_near(part["value"], min(1.0, m * ripe["won"] / ripe["expected"]), "cohort's rate")
            _assert_near(part["n"], (1 - m) * ripe["expected"] ** 2 / (m * ripe["variance"]), "cohort's n")
        variance, low, high = certainty(part)
        _assert_near(known["variance"], variance, f"variance of {name}")
        ends = sorted((utility(posts, low), utility(posts, high)))
        _assert_near(part["utility_low"], ends[0], f"worse end of {name}")
        _assert_near(part["utility_high"], ends[1], f"better end of {name}")
        _assert_near(
            known["shown"], math.exp(part["shrunk"]) if part["scored_in"].startswith("ln ") else part["shrunk"]
        )
    _assert_near(part["shrunk"], shrunk(part), f"shrunk {name}")
    _assert_near(part["utility"], utility(posts, part["shrunk"]), f"utility of {name}")


def level(known: Told) -> float:
    """m, the own part left out."""
    total, base = known["peers_total"] - known["own_total"], known["peers_base"] - known["own_base"]
    if known["peers_base"] <= 0 or base <= 0:
        return float(known["peers_level"])
    return (total + 0.5) / (base + 1) if known["kind"] == "rate" else total / base


def shrunk(part: Told) -> float:
    """(n x + M m) / (n + M)."""
    if part["n"] == 0 or part["prior"] is None:
        return float(part["level"])
    return (part["n"] * part["value"] + part["prior"] * part["level"]) / (part["n"] + part["prior"])


def certainty(part: Told) -> tuple[float, float, float]:
    """Variance and 80 % interval of one metric."""
    known, n, prior = part["known"], part["n"], part["prior"]
    variance = known["noise"] / (n + prior + (known["kind"] == "rate"))
    if n and known["peers"] > 3:
        pull = prior / (n + prior) * (part["value"] - part["level"])
        variance += 2 / (known["peers"] - 3) * pull * pull
    low, high = part["shrunk"] - Z80 * math.sqrt(variance), part["shrunk"] + Z80 * math.sqrt(variance)
    return (variance, max(0.0, low), min(1.0, high)) if known["kind"] == "rate" else (variance, low, high)


def goalposts(sign: int, known: Told) -> dict[str, float]:
    """Where the utility is 0, 0.7 and 1; where less is better everything has its sign turned."""
    m, tau = sign * known["peers_level"], max(known["spread"], known["smallest_spread"])
    low, high = m - 1.645 * tau, m + 1.645 * tau
    goal = m + 0.842 * tau if known["target"] is None else sign * known["target"]
    if goal >= high:
        high = goal + 3 / 7 * (goal - low)
    elif goal <= low:
        low = goal - 7 / 3 * (high - goal)
    return {"worst": sign * low, "target": sign * goal, "best": sign * high}


def utility(posts: Told, value: float) -> float:
    """0.7 at the target, straight lines to 0 and 1."""
    if posts["cap"] is not None:
        value = min(value, posts["cap"])
    below = (value - posts["worst"]) / (posts["target"] - posts["worst"])
    if below <= 1:
        return 0.7 * max(0.0, below)
    return min(1.0, 0.7 + 0.3 * (value - posts["target"]) / (posts["best"] - posts["target"]))


def interval(told: Told) -> tuple[float, float, float]:
    """Each part at the ends of its own interval, put through the formula, and all pairs of parts together."""
    moves = []
    for pillar_name, pillar in told["pillars"].items():
        for name, part in pillar["metrics"].items():
            share, v = 0.95 * part["weight"], pillar["v"]
            down = math.log(v / (v - share * (part["utility"] - part["utility_low"])))
            up = math.log((v + share * (part["utility_high"] - part["utility"])) / v)
            weight = part["sign"] * pillar["weight"]
            moves.append((name, pillar_name == "improvement", weight * down, weight * up))
    down, up = (
        math.sqrt(sum(_together(told, one, other) * one[end] * other[end] for one in moves for other in moves))
        for end in (2, 3)
    )
    score = told["score"]
    variance = ((down + up) / (2 * QUANTILE)) ** 2
    return max(5.0, score * math.exp(-down)), min(100.0, score * math.exp(up)), variance


def _together(told: Told, one: tuple[str, bool, float, float], other: tuple[str, bool, float, float]) -> float:
    pairs = told["correlations"]
    r = 1.0 if one[0] == other[0] else pairs.get(one[0], {}).get(other[0], pairs.get(other[0], {}).get(one[0], 0.0))
    return float(r) * (told["slope_with_metric"] if one[1] != other[1] else 1.0)


def _assert_near(found: float, expected: float, what: str = "") -> None:
    assert math.isclose(found, expected, rel_tol=NEAR, abs_tol=NEAR), f"{what}: {found} is told, {expected} by hand"
