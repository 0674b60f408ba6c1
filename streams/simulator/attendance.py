"""Who is at work on a day: employment, weekends, public holidays, vacations and sick days."""

from __future__ import annotations

from typing import NamedTuple

from streams.simulator.company import Plan, Rep
from streams.simulator.dice import between, chance, dice
from streams.simulator.versions import Today
from streams.simulator.workdays import FRIDAY, is_holiday, is_workday, week, weekday

NOTICE_DAYS = 21
HOLIDAY_NOTICE_DAYS = 30

Span = tuple[int, int]


class Week(NamedTuple):
    """What keeps a rep from work in a week: first and last days, both included; a vacation may yet be cancelled."""

    vacation: Span | None
    cancelled: bool
    sick: Span | None


def week_of(seed: int, rep: Rep, monday: int) -> Week:
    """What keeps the rep from work in the week that begins on that Monday.

    A vacation is a whole week; who is on vacation does not fall ill.
    """
    r = dice(seed, "week", rep.number, monday)
    vacation = (monday, monday + FRIDAY) if chance(r, 0.085) else None
    cancelled = chance(r, 0.05)
    if vacation is not None and not cancelled:
        return Week(vacation, cancelled, None)
    if not chance(r, 0.03):
        return Week(vacation, cancelled, None)
    first = monday + between(r, 0, FRIDAY)
    return Week(vacation, cancelled, (first, min(first + between(r, 0, 2), monday + FRIDAY)))


class Attendance:
    """Answers who is at work; keeps one week a rep."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._weeks: dict[int, tuple[int, Week]] = {}

    def present(self, rep: Rep, today: Today) -> bool:
        """Whether the rep works today."""
        if not rep.employed_on(today.day) or not is_workday(self._plan.territory_of(rep, today.day), today.ordinal):
            return False
        this = self._week(rep, week(today.ordinal))
        away = [this.sick, None if this.cancelled else this.vacation]
        return not any(span and span[0] <= today.ordinal <= span[1] for span in away)

    def publish(self, today: Today) -> None:
        """Publish the absences known from today on: vacations 3 weeks ahead, holidays 30 days, illness at once."""
        first_day = today.day == self._plan.start
        for rep in self._plan.reps:
            if rep.left_on is not None and rep.left_on <= today.day:
                continue
            if first_day or weekday(today.ordinal) == 0:
                first = week(today.ordinal) + (0 if first_day else NOTICE_DAYS)
                for monday in range(first, week(today.ordinal) + NOTICE_DAYS + 1, 7):
                    self._vacation(rep, today, monday)
            first = today.ordinal + (0 if first_day else HOLIDAY_NOTICE_DAYS)
            for ordinal in range(first, today.ordinal + HOLIDAY_NOTICE_DAYS + 1):
                self._holiday(rep, today, ordinal)
            self._changes(rep, today)

    def _week(self, rep: Rep, monday: int) -> Week:
        known = self._weeks.get(rep.number)
        if known is None or known[0] != monday:
            known = self._weeks[rep.number] = (monday, week_of(self._plan.seed, rep, monday))
        return known[1]

    def _vacation(self, rep: Rep, today: Today, monday: int) -> None:
        planned = week_of(self._plan.seed, rep, monday).vacation
        if planned is not None and rep.employed_on(today.day):
            self._absence(rep, today, "v", planned, 900)

    def _holiday(self, rep: Rep, today: Today, ordinal: int) -> None:
        day = Today.of(ordinal).day
        if (
            weekday(ordinal) <= FRIDAY
            and is_holiday(self._plan.territory_of(rep, day), ordinal)
            and rep.employed_on(today.day)
        ):
            self._absence(rep, today, "h", (ordinal, ordinal), 800)

    def _changes(self, rep: Rep, today: Today) -> None:
        """Illness that begins today, and a vacation of the next week that is cancelled."""
        if not rep.employed_on(today.day):
            return
        sick = self._week(rep, week(today.ordinal)).sick
        if sick is not None and sick[0] == today.ordinal:
            self._absence(rep, today, "s", sick, 1500)
        if weekday(today.ordinal) == FRIDAY:
            following = week_of(self._plan.seed, rep, today.ordinal + 3)
            if (
                following.vacation is not None
                and following.cancelled
                and rep.hired_on.toordinal() <= today.ordinal - NOTICE_DAYS
            ):
                name = _name("v", rep, following.vacation[0])
                today.out.append(
                    (1600, {"type": "absence", "id": name, "updated_at": today.stamp(1600), "deleted": True})
                )

    def _absence(self, rep: Rep, today: Today, letter: str, span: Span, second: int) -> None:
        first, last = (Today.of(ordinal).iso for ordinal in span)
        today.add(second, "absence", _name(letter, rep, span[0]), rep_id=rep.id, start=first, end=last)


def _name(letter: str, rep: Rep, ordinal: int) -> str:
    return f"{letter}-{rep.number + 1}-{Today.of(ordinal).iso}"
