"""`upscore alertmanager generate`: Alertmanager's configuration from the roster of teams."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from schemas.records import Team
from streams.commands import add_settings, settings_of
from streams.commands.publish import opened
from streams.commands.reading import reading_from
from streams.errors import UpscoreError
from streams.manager_address import addresses_of
from streams.notification_routes import Choices, Quiet, routes_text, unreached
from streams.settings import Settings
from streams.team_roster import read_roster, roster_of

if TYPE_CHECKING:
    from streams.commands import Subparsers

_HOUR: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"


def register(subparsers: Subparsers) -> None:
    """Add the command `alertmanager`."""
    parser = subparsers.add_parser("alertmanager", help="the routes of alerts, from the roster of teams")
    generate = parser.add_subparsers(required=True, metavar="ACTION").add_parser(
        "generate",
        help="who gets which alert, from the managers of the teams",
        description="Write Alertmanager's configuration: each team's alerts go to the manager that its record names (e-mail "
        "addresses and URLs of webhooks, several with commas), what upscore says of itself to ops, all else to a "
        "catch-all. Teams are read from the reference topic, or from a file. Passwords and tokens are read by Alertmanager "
        "from files that are named here; a webhook's address may be a secret too: keep what is written as one.",
    )
    add, default = generate.add_argument, Choices()
    add("--to", metavar="FILE", help="write this file (default: stdout)")
    add("--check", action="store_true", help="write nothing; exit 1 if the file of --to is not as generated")
    add("--from", dest="source", metavar="FILE", help="records as NDJSON instead of the topic; - is stdin")
    for name, metavar, meaning in (
        ("ops", "ADDRESS", "who keeps upscore running"),
        ("catch_all", "ADDRESS", "who gets what goes to nobody else"),
        (
            "leaders",
            "ADDRESS",
            "who gets drops of the company and of territories (default: managers of teams in no other)",
        ),
        ("heartbeat", "URL", "called as long as alerts work (default: a message a day to ops)"),
        ("smtp", "HOST:PORT", "takes e-mails"),
        ("sender", "ADDRESS", "sends them"),
        ("smtp_user", "NAME", "its user"),
        ("smtp_password_file", "FILE", "holds its password, where Alertmanager runs"),
        ("token_file", "FILE", "holds a bearer token for webhooks, where Alertmanager runs"),
        ("templates", "GLOB", "texts of messages, from the folder of the configuration"),
    ):
        value = getattr(default, name)
        shown = f" (default: {value})" if value else ""
        add(f"--{name.replace('_', '-')}", dest=f"choice_{name}", default=value, metavar=metavar, help=meaning + shown)
    add("--no-smtp-tls", dest="choice_smtp_tls", action="store_false", help="send e-mails unencrypted")
    add("--quiet-nights", type=_night, metavar="HH:MM-HH:MM", help="send managers nothing then")
    add("--quiet-weekends", action="store_true", help="send managers nothing on Saturdays and Sundays")
    add(
        "--hurry",
        dest="choice_hurry",
        type=_at_least_one,
        default=1,
        metavar="N",
        help="divide all waits by N, for tests",
    )
    add_settings(generate, "broker", "topic_prefix", "time_zone")
    generate.set_defaults(func=_generate)


def _night(text: str) -> str:
    if not re.fullmatch(f"{_HOUR}-{_HOUR}", text) or text[:5] <= text[6:]:
        raise argparse.ArgumentTypeError(f"{text!r} is no night: expected HH:MM-HH:MM over midnight, like 19:00-07:00")
    return text


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of 1 or more")
    return int(text)


def _generate(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    choices = _choices(arguments, settings)
    teams = _teams(arguments, settings)
    text = routes_text(teams, choices)
    if arguments.check:
        return _compare(arguments.to, text)
    if arguments.to is None:
        sys.stdout.write(text)
    else:
        try:
            Path(arguments.to).write_text(text, "utf-8")  # in place: a container may have this very file mounted
        except OSError as error:
            raise UpscoreError(f"{arguments.to}: cannot be written: {error.strerror}") from error
    nobody = unreached(teams)
    print(f"{len(teams)} teams, {len(teams) - len(nobody)} with a manager who can be reached", file=sys.stderr)
    for team_id in nobody:
        print(
            f"note: team {team_id}: its record names no e-mail address or URL as manager; the catch-all gets its alerts",
            file=sys.stderr,
        )
    return 0


def _choices(arguments: argparse.Namespace, settings: Settings) -> Choices:
    given = {
        name.removeprefix("choice_"): value for name, value in vars(arguments).items() if name.startswith("choice_")
    }
    for name in ("ops", "catch_all", "leaders", "heartbeat"):
        found = addresses_of(given[name])
        if found.unknown or (not found.some and given[name] != ""):
            raise UpscoreError(f"--{name.replace('_', '-')} {given[name]!r}: expected e-mail addresses or http(s) URLs")
    for name in ("ops", "catch_all"):
        if not given[name]:
            raise UpscoreError(f"--{name.replace('_', '-')} is empty: somebody has to get these alerts; name who")
    if addresses_of(given["heartbeat"]).e_mails:
        raise UpscoreError(f"--heartbeat {given['heartbeat']!r}: expected the URL of a service that misses it")
    if given["smtp_user"] and not given["smtp_password_file"]:
        raise UpscoreError("--smtp-user is set, but no --smtp-password-file: name the file that holds the password")
    quiet = Quiet(arguments.quiet_nights or "", arguments.quiet_weekends, settings.time_zone)
    return Choices(**given, quiet=quiet)


def _teams(arguments: argparse.Namespace, settings: Settings) -> Mapping[str, Team]:
    if arguments.source is not None:
        with opened(arguments.source) as (name, file):
            return roster_of(_lines(file.read()), name)
    with reading_from(settings):
        return asyncio.run(read_roster(settings))


def _lines(content: bytes) -> list[bytes]:
    return content.removeprefix(b"\xef\xbb\xbf").split(b"\n")


def _compare(name: str | None, text: str) -> int:
    if name is None:
        raise UpscoreError("--check needs --to FILE: the file to compare with")
    try:
        held = Path(name).read_text("utf-8")
    except OSError as error:
        raise UpscoreError(f"{name}: cannot be read: {error.strerror}") from error
    if held != text:
        raise UpscoreError(f"{name} is stale: generate it again with --to and without --check, and commit the result")
    return 0
