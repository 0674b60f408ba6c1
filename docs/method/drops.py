"""Planted truths for the charts of method.md section 8: companies in which nothing happens, and falls of a known size.

`python docs/method/drops.py` writes `drops.md` and `drops.svg` beside itself, in about two minutes; `--quick` only prints a
tenth of it. Norms, expectation, charts, scores and alerts are those of
`scoring/`; only the companies (`drops_companies.py`) are made here.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from drops_companies import (
    MONDAY,
    PAST_WEEKS,
    Books,
    Company,
    Norms,
    Quiet,
    alarm_days,
    books,
    charts,
    evidence,
    exponential,
    levels,
    margins,
    norms,
    overdispersed,
    quiet,
    revenue,
)

from scoring.aggregate import FLOOR, geometric
from scoring.chart_rule import ALARM, BLOCK_OF_ANSWERS
from scoring.drops import Change, Drop, Run, alerts
from scoring.evidence import pooled
from scoring.goalposts import goalposts
from scoring.shrinkage import shrink

HERE: Final = Path(__file__).parent
SEED: Final = 20_261_127
MOST_POINTS: Final = 700
"""No quiet scenario may give more than one false alarm in so many points."""
BEFORE: Final = 26
AFTER: Final = 26
"""Weeks of a chart before and after a fall."""
NEVER: Final = 10**6
WEIGHTS: Final = {"results": 0.40, "customer": 0.25, "process": 0.20, "improvement": 0.15}
SUNDAYS: Final = [MONDAY + 7 * week + 6 for week in range(BEFORE + AFTER)]


class Fall(NamedTuple):
    """Reps whose rate falls for good after 26 quiet weeks: how many were found within 26 weeks, and in how many weeks."""

    company: Company
    by: float
    reps: int
    found: float
    median: float
    told: float
    """Found and told: the score has fallen by 5 points too."""
    median_told: float


def falls(company: Company, by: float, companies: int, seed: int) -> Fall:
    """One rep of each company falls by so much of a rate. A rep whose chart alarms before is left out."""
    rng = np.random.default_rng(seed)
    found, told = [], []
    for _ in range(companies):
        truth = levels(company, rng)
        past = books(company, rng, truth, PAST_WEEKS)
        of, money = norms(company, past), replace(company, kind="sum")
        of_money = norms(money, earned(rng, past))
        fall = np.zeros((company.reps, BEFORE + AFTER))
        fall[0, BEFORE:] = by
        held = books(company, rng, truth, BEFORE + AFTER, fall)
        scores = _scores((company, held, of), (money, earned(rng, held), of_money))
        (points,) = charts(company, held, of, [0])
        alarms = [_week(point.week) for point in alarm_days(points)]
        if any(week < BEFORE for week in alarms):
            continue
        found.append(min(alarms, default=NEVER) - BEFORE + 1)
        sent = alerts([Run("win_rate", MONDAY, ALARM, points)], _change_of(scores), SUNDAYS)
        told.append(next((_week(a.day) - BEFORE + 1 for a in sent if isinstance(a, Drop)), NEVER))
    return Fall(
        company,
        by,
        len(found),
        float(np.mean(np.array(found) <= AFTER)),
        float(np.median(found)),
        float(np.mean(np.array(told) <= AFTER)),
        float(np.median(told)),
    )


def earned(rng: np.random.Generator, held: Books) -> Books:
    """The money of the deals won: amounts lognormal about 1, standard deviation 0.8 in ln; five days present a week."""
    total = np.zeros_like(held.total)
    for most in range(int(held.total.max(initial=0))):
        total += np.where(held.total > most, rng.lognormal(-0.32, 0.8, total.shape), 0.0)
    return Books(np.full_like(total, 5.0), total, np.zeros_like(total))


def _scores(rates: tuple[Company, Books, Norms], money: tuple[Company, Books, Norms]) -> list[float]:
    """The first rep's score by week under the default weights: win rate and net revenue as they are, all else typical."""
    typical = goalposts(0.0, 1.0, 0.0).utility(0.0)
    moving = zip(_utilities(*rates, 0.03), _utilities(*money, 0.1 * money[2].norm.level), strict=True)
    scores = []
    for win_rate, earning in moving:
        pillars = {
            "results": 0.3 * win_rate + 0.3 * earning + 0.4 * typical,
            "customer": typical,
            "process": typical,
            "improvement": 0.5,
        }
        scores.append(geometric([(weight, FLOOR + (1 - FLOOR) * pillars[name]) for name, weight in WEIGHTS.items()]))
    return scores


def _utilities(company: Company, held: Books, of: Norms, matters: float) -> list[float]:
    """The first rep's, by week, of the 13 weeks that end with it."""
    posts = goalposts(of.norm.level, of.norm.spread, matters)
    weeks = [evidence(company, held, 0, week) for week in range(held.n.shape[1])]
    windows = [pooled(weeks[max(0, week - 12) : week + 1]) for week in range(len(weeks))]
    return [posts.utility(shrink(of.norm, seen).value) for seen in windows]


def _change_of(scores: Sequence[float]) -> Callable[[int, int], Change]:
    def change(since: int, day: int) -> Change:
        before, after = scores[_week(since)], scores[_week(day)]
        return Change(before, after, before - after, "win_rate")

    return change


def _week(day: int) -> int:
    return (day - MONDAY) // 7


SATISFACTION: Final = Company(
    "satisfaction, teams of 10", team=10, level=0.8, spread=0.078, a_week=3, block=BLOCK_OF_ANSWERS
)
CALLS: Final = Company("calls", kind="sum", level=8.0, spread=1.6, draw=overdispersed)
REVENUE: Final = Company("net revenue", kind="sum", level=1000.0, spread=200.0, draw=revenue)
CYCLE: Final = Company(
    "days of a cycle", kind="mean", level=45.0, spread=8.0, draw=exponential, higher_is_better=False, positive=True
)
MARGIN: Final = Company("margin", kind="ratio", level=0.4, spread=0.05, a_week=3, season=0.05, draw=margins(0.8))
QUIET: Final = (
    *(Company(f"spread {100 * spread:g} points", spread=spread) for spread in (0.0, 0.0125, 0.02, 0.04, 0.08)),
    *(Company(f"teams of {team}, spread {100 * s:g}", team=team, spread=s) for team in (3, 10) for s in (0.04, 0.08)),
    SATISFACTION,
    Company("15 deals a week", a_week=15),
    Company("win rate 0.2", level=0.2),
    Company("win rate 0.8, spread 8", level=0.8, spread=0.08),
    Company("a strong season (0.4)", season=0.4),
    CALLS,
    REVENUE,
    CYCLE,
    Company("spread 8, expected from the team alone", spread=0.08, sees_company=False),
    MARGIN,
    replace(MARGIN, title="margin, 10 deals a week", a_week=10),
    replace(MARGIN, title="margin, teams of 3, no spread", team=3, spread=0.0),
    replace(MARGIN, title="margin of heavy-tailed deals", draw=margins(1.3)),
)
"""Companies in which nothing happens; of none may a chart give more than one false alarm in 700 points."""
BLIND: Final = (
    Company("a strong season, from the team alone", season=0.4, sees_company=False),
    replace(CALLS, title="calls, from the team alone", sees_company=False),
)
"""Shown, for it is why expectations rest on the company too."""
FALLS: Final = tuple(
    (Company(f"{n:g} deals a week, spread {100 * spread:g}", a_week=n, spread=spread), by)
    for n, spread in ((5, 0.02), (5, 0.04), (5, 0.08), (15, 0.04))
    for by in (0.17, 0.34)
)
"""At 5 deals a week and a win rate of 0.5 the standard deviation of a block is 17 points."""


def page(calm: Sequence[Quiet], blind: Sequence[Quiet], fallen: Sequence[Fall]) -> str:
    """The figures, as a page."""
    lines = [
        "# Drops: what charts find, and how often they are wrong",
        "",
        "Made by [drops.py](drops.py). Where a row does not say otherwise, a company has 30 reps in teams of 5, a win rate of",
        "0.5 at 5 deals a week, and a spread of 4 points between reps. Norms are estimated from the quarter before.",
        "Charts run two years at h = 5.",
        "",
        "![Points a false alarm, and falls found](drops.svg)",
        "",
        "## Nothing happens",
        "",
        f"More than one false alarm in {MOST_POINTS} points is too many. Siegmund's approximation says 938.",
        "",
        "| company | points | false alarms | points a false alarm |",
        "| --- | ---: | ---: | ---: |",
        *(f"| {q.company.title} | {q.points:,} | {q.alarms} | {q.run_length:,.0f} |" for q in calm),
        "",
        "Where a week's expectation rests on the norm and the team alone, half of a season unknown to the norms stays:",
        "",
        "| company | points | false alarms | points a false alarm |",
        "| --- | ---: | ---: | ---: |",
        *(f"| {q.company.title} | {q.points:,} | {q.alarms} | {q.run_length:,.0f} |" for q in blind),
        "",
        "## A win rate falls for good",
        "",
        "After 26 quiet weeks; found within 26 weeks, and the median of all in weeks. *Told* is found with a score 5 points",
        "lower (default weights; win rate and net revenue fall, all else stays typical).",
        "",
        "| company | fall | reps | found | median | told | median |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(
            f"| {f.company.title} | {100 * f.by:.0f} points | {f.reps} | {f.found:.0%} | {_weeks(f.median)} | {f.told:.0%} |"
            f" {_weeks(f.median_told)} |"
            for f in fallen
        ),
    ]
    return "\n".join(lines) + "\n"


def _weeks(median: float) -> str:
    return f"{median:g}" if median <= AFTER else f"over {AFTER}"


def picture(calm: Sequence[Quiet], fallen: Sequence[Fall]) -> str:
    """Both tables as bars."""
    rows = [(q.company.title, min(1.0, q.run_length / 2000), f"{q.run_length:,.0f}") for q in calm]
    rows += [(f"{f.company.title}: -{100 * f.by:.0f}", f.found, f"{f.found:.0%}") for f in fallen]
    height, left, width = 18 * (len(rows) + 3), 270, 300
    bars = []
    for number, (title, share, value) in enumerate(rows):
        y = 18 * (number + (1 if number < len(calm) else 3))
        bars.append(
            f'<text x="{left - 6}" y="{y + 12}" text-anchor="end">{title}</text>'
            f'<rect x="{left}" y="{y + 2}" width="{width * share:.0f}" height="12" fill="#4a7ba6"/>'
            f'<text x="{left + width * share + 4:.0f}" y="{y + 12}">{value}</text>'
        )
    limit = left + width * MOST_POINTS / 2000
    bars.append(f'<path d="M{limit:.0f} 16V{18 * (len(calm) + 1)}" stroke="#b03030"/>')
    heads = (
        f'<text x="{left}" y="12">points a false alarm (at least {MOST_POINTS})</text>'
        f'<text x="{left}" y="{18 * (len(calm) + 2) + 12}">found within {AFTER} weeks</text>'
    )
    style = 'font-family="sans-serif" font-size="11"'
    body = "\n".join([heads, *bars])
    size = f'width="{left + width + 60}" height="{height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n<rect {size} fill="white"/>\n{body}\n</svg>\n'


def main() -> None:
    """Writes the page and the picture, or prints a tenth of the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of it, printed")
    only_print = parser.parse_args().quick
    points, companies = (7_000, 40) if only_print else (70_000, 400)
    calm = [quiet(company, points, SEED + k) for k, company in enumerate(QUIET)]
    blind = [quiet(company, points, SEED + 100 + k) for k, company in enumerate(BLIND)]
    fallen = [falls(company, by, companies, SEED + 200 + k) for k, (company, by) in enumerate(FALLS)]
    if only_print:
        print(page(calm, blind, fallen))
        return
    (HERE / "drops.md").write_text(page(calm, blind, fallen), "utf-8")
    (HERE / "drops.svg").write_text(picture(calm, fallen), "utf-8")


if __name__ == "__main__":
    main()
