"""Nine tenths of all records: calls, e-mails and meetings of a working day; and evaluations every few weeks."""

from __future__ import annotations

from random import Random

from streams.simulator.catalogue import HOURS_SECONDS, TERRITORIES
from streams.simulator.dice import Weighted, between, chance, count, lognormal, normal
from streams.simulator.skills import Skill
from streams.simulator.versions import Record, Today
from streams.simulator.workdays import LAST_SECOND
from streams.simulator.world import Desk, World

ACTIVITIES_A_DAY = 13.9
EVALUATIONS_A_DAY = 0.045

_KINDS = Weighted({"call": 0.44, "email": 0.39, "meeting": 0.09, "demo": 0.04, "proposal": 0.02, "other": 0.02})
_EMAIL_OUTCOMES: Weighted[str | None] = Weighted({None: 0.7, "replied": 0.24, "other": 0.06})
_MEETING_SECONDS = Weighted({1800: 0.45, 2700: 0.2, 3600: 0.3, 5400: 0.05})
_MISSED = 0.11
_UNSTATED = 0.05
_ON_A_DEAL = 0.55
_FIRST_RESPONSE = 0.09
_LOGGED_TWICE = 0.002
_CORRECTED = 0.004


def log_activities(world: World, desk: Desk, today: Today, r: Random, skill: Skill) -> None:
    """A day's activities of a rep, each published when it was over."""
    rep = desk.rep
    opens = TERRITORIES[world.territory(rep, today)].opens
    seconds = sorted(opens + int(r.random() * HOURS_SECONDS) for _ in range(count(r, ACTIVITIES_A_DAY * skill.effort)))
    for n, second in enumerate(seconds):
        kind = _KINDS.draw(r)
        record: Record = {
            "type": "activity",
            "id": f"a-{rep.number + 1}-{today.iso}-{n}",
            "updated_at": "",
            "version": 1,
            "rep_id": rep.id,
            "kind": kind,
            "occurred_at": today.stamp(second),
        }
        lasted = _describe(record, kind, r, skill)
        _link(record, desk, r)
        logged = min(second + lasted + between(r, 5, 90), LAST_SECOND)
        record["updated_at"] = today.stamp(logged)
        today.out.append((logged, record))
        draw = r.random()
        if draw < _LOGGED_TWICE:
            _log_twice(record, today, logged)
        elif draw < _LOGGED_TWICE + _CORRECTED:
            _correct(record, today, r, logged)


def evaluate(world: World, desk: Desk, today: Today, r: Random, skill: Skill) -> None:
    """A manager listens in and grades, every few weeks."""
    if not chance(r, EVALUATIONS_A_DAY):
        return
    second = world.work_second(r, desk.rep, today)
    names = (
        ("communication", "active_listening", "objection_handling")
        if chance(r, 0.3)
        else ("communication", "active_listening")
    )
    criteria = {name: min(100, max(0, int(skill.grade + 7.0 * normal(r) + 0.5))) for name in sorted(names)}
    record: Record = {
        "type": "evaluation",
        "id": desk.new_id("e"),
        "updated_at": today.stamp(second),
        "version": 1,
        "rep_id": desk.rep.id,
        "occurred_at": today.stamp(second),
        "criteria": criteria,
        "evaluator": world.plan.team_of(desk.rep, today.day).manager,
    }
    today.out.append((second, record))


def _describe(record: Record, kind: str, r: Random, skill: Skill) -> int:
    """Outcome, duration and first response; returns how many seconds it lasted."""
    lasted = 0
    if kind == "call":
        connected = chance(r, skill.connect)
        lasted = int(lognormal(r, 210.0, 0.9)) + 12 if connected else between(r, 8, 40)
        record["duration_seconds"] = lasted
        if not chance(r, _UNSTATED):
            record["outcome"] = "connected" if connected else "no_answer"
    elif kind == "email":
        outcome = _EMAIL_OUTCOMES.draw(r)
        if outcome is not None:
            record["outcome"] = outcome
    elif kind in {"meeting", "demo"}:
        missed = chance(r, _MISSED)
        record["outcome"] = "no_show" if missed else "held"
        lasted = 600 if missed else _MEETING_SECONDS.draw(r)
        if not missed:
            record["duration_seconds"] = lasted
    if chance(r, _FIRST_RESPONSE):
        record["first_response_seconds"] = int(lognormal(r, 5400.0 * skill.reply, 0.9))
    return lasted


def _link(record: Record, desk: Desk, r: Random) -> None:
    """What it was about: an open deal, else a lead, else nothing in particular."""
    on_deal, place = chance(r, _ON_A_DEAL), r.random()
    if on_deal and desk.deals:
        record["deal_id"] = desk.deals[int(place * len(desk.deals))].entry.name
    elif desk.leads and not on_deal:
        record["lead_id"] = desk.leads[int(place * len(desk.leads))].entry.name


def _log_twice(record: Record, today: Today, second: int) -> None:
    """The same thing entered again, noticed and deleted within the hour."""
    again = min(second + 20, LAST_SECOND)
    gone = min(second + 1700, LAST_SECOND)
    twin = {**record, "id": f"{record['id']}b", "updated_at": today.stamp(again)}
    today.out.append((again, twin))
    today.out.append(
        (gone, {"type": "activity", "id": twin["id"], "updated_at": today.stamp(gone), "version": 2, "deleted": True})
    )


def _correct(record: Record, today: Today, r: Random, second: int) -> None:
    """The outcome entered wrongly and put right later on the day."""
    later = min(second + between(r, 60, 5400), LAST_SECOND)
    outcome = {"call": "connected", "email": "replied", "meeting": "held", "demo": "held"}.get(record["kind"], "other")
    today.out.append((later, {**record, "updated_at": today.stamp(later), "version": 2, "outcome": outcome}))
