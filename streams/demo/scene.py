"""Scene: what a demo plays, a day at a time, and what there is to watch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby

from streams.publisher import TOPIC_OF
from streams.simulator import Plan, Rep, line, plan, timeline

__all__ = ["Day", "Outgoing", "Scene", "history_of", "simulated"]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record as it is sent: the logical name of its topic, its id and its JSON."""

    topic: str
    id: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Day:
    """What the CRM publishes on one day, in its order."""

    date: date
    records: Sequence[Outgoing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a demo plays.

    Attributes:
        title: what it is, in a few words.
        first: the first day.
        last: the last day.
        live_from: the first day that is played at a visible pace; all before it is history and goes as fast as it can.
        days: every day from the first to the last, made as they are asked for.
        names: names of people and teams by subject key, such as `rep:r-17`.
        watched: what to watch, a few words by subject key.
        turns: when the figures of those begin to turn, by subject key.
        refused: lines that are no records, as `FILE:LINE: reason: detail`; it grows while the days are played.
    """

    title: str
    first: date
    last: date
    live_from: date
    days: Iterator[Day]
    names: Mapping[str, str]
    watched: Mapping[str, str]
    turns: Mapping[str, date] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def day_number(self, day: date) -> int:
        """The place of a day in the scene, 1 for the first."""
        return (day - self.first).days + 1


def history_of(days: int, wished: int | None) -> int:
    """How many of the days are history: a third where nothing is wished, and never all.

    After a third of a run of the simulated CRM somebody begins to improve, after two thirds somebody to slide: both are
    seen live, and measured against what was before.

    >>> history_of(360, None), history_of(360, 200), history_of(30, 90), history_of(1, None)
    (120, 200, 29, 0)
    """
    return days // 3 if wished is None else min(wished, days - 1)


def simulated(*, days: int, reps: int, seed: int, history: int | None, today: date) -> Scene:
    """The simulated CRM over the `days` days that end yesterday.

    Args:
        days: length in calendar days, 1 or more.
        reps: 1 to 100,000.
        seed: 0 or more; another company for each.
        history: how many of the days are history; None: a third.
        today: the day after the last one, so that nothing lies ahead and little is old.

    Raises:
        ValueError: an argument is out of its range.
    """
    start = today - timedelta(days=days)
    company = plan(seed=seed, days=days, reps=reps, start=start)
    moments = timeline(seed=seed, days=days, reps=reps, start=start)

    def play() -> Iterator[Day]:
        # Exchange rates come every day, so there is no day without a record.
        for day, group in groupby(moments, key=lambda moment: moment[0].date()):
            yield Day(
                day, [Outgoing(TOPIC_OF[record["type"]], record["id"], line(record).rstrip()) for _, record in group]
            )

    names = {f"team:{team.id}": team.name for team in (*company.parents, *company.teams)}
    names |= {f"rep:{rep.id}": rep.name for rep in company.reps}
    return Scene(
        title=f"a simulated CRM of seed {seed}, reps: {reps}, days: {days}",
        first=start,
        last=today - timedelta(days=1),
        live_from=start + timedelta(days=history_of(days, history)),
        days=play(),
        names=names,
        watched={f"rep:{rep.id}": f"{rep.id} {rep.story} from {rep.turns_on} on" for rep in _stories(company)},
        turns={f"rep:{rep.id}": rep.turns_on for rep in _stories(company) if rep.turns_on is not None},
    )


def _stories(company: Plan) -> list[Rep]:
    return [rep for rep in (company.improves, company.slides) if rep is not None]
