"""How small may the prior weight M be? Coverage of the 80 % interval and root mean squared error, by the least M.

Companies are drawn with a planted truth for each rep; their norms come from twice the evidence of a score window before it.

    nice -n 19 python docs/method/prior_weight.py
"""

from __future__ import annotations

import numpy as np

from scoring.evidence import Evidence, of_mean, of_rate, of_sum
from scoring.shrinkage import Limits, estimate, shrink

COMPANIES = 120
LEAST = (1.0, 2.0, 5.0, 10.0)
CASES = (
    ("rate", 0.03, 30),
    ("rate", 0.15, 30),
    ("rate", 0.25, 10),
    ("mean", 0.1, 10),
    ("mean", 0.3, 10),
    ("mean", 1.0, 10),
    ("mean", 1.0, 3),
    ("sum", 0.5, 60),
    ("sum", 1.0, 60),
    ("sum", 1.5, 60),
    ("sum", 1.5, 10),
)
"""Kind, sd between reps (about 0.5, 5 with a noise of 1, or 4 a day with phi 1), and n in the score window."""


def seen(draw: np.random.Generator, kind: str, truth: float, n: int) -> Evidence:
    """Evidence of `n` observations of a rep with this truth."""
    if kind == "rate":
        return of_rate(n, int(draw.binomial(n, truth)))
    if kind == "sum":
        return of_sum(n, float(draw.poisson(n * truth)))
    values = draw.normal(truth, 1, n)
    return of_mean(n, float(values.sum()), float((values**2).sum()))


def truths(draw: np.random.Generator, kind: str, spread: float, reps: int) -> list[float]:
    """What each rep is truly worth."""
    apart = spread * draw.standard_normal(reps)
    centre, low, high = {"rate": (0.5, 0.02, 0.98), "mean": (5, -100, 100), "sum": (4, 0.05, 100)}[kind]
    return np.clip(centre + apart, low, high).tolist()


def figures(kind: str, spread: float, n: int, least: float, reps: int) -> str:
    """Coverage and error of one case, with the same draws for every least M."""
    draw = np.random.default_rng(11)
    held, errors = [], []
    for _ in range(COMPANIES):
        real = truths(draw, kind, spread, reps)
        past = {str(rep): seen(draw, kind, truth, 2 * n) for rep, truth in enumerate(real)}
        now = [seen(draw, kind, truth, n) for truth in real]
        norm = estimate(kind, past, 1.0, Limits(least))
        for rep, truth in enumerate(real):
            shrunk = shrink(norm, now[rep], past[str(rep)])
            held.append(shrunk.low <= truth <= shrunk.high)
            errors.append((shrunk.value - truth) ** 2)
    return f"{100 * np.mean(held):.0f} %, {np.sqrt(np.mean(errors)):.3f}"


if __name__ == "__main__":
    print("| peers | kind | sd between reps | n |", " | ".join(f"M ≥ {least:g}" for least in LEAST), "|")
    print("|" + " --- |" * (4 + len(LEAST)))
    for reps in (8, 30):
        for kind, spread, n in CASES:
            cells = " | ".join(figures(kind, spread, n, least, reps) for least in LEAST)
            print(f"| {reps} | {kind} | {spread} | {n} | {cells} |")
