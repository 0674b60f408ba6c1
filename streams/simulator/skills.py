"""How able a rep is on a day: talent, ramp-up, and the course of the one who slides and the one who improves."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from streams.simulator.company import Rep

RAMP_DAYS = 270


class Skill(NamedTuple):
    """What a rep brings on a day.

    Factors around 1: `win` and `lose` (the chances of a working day that a ripe deal is won and that any deal is lost),
    `effort` (activities, deals opened without a lead), `reply` (time until an answer). Shares: `happy` (content
    customers), `connect` (calls that reach somebody). `grade`: an evaluation's usual figure, 0..100.
    """

    win: float
    lose: float
    effort: float
    reply: float
    happy: float
    connect: float
    grade: float


def skill_on(rep: Rep, day: date) -> Skill:
    """The rep's skill on that day.

    >>> steady = Rep(0, "r-1", "A", 0, date(2020, 1, 1), win=1.0, lose=1.0, happy=0.8, effort=1.0)
    >>> skill_on(steady, date(2025, 1, 1)).happy
    0.8
    >>> from dataclasses import replace
    >>> turns_on, settles_on = date(2025, 1, 1), date(2025, 1, 15)
    >>> sliding = replace(steady, story="slides", turns_on=turns_on, settles_on=settles_on)
    >>> round(skill_on(sliding, date(2025, 2, 1)).happy, 9)
    0.4
    """
    win, lose, effort, reply, happy, grade = (
        rep.win,
        rep.lose,
        rep.effort,
        1.0,
        rep.happy,
        72.0 + 40.0 * (rep.happy - 0.78),
    )
    turned = _turned(rep, day)
    if rep.story == "slides":
        win *= 1.0 - 0.65 * turned
        lose *= 1.0 + 1.6 * turned
        effort *= 1.0 - 0.4 * turned
        reply *= 1.0 + 1.5 * turned
        happy -= 0.4 * turned
        grade -= 24.0 * turned
    elif rep.story == "improves":
        win *= 1.0 + 1.1 * turned
        lose *= 1.0 - 0.55 * turned
        effort *= 1.0 + 0.25 * turned
        reply *= 1.0 - 0.35 * turned
        happy += 0.28 * turned
        grade += 18.0 * turned
    ramp = min(1.0, 0.35 + 0.65 * max(0, (day - rep.hired_on).days) / RAMP_DAYS)
    return Skill(win * ramp, lose, effort * (0.7 + 0.3 * ramp), reply, happy, 0.30 + 0.10 * win, grade)


def _turned(rep: Rep, day: date) -> float:
    """How much of the story has happened, 0..1."""
    if rep.turns_on is None or rep.settles_on is None:
        return 0.0
    return min(1.0, max(0, (day - rep.turns_on).days) / (rep.settles_on - rep.turns_on).days)
