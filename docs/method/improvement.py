"""Figures of the improvement number: does it tell who gets better from who does not?

`python docs/method/improvement.py [--quick]`, from the root.

Writes improvement.md and improvement.svg beside itself; with --quick
prints the table of a few companies instead.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from companies import company
from drawn import histograms
from scenarios import BASE, METRICS, Scenario
from standings import standings

HERE: Final = Path(__file__).parent
COMPANIES: Final = 200
QUICK: Final = 6
GAIN: Final = 0.10

WIN: Final = frozenset({"cohort_win_rate"})
STEADY: Final = replace(BASE, name="win rate alone, one rep in five gains", drift=0.0, gain=GAIN, gaining=0.2, only=WIN)
CASES: Final = (
    STEADY,
    replace(STEADY, name="win rate alone, every second rep gains", gaining=0.5),
    replace(STEADY, name="win rate alone, all others drift by a quarter of a spread", drift=0.25),
    replace(STEADY, name="all metrics; win rate and satisfaction gain", only=frozenset(METRICS)),
    replace(STEADY, name="win rate alone, teams of 3", team=3),
    replace(STEADY, name="win rate alone, 2 deals a week", deals=2.0),
    replace(STEADY, name="win rate alone, 15 deals a week", deals=15.0),
    replace(STEADY, name="win rate alone, 5 points in 13 weeks", gain=0.05),
    replace(STEADY, name="win rate alone, gaining in the last 13 weeks only", gain_weeks=13),
    replace(STEADY, name="win rate alone, nobody gains", gaining=0.0),
    replace(STEADY, name="all metrics, nobody gains", gaining=0.0, only=frozenset(METRICS)),
)


class Numbers(NamedTuple):
    """Improvement numbers, 0..100, of the reps that were planted flat and of those that gain."""

    flat: list[float]
    gaining: list[float]

    def auc(self) -> float | None:
        """P(a gaining rep's number is above a flat one's), ties half; None without either."""
        if not self.flat or not self.gaining:
            return None
        flat = np.sort(self.flat)
        below, above = np.searchsorted(flat, self.gaining, "left"), np.searchsorted(flat, self.gaining, "right")
        return float((below + above).mean() / 2 / len(flat))


def numbers(scenario: Scenario, companies: int) -> Numbers:
    """Of every rep of so many companies."""
    found = Numbers([], [])
    for seed in range(companies):
        made = company(scenario, seed)
        for standing, gains in zip(standings(made), made.gainer, strict=True):
            pillar = next(pillar for pillar in standing.found.breakdown.pillars if pillar.name == "improvement")
            (found.gaining if gains else found.flat).append(100 * pillar.value)
    return found


def table(found: dict[str, Numbers]) -> str:
    """As markdown, a row a case."""
    rows = [
        "| case | AUC | flat: mean | flat: sd | gaining: mean | gaining: sd |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, of in found.items():
        auc = of.auc()
        gaining = f"{np.mean(of.gaining):.1f} | {np.std(of.gaining):.1f}" if of.gaining else "- | -"
        shown = "-" if auc is None else f"{auc:.3f}"
        rows.append(f"| {name} | {shown} | {np.mean(of.flat):.1f} | {np.std(of.flat):.1f} | {gaining} |")
    return "\n".join(rows)


def main() -> None:
    """Prints a few companies, or writes the page and its picture."""
    quick = "--quick" in sys.argv
    found = {case.name: numbers(case, QUICK if quick else COMPANIES) for case in CASES}
    if quick:
        print(table(found))
        return
    steady = found[STEADY.name]
    picture = histograms(
        "Improvement number of reps: +10 points of win rate in 13 weeks, or flat",
        {"flat": steady.flat, "+10 points": steady.gaining},
        (20.0, 100.0),
    )
    (HERE / "improvement.svg").write_text(picture, "utf-8")
    (HERE / "improvement.md").write_text(PAGE.format(companies=COMPANIES, table=table(found)), "utf-8")


PAGE: Final = """# Does the improvement number tell who gets better?

Made by [improvement.py](improvement.py), from {companies} simulated companies a case ([companies.py](companies.py),
[scenarios.py](scenarios.py)):
30 reps in teams of 10, 5 deals a rep and week, a win rate of 30 % with a spread of 8 points. Reps that gain do so by
10 points of win rate (where it is scored, of satisfaction too) each 13 weeks, over the 26 weeks that slopes are
fitted to; the others are flat. 50 is flat.

{table}

![how the numbers lie](improvement.svg)

- **AUC** is the chance that a rep who gains has the higher number of two. Asked for: 0.8 at +10 points in 13 weeks,
  and a flat rep's sd of 15 or less.
- A slope is about what was to be expected of the *company* and the *team*: where half of it gains, the flat ones are told to fall
  behind a little.
- A gain of the last 13 weeks alone is half as much to see in a slope over 26 weeks. So is one of 5 points. Two deals
  a week do not carry it.
- The number is careful: slopes are shrunk by how little the slopes of peers differ, so +10 points show as some 59,
  not as 100, in a company whose reps hardly change otherwise. It orders reps all the same.
"""

if __name__ == "__main__":
    main()
