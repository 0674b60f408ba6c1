"""Running sums: what one subject's panes sum to at a date, kept so that a changed pane is taken out and put back in.

Sums of whole numbers: what is taken out leaves nothing behind, so they are those of `windows.window_sums` after any changes.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import chain
from typing import Final

from scoring.evidence import Evidence
from scoring.lens import UNRATED, UNRATED_PIPELINE, Lens, Raw, Stretch, Won
from scoring.maturation import Maturation, OpeningDay, cohort_of, opening_day
from scoring.measures import LIFELONG
from scoring.windows import MOST_CRITERIA, OF_COHORT, WINDOW_DAYS, Panes, Sums, WindowSums, most_used

_CRITERION: Final = "evaluation_n/"
_YEAR: Final = WINDOW_DAYS[-1]
_NO_PANE: Final[Mapping[str, int]] = {}
_NO_STRETCH: Final = Stretch(10**6, in_cohort=False, in_pipeline=False)


class RunningSums:
    """The sums of one subject's panes; `sums` and `wins` are right after each call."""

    __slots__ = (
        "_ahead",
        "_criteria",
        "_days",
        "_deals",
        "_gained",
        "_standing",
        "_unrated",
        "lens",
        "ripening",
        "sums",
        "wins",
    )

    def __init__(self, lens: Lens, ripening: Maturation, panes: Panes) -> None:
        """Add up all panes; `ripening` is that of the norms, from which the horizons of `lens` come."""
        self.lens, self.ripening = lens, ripening
        self._standing = dict.fromkeys((*OF_COHORT.values(), "pipeline", "pipeline_n"), 0)
        self._unrated: defaultdict[str, int] = defaultdict(int)
        self._gained = [0] * len(lens.windows)
        self._criteria: set[str] = set()
        self._deals: dict[int, tuple[int, dict[int, int]]] = {}
        """Of the days of the cohort how many deals were opened, and how many of these won after how many days, millionths."""
        self._days: dict[int, OpeningDay] = {}
        self._ahead: set[int] = set()
        """Days of which something closed after the date."""
        self.sums = WindowSums({days: {} for days in lens.windows}, {}, set(), 0)
        self.wins = Evidence()
        """The cohort's win rate."""
        won: list[Won] = []
        raws: list[Raw] = [defaultdict(int) for _ in lens.stretches]
        as_of, stretch_of_age, read = lens.as_of, lens.stretch_of_age, lens.read
        longest = len(stretch_of_age)
        for day, pane in panes.items():
            age = as_of - day
            if 0 <= age < longest:
                read(pane, day, raws[stretch_of_age[age]], won)
            else:
                self._look_beyond(pane, age, 1)
        within: list[Raw] = [defaultdict(int) for _ in lens.windows]
        for raw, stretch in zip(raws, lens.stretches, strict=True):
            self._criteria.update(name.removeprefix(_CRITERION) for name in raw if name.startswith(_CRITERION))
            lens.settle(raw)
            self._stand(raw, stretch)
            if stretch.window < len(within):
                _add(within[stretch.window], raw)
        before: Sums = {}
        for days, ring in zip(lens.windows, within, strict=True):
            window = self.sums.by_days[days] = dict(before)
            _add(window, ring)
            before = window
        by_day: dict[int, list[Won]] = {}
        for deal in won:
            by_day.setdefault(deal.day, []).append(deal)
        for day in by_day.keys() | set(range(as_of - lens.horizons.cohort + 1, as_of + 1)):
            self._open(day, panes.get(day, _NO_PANE), by_day.get(day, ()))
        self._finish(panes)
        self._count_wins()

    def move(self, lens: Lens, ripening: Maturation, panes: Panes) -> set[str]:
        """Go on at a later date, or under norms by which deals ripen otherwise: the sums that changed.

        Rates and horizons are to be the same, and the panes those of the last call: few lie in another stretch than before.
        """
        same_ripening = self.ripening is ripening
        old, self.ripening = self.lens, ripening
        changed = {"cohort_won"}
        crossed = [range(old.as_of - edge + 1, lens.as_of - edge + 1) for edge in (0, *lens.edges)]
        stretches, stretch_of_age = lens.stretches, lens.stretch_of_age
        for day in sorted(self._ahead.union(*crossed) if lens is not old else ()):
            if not (pane := panes.get(day)):
                continue
            then, now = old.as_of - day, lens.as_of - day
            if then >= 0 and now < len(stretch_of_age) and day not in self._ahead:
                self.lens = lens
                changed.update(
                    self._grow_older(day, pane, stretches[stretch_of_age[then]], stretches[stretch_of_age[now]])
                )
            else:
                self.lens = old
                changed.update(self._put(day, pane, -1)[0])
                self.lens = lens
                names, won = self._put(day, pane, 1)
                changed.update(names)
                self._open(day, pane, won)
        self.lens = lens
        changed |= self._finish(panes)
        ripe = old.as_of - ripening.horizon_days  # what was opened by then was judged at that age before
        for day, of in self._deals.items():
            if day > ripe or not same_ripening:
                self._days[day] = opening_day(lens.as_of - day, *of, ripening)
        self._count_wins()
        return changed

    def _grow_older(self, day: int, pane: Mapping[str, int], was: Stretch, now: Stretch) -> Collection[str]:
        """Take a pane, of which nothing closed meanwhile, from one stretch of days to another: the sums that changed."""
        raw: Raw = defaultdict(int)
        self.lens.read(pane, day, raw, [])
        self.lens.settle(raw)
        gone = {name: -amount for name, amount in raw.items()}
        self._stand(gone, was)
        self._stand(raw, now)
        for days in self.lens.windows[was.window : now.window]:
            _add(self.sums.by_days[days], gone)
        if was.in_cohort and not now.in_cohort:
            self._deals.pop(day, None)
            self._days.pop(day, None)
        return gone if was.window < now.window else ()

    def _put(self, day: int, pane: Mapping[str, int], sign: int) -> tuple[Collection[str], list[Won]]:
        """Add a pane where it lies, or take it out: the sums that changed, and the deals that it says are won."""
        lens, age = self.lens, self.lens.as_of - day
        won: list[Won] = []
        if not 0 <= age < len(lens.stretch_of_age):
            self._look_beyond(pane, age, sign)
            return (), won
        raw: Raw = defaultdict(int)
        lens.read(pane, day, raw, won)
        if sign < 0:
            raw = defaultdict(int, {name: -amount for name, amount in raw.items()})
        lens.settle(raw)
        stretch = lens.stretches[lens.stretch_of_age[age]]
        self._stand(raw, stretch)
        for days in lens.windows[stretch.window :]:
            _add(self.sums.by_days[days], raw)
        return raw, won

    def change(self, before: Mapping[int, Mapping[str, int]], panes: Panes) -> set[str]:
        """Some days' panes were as in `before` (empty: there was none), and are now as in `panes`: the sums that changed."""
        lens, changed = self.lens, set()
        forgotten = cohort = False
        for day, old in before.items():
            new, age = panes.get(day, _NO_PANE), lens.as_of - day
            gone = {key for key in old if key.startswith(_CRITERION) and key not in new}
            forgotten = forgotten or bool(gone)
            if not 0 <= age < len(lens.stretch_of_age):
                self._look_beyond(old, age, -1)
                self._look_beyond(new, age, 1)
                changed |= {"active"}
                continue
            self._criteria.update(key.removeprefix(_CRITERION) for key in new if key.startswith(_CRITERION))
            raw: Raw = defaultdict(int)
            taken: Raw = defaultdict(int)
            won: list[Won] = []
            lens.read(old, day, taken, [])
            lens.read(new, day, raw, won)
            for name, amount in taken.items():
                raw[name] -= amount
            for name in [name for name, amount in raw.items() if not amount]:
                del raw[name]
            lens.settle(raw)
            stretch = lens.stretches[lens.stretch_of_age[age]]
            self._stand(raw, stretch)
            for days in lens.windows[stretch.window :]:
                _add(self.sums.by_days[days], raw)
            changed |= raw.keys()
            was = self._days.get(day)
            self._open(day, new, won)
            cohort = cohort or self._days.get(day) != was
        if forgotten:  # nobody knows whether another pane has it too
            names = {key for pane in panes.values() for key in pane if key.startswith(_CRITERION)}
            self._criteria = {name.removeprefix(_CRITERION) for name in names}
        changed |= self._finish(panes)
        if cohort:
            self._count_wins()
            changed |= {"cohort_won"}
        return changed

    def _look_beyond(self, pane: Mapping[str, int], age: int, sign: int) -> None:
        """A day after the date, or longer ago than any window."""
        for key in pane:
            if key.startswith(_CRITERION):
                self._criteria.add(key.removeprefix(_CRITERION))
            elif key in LIFELONG and age > 0:
                amount = sign * (pane[key] if key == "customers_new" else -pane[key])
                self._gained = [gained + amount for gained in self._gained]

    def _stand(self, raw: dict[str, int], stretch: Stretch) -> None:
        """Take what does not depend on windows out of the sums of a stretch, and add it where it counts."""
        standing = self._standing
        opened_now = raw.pop("pipeline", 0), raw.pop("pipeline_n", 0) - raw.pop("pipeline_closed_n", 0)
        won = raw.pop("cohort_won", 0)
        if stretch.in_pipeline:
            standing["pipeline"] += opened_now[0]
            standing["pipeline_n"] += opened_now[1]
        if stretch.in_cohort:
            standing["cohort_won"] += won
            standing["cohort_opened"] += raw.get("opened", 0)
            standing["cohort_opened_n"] += raw.get("opened_n", 0)
        in_year = stretch.window < len(self._gained)
        for name in [name for name in raw if name.startswith("unrated")]:
            amount = raw.pop(name)
            if in_year if name.startswith(UNRATED) else stretch.in_pipeline:
                self._unrated[name.removeprefix(UNRATED).removeprefix(UNRATED_PIPELINE)] += amount
        if gained := raw.get("customers_new", 0) - raw.get("customers_churned", 0):
            for place in range(min(stretch.window, len(self._gained))):
                self._gained[place] += gained

    def _open(self, day: int, pane: Mapping[str, int], won: Iterable[Won]) -> None:
        """Take what a pane says of the deals opened on its day."""
        as_of, opened = self.lens.as_of, pane.get("opened")
        ages: dict[int, int] = {}
        self._ahead.discard(day)
        for deal in won:
            if deal.closing_day > as_of:
                self._ahead.add(day)
            else:
                age = max(0, deal.closing_day - day)
                ages[age] = ages.get(age, 0) + deal.amount
        if opened and 0 <= as_of - day < self.lens.horizons.cohort:
            self._deals[day] = opened, ages
            self._days[day] = opening_day(as_of - day, opened, ages, self.ripening)
        else:
            self._deals.pop(day, None)
            self._days.pop(day, None)

    def _count_wins(self) -> None:
        days = self._days.values()
        columns = (math.fsum(chain.from_iterable(day[place] for day in days)) for place in range(3))
        won, expected, variance = columns
        self.wins = cohort_of(won, expected, variance, self.ripening)

    def _finish(self, panes: Panes) -> set[str]:
        """Bring up to date what follows from sums; which of it changed."""
        sums, changed = self.sums, set()
        year = sums.by_days[_YEAR]
        same = self._standing | {
            "year_active": self._gained[self.lens.windows.index(_YEAR)],
            "year_margin": year.get("margin_revenue", 0) - year.get("margin_cost", 0),
            "year_churned": year.get("customers_churned", 0),
        }
        for window, gained in zip(sums.by_days.values(), self._gained, strict=True):
            changed |= {name for name, amount in same.items() if window.get(name) != amount}
            if window.get("active") != gained:
                window["active"] = gained
                changed.add("active")
            window.update(same)
        sums.unrated = {currency: minor for currency, minor in sorted(self._unrated.items()) if minor}
        sums.criteria = set(self._criteria)
        if len(sums.criteria) > MOST_CRITERIA:  # of those taken back a sum of 0 may be left
            held = {_CRITERION + name for name in self._criteria}
            sums.criteria = most_used(self._criteria, {name: n for name, n in year.items() if name in held})
        sums.unrecorded = panes.get(0, _NO_PANE).get("unrecorded", 0)
        return changed


def _add(to: Sums, amounts: Mapping[str, int]) -> None:
    for name, amount in amounts.items():
        to[name] = to.get(name, 0) + amount
