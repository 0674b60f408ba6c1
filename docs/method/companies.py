"""Simulated companies: reps with planted rates, and what was seen of them as panes; `standings.py` scores them.

A company sells for 39 weeks, the three quarters of a 4-4-5 calendar: norms are frozen after two of them, the score is taken at
the end of the third.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

import numpy as np
import numpy.typing as npt
from scenarios import METRICS, NORMED, WEEKS, WINDOW, Scenario

from schemas.currencies import EXPONENTS
from schemas.records import Rep
from scoring.organisation import Organisation
from scoring.reference import Reference, Versioned
from scoring.windows import Panes

Array = npt.NDArray[np.float64]

BEGUN: Final = date(2024, 12, 30).toordinal()
"""The Monday on which the year 2025 of whole weeks begins."""
AS_OF: Final = BEGUN + 7 * WEEKS - 1
DAYS: Final = 5
"""Working days a week."""
_WHOLE: Final = 1_000_000
_CENTS: Final = 100
_ORGANISATION: Final = Organisation(UTC, "USD", EXPONENTS)
_KNOWN: Final = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Company:
    """What was planted and what was seen.

    `truth` gives the true rate of a metric by rep and week, in the unit in which it is scored (a day, of a sum), `usual` how
    many observations of it each rep has in a week on average. `panes` are by subject; `reference` knows the teams. `gainer` says
    who was planted to improve.
    """

    scenario: Scenario
    truth: Mapping[str, Array]
    usual: Mapping[str, Array]
    panes: Mapping[str, Panes]
    reference: Reference
    gainer: npt.NDArray[np.bool_]


def company(scenario: Scenario, seed: int) -> Company:
    """A company of the scenario; the same one for the same seed."""
    draw = np.random.default_rng([20_260_131, seed])
    k = scenario.reps
    weeks = np.arange(WEEKS)
    gainer = draw.permutation(k) < scenario.gaining * k
    since = np.clip(weeks - (WEEKS - scenario.gain_weeks), 0, None) / WINDOW  # in quarters
    gain = np.where(gainer[:, None], scenario.gain * since[None, :], 0.0)

    def planted(spread: float) -> Array:
        start = draw.normal(0.0, spread, k)
        drift = draw.normal(0.0, scenario.drift * spread, k)
        if scenario.twins:
            start[1::2], drift[1::2] = start[0::2], drift[0::2]
        return np.asarray(start[:, None] + drift[:, None] * (weeks[None, :] - NORMED) / WINDOW)

    swing = scenario.market * np.sin(2 * np.pi * weeks / 17 + draw.uniform(0, 6.28))[None, :]
    volume = scenario.deals * np.exp(scenario.uneven * draw.normal(size=k))[:, None]
    win = np.clip((scenario.win + planted(scenario.spread)) * (1 + swing) + gain, 0.01, 0.97)
    happy = np.clip(scenario.happy + planted(scenario.spread) + gain, 0.02, 0.99)
    size = 8.0 + planted(scenario.deal_spread)
    pace = scenario.calls * np.clip(1 + planted(scenario.calls_spread), 0.1, None)
    opened = draw.poisson(np.broadcast_to(volume, win.shape))
    won = draw.binomial(opened, win)
    answers = draw.poisson(scenario.answers, win.shape)
    top = draw.binomial(answers, happy)
    mood = np.zeros(pace.shape)
    shocks = draw.normal(size=pace.shape) * math.sqrt(max(0.0, scenario.calls_phi - 1) / scenario.calls)
    for week in weeks:
        before = mood[:, week - 1] if week else shocks[:, week] / math.sqrt(1 - scenario.calls_memory**2)
        mood[:, week] = scenario.calls_memory * before + math.sqrt(1 - scenario.calls_memory**2) * shocks[:, week]
    calls = draw.poisson(pace * np.clip(1 + mood, 0.05, None))
    panes: dict[str, Panes] = {}
    for i in range(k):
        panes[f"rep:r-{i:03}"] = {
            BEGUN + 7 * w: _pane(
                BEGUN + 7 * w, opened[i, w], answers[i, w], top[i, w], calls[i, w],
                draw.normal(size[i, w], scenario.deal_sigma, won[i, w]),
            )
            for w in range(WEEKS)
        }  # fmt: skip
    reference = Reference(_ORGANISATION)
    for i, subject in enumerate(list(panes)):
        team = f"t-{i // scenario.team:02}"
        name = subject.removeprefix("rep:")
        rep = Rep(type="rep", id=name, updated_at=_KNOWN, team_id=team)
        reference.put("rep", name, Versioned(1, 0, name, rep))
        for group in ("team:" + team, "company:company"):
            panes[group] = _together(panes.get(group, {}), panes[subject])
    revenue = volume * win * np.exp(size + scenario.deal_sigma**2 / 2) / DAYS
    truth = {
        "cohort_win_rate": win,
        "net_revenue": revenue,
        "average_deal_size": size,
        "csat": happy,
        "calls": pace / DAYS,
    }
    days = np.full(k, float(DAYS))
    usual = {
        "cohort_win_rate": volume[:, 0],
        "net_revenue": days,
        "average_deal_size": (volume * win).mean(axis=1),
        "csat": np.full(k, scenario.answers),
        "calls": days,
    }
    scored = [name for name in METRICS if name in scenario.only]
    return Company(
        scenario,
        {name: truth[name] for name in scored},
        {name: usual[name] for name in scored},
        panes,
        reference,
        gainer,
    )


def _pane(day: int, opened: int, answers: int, top: int, calls: int, logarithms: Array) -> dict[str, int]:
    """One week, all of it on its Monday; deals are won on the day they are opened."""
    won = len(logarithms)
    pane = {
        "opened": int(opened) * _WHOLE,
        "opened_n": int(opened),
        f"cohort_won||{day}": won * _WHOLE,
        "won|USD": won * _WHOLE,
        "won_n|USD": won,
        "revenue|USD": round(float(np.exp(logarithms).sum()) * _CENTS),
        "ln_won|USD": won * _WHOLE,
        "ln|USD": round(float(logarithms.sum()) * _WHOLE),
        "ln_squares|USD": round(float((logarithms**2).sum()) * _WHOLE),
        "csat": int(answers),
        "csat_top": int(top),
        "activity/call/": int(calls),
    }
    return {measure: amount for measure, amount in pane.items() if amount}


def _together(panes: Panes, more: Panes) -> Panes:
    """What a group has, and one member more."""
    return {
        day: {key: panes.get(day, {}).get(key, 0) + more[day].get(key, 0) for key in panes.get(day, {}) | more[day]}
        for day in more
    }
