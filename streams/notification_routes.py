"""Notification routes: the configuration of Alertmanager that brings each alert to who can do something about it.

Drops of a team and of its reps go to the team's manager, what the program says of itself to ops, all else to a catch-all: an
alert that nobody expected is never lost. A wider drop inhibits the narrower ones that it explains, late data inhibit drops.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from schemas.records import Team
from schemas.yaml_text import Value, yaml_text
from streams.manager_address import Addresses, addresses_of

__all__ = ["Choices", "Quiet", "routes_text", "unreached"]

HEAD: Final = "# Written by `upscore alertmanager generate`; do not edit.\n"
CATCH_ALL: Final = "unrouted"
OPS: Final = "ops"
LEADERS: Final = "leaders"
HEARTBEAT: Final = "heartbeat"

_TEAM_DROPS: Final = "SalesTeamScoreDropped|SalesTeamRepsDropped"
_NOT_TO_BE_TRUSTED: Final = "UpscoreAbsent|UpscoreDataLate|UpscoreDataMissing|UpscoreStalled"
_SAME_SERVICE: Final = ["service"]


@dataclass(frozen=True, slots=True)
class Quiet:
    """When managers are left alone, in a time zone; what is still open afterwards is sent then.

    Attributes:
        nights: `HH:MM-HH:MM` over midnight, or empty: no quiet nights.
        weekends: whether Saturday and Sunday are quiet.
        time_zone: IANA name.
    """

    nights: str = ""
    weekends: bool = False
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Where what goes that no team's manager gets, and how it is sent.

    Attributes:
        ops: who keeps the program running.
        catch_all: who gets what is routed to nobody else.
        leaders: who gets drops of the company and of territories; none: the managers of the teams that are in no other.
        heartbeat: URL that is called as long as alerts are evaluated; empty: ops gets one message a day.
        smtp: `host:port` that takes e-mails.
        sender: their sender.
        smtp_user: for SMTP that asks for one; empty: none.
        smtp_password_file: path of its password, read by Alertmanager; never the password itself.
        smtp_tls: whether SMTP must be encrypted.
        token_file: path of a bearer token for webhooks, read by Alertmanager; empty: none.
        templates: glob of the texts of messages, from the configuration's own folder.
        quiet: when managers are left alone.
        hurry: divides all waits; for tests.
    """

    ops: str = "ops@example.com"
    catch_all: str = "ops@example.com"
    leaders: str = ""
    heartbeat: str = ""
    smtp: str = "localhost:25"
    sender: str = "upscore@example.com"
    smtp_user: str = ""
    smtp_password_file: str = ""
    smtp_tls: bool = True
    token_file: str = ""
    templates: str = "../notifications/*.tmpl"
    quiet: Quiet = Quiet()
    hurry: int = 1


def unreached(teams: Mapping[str, Team]) -> list[str]:
    """Ids of the teams whose record names nobody who can be reached; the catch-all gets their alerts."""
    return [team_id for team_id, team in teams.items() if not addresses_of(team.manager).some]


def routes_text(teams: Mapping[str, Team], choices: Choices) -> str:
    """The configuration as YAML: the same bytes for the same roster, whatever its order.

    Args:
        teams: in force, by id.
        choices: addresses, waits and quiet times.
    """
    reached = {name: found for name in sorted(teams) if (found := addresses_of(teams[name].manager)).some}
    receivers = {
        CATCH_ALL: addresses_of(choices.catch_all),
        OPS: addresses_of(choices.ops),
        LEADERS: _leaders(teams, choices),
        **({HEARTBEAT: Addresses((), (choices.heartbeat,))} if choices.heartbeat else {}),
        **{_receiver(name): found for name, found in reached.items()},
    }
    document: dict[str, Value] = {
        "global": _global(choices),
        "templates": [choices.templates],
        "route": _root(list(reached), choices),
        "inhibit_rules": _inhibitions(),
    }
    if intervals := _intervals(choices.quiet):
        document["time_intervals"] = intervals
    document["receivers"] = [_received(name, found, choices) for name, found in receivers.items()]
    return HEAD + yaml_text(document)


def _receiver(team_id: str) -> str:
    return f"team {team_id}"


def _leaders(teams: Mapping[str, Team], choices: Choices) -> Addresses:
    """Who was chosen, else who manages teams that are in no other, else the catch-all."""
    heads = ", ".join(teams[name].manager or "" for name in sorted(teams) if teams[name].parent not in teams)
    found = addresses_of(choices.leaders or heads)
    return found if found.some else addresses_of(choices.catch_all)


def _global(choices: Choices) -> dict[str, Value]:
    smtp: dict[str, Value] = {
        "resolve_timeout": "5m",
        "smtp_smarthost": choices.smtp,
        "smtp_from": choices.sender,
        "smtp_require_tls": choices.smtp_tls,
    }
    if choices.smtp_user:
        smtp["smtp_auth_username"] = choices.smtp_user
        smtp["smtp_auth_password_file"] = choices.smtp_password_file
    return smtp


def _root(team_ids: Sequence[str], choices: Choices) -> dict[str, Value]:
    def waits(wait: int, interval: int, repeat: int) -> dict[str, Value]:
        spans = {"group_wait": wait, "group_interval": interval, "repeat_interval": repeat}
        return {name: _span(max(1, seconds // choices.hurry)) for name, seconds in spans.items()}

    quiet: dict[str, Value] = {}
    if names := [interval["name"] for interval in _intervals(choices.quiet)]:
        quiet["mute_time_intervals"] = names
    # Alertmanager forgets after 120 h what it has sent: a longer repeat would be cut to that.
    four_days, four_hours, day = 96 * 3600, 4 * 3600, 24 * 3600
    watchdog: dict[str, Value] = {"receiver": OPS, "matchers": ['alertname="UpscoreWatchdog"'], **waits(0, 60, day)}
    if choices.heartbeat:
        watchdog = watchdog | {"receiver": HEARTBEAT, **waits(0, 60, 60)}
    return {
        "receiver": CATCH_ALL,
        "group_by": ["alertname", "team"],
        **waits(30, 300, four_days),
        "routes": [
            watchdog,
            {
                "receiver": OPS,
                "matchers": ['alertname=~"Upscore.+"'],
                "group_by": ["alertname"],
                **waits(10, 300, four_hours),
            },
            {
                "receiver": LEADERS,
                "matchers": ['alertname=~"SalesCompanyScoreDropped|SalesTerritoryScoreDropped"'],
                **quiet,
            },
            *[
                {"receiver": _receiver(team_id), "matchers": [f"team={_matched(team_id)}"], **quiet}
                for team_id in team_ids
            ],
        ],
    }


def _span(seconds: int) -> str:
    """A time span in the largest unit that divides it.

    >>> _span(345_600), _span(300), _span(10)
    ('4d', '5m', '10s')
    """
    units = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
    return next(f"{seconds // size}{unit}" for unit, size in units if seconds % size == 0)


def _matched(value: str) -> str:
    r"""A value as a matcher has it: in double quotes, with `\\` and `\"`; other letters as they are.

    >>> print(_matched('Köln "A" {x}\\y'))
    "Köln \"A\" {x}\\y"
    """
    return json.dumps(value, ensure_ascii=False)


def _inhibitions() -> list[dict[str, Value]]:
    def inhibit(source: str, target: str, *equal: str) -> dict[str, Value]:
        return {
            "source_matchers": [f"alertname=~{_matched(source)}"],
            "target_matchers": [f"alertname=~{_matched(target)}"],
            "equal": [*_SAME_SERVICE, *equal],
        }

    return [
        inhibit("SalesCompanyScoreDropped", f"SalesTerritoryScoreDropped|{_TEAM_DROPS}"),
        inhibit("SalesTeamScoreDropped", "SalesTeamRepsDropped", "team"),
        inhibit(_TEAM_DROPS, "SalesRepScoreDropped", "team"),
        inhibit(_NOT_TO_BE_TRUSTED, "Sales.+"),
        inhibit("UpscoreAbsent", "UpscoreWorkerDown|UpscoreNotReady"),
    ]


def _intervals(quiet: Quiet) -> list[dict[str, Value]]:
    intervals: list[dict[str, Value]] = []
    if quiet.nights:
        start, _, end = quiet.nights.partition("-")
        times = [{"start_time": start, "end_time": "24:00"}, {"start_time": "00:00", "end_time": end}]
        intervals.append({"name": "nights", "time_intervals": [{"times": times, "location": quiet.time_zone}]})
    if quiet.weekends:
        days = {"weekdays": ["saturday", "sunday"], "location": quiet.time_zone}
        intervals.append({"name": "weekends", "time_intervals": [days]})
    return intervals


def _received(name: str, addresses: Addresses, choices: Choices) -> dict[str, Value]:
    receiver: dict[str, Value] = {"name": name}
    if addresses.e_mails:
        receiver["email_configs"] = [_e_mail(address) for address in addresses.e_mails]
    if addresses.webhooks:
        receiver["webhook_configs"] = [_webhook(url, choices) for url in addresses.webhooks]
    return receiver


def _e_mail(address: str) -> dict[str, Value]:
    return {
        "to": address,
        "send_resolved": True,
        "headers": {"Subject": '{{ template "upscore.subject" . }}'},
        "text": '{{ template "upscore.text" . }}',
        "html": "",
    }


def _webhook(url: str, choices: Choices) -> dict[str, Value]:
    webhook: dict[str, Value] = {"url": url, "send_resolved": True}
    if choices.token_file:
        webhook["http_config"] = {"authorization": {"type": "Bearer", "credentials_file": choices.token_file}}
    return webhook
