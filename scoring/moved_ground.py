"""Moved ground: the weeks before one date by the people of another, on which the slopes of a waterfall's people step stand."""

from __future__ import annotations

from scoring.counting import Counting
from scoring.course import Ground
from scoring.facts import COMPANY
from scoring.line import Line
from scoring.reference import Reference
from scoring.scorecard import Scorecard
from scoring.weekly import scored_kpis, shared_weeks, week_rows


def moved_ground(line: Line, scorecard: Scorecard, as_of: int, counting: Counting, people: Reference) -> Ground:
    """What courses of one subject on a date are worked out on, with the people that another reference knows.

    Memberships are those of `counting.moved` days later, as in the subject's figures: the weeks of the subject, if it is a group,
    and of the teams of a rep are counted anew by them. Days present and ramp are those of the weeks themselves, as the other
    reference knows them: a week in which a rep was new stays one. Weeks, exchange rates and market are the line's own.

    Only the subject's own courses may be read on it: other groups have no rows.

    Source: method.md section 9 (the people step).
    """
    own = line.ground(scorecard, as_of)
    weeks, kpis, members = (
        shared_weeks(as_of),
        scored_kpis(scored.metric for scored in scorecard.metrics),
        line.panes_of_members,
    )
    rows = {subject: of for subject, of in own.rows.items() if subject.startswith("rep:") or subject == COMPANY}
    for group in _compared(counting) - {COMPANY}:
        panes = Counting(group, counting.roster, counting.moved).panes(members)
        rows[group] = week_rows(panes, weeks, kpis, line.reference.rates)
    everybody = people.everybody._replace(roster=counting.then, market=own.people.market)
    return Ground.of(rows, everybody, scorecard)


def _compared(counting: Counting) -> set[str]:
    """The groups of which the subject's courses read weeks: its own, or a rep's teams."""
    if not counting.subject.startswith("rep:"):
        return {counting.subject}
    return {"team:" + past.team for past in counting.then.memberships(counting.subject.removeprefix("rep:"))}
