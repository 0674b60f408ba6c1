"""`upscore rebuild`: another generation of the live state beside the running one - seen, compared, switched to, and back."""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from streams.codec import to_json
from streams.commands import add_settings, settings_of
from streams.commands.reading import reading_from
from streams.errors import UpscoreError
from streams.generations import Generations
from streams.rebuild.comparison import Comparison, compare
from streams.rebuild.control import SwitchRefused, read_generations
from streams.rebuild.removal import refuse_unless_idle, remove
from streams.rebuild.standing import Standing, standings
from streams.rebuild.switching import plain, refuse_unless_ready, switch
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.commands import Subparsers

_MOST_SHOWN = 20


def register(subparsers: Subparsers) -> None:
    """Add the command `rebuild`."""
    parser = subparsers.add_parser(
        "rebuild",
        help="another generation of the live state beside the running one",
        description="A new generation of the state is built by workers started with UPSCORE_GENERATION=2 (3, ...): they read the "
        "same inputs from the beginning and tell nobody anything until they are switched to. See docs/rebuild.md.",
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, run, text in (
        ("status", _status, "which generations there are, how far each is, and which one speaks"),
        ("compare", _compare, "compare scores of two generations to the last digit; exits 1 if any differ"),
        ("switch", _switch, "make another generation speak"),
        ("back", _back, "make the one before speak again"),
        ("remove", _remove, "remove a silent generation's topics, group and copy in Redis"),
    ):
        action = actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        if name in ("compare", "switch", "remove"):
            action.add_argument("generation", type=_number, metavar="GENERATION", help="its number")
        if name == "compare":
            action.add_argument(
                "--wait", type=float, default=10.0, metavar="SECONDS", help="look again so long for what differs (10)"
            )
        if name in ("switch", "back"):
            action.add_argument("--force", action="store_true", help="though it is behind, or nobody runs it")
        if name != "remove":
            action.add_argument("--json", action="store_true", help="one JSON object")
        add_settings(action, "broker", "app", "topic_prefix", "partitions", "redis_url", "redis_ca_file")
        action.set_defaults(func=run)


def _status(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    with reading_from(settings):
        generations, found = asyncio.run(_looked_at(settings))
    speaker = generations.speaker
    handed, taken = len(generations.handed_by(speaker.epoch)), len(generations.taken_by(speaker.epoch))
    if arguments.json:
        _print_json(
            {
                "speaker": asdict(speaker) | {"handed": handed, "taken": taken, "partitions": settings.partitions},
                "generations": [asdict(each) for each in found],
            }
        )
        return 0
    _print_table(found)
    if speaker.epoch:
        print(f"generation {speaker.generation} speaks since {speaker.at}, before it generation {speaker.before}")
        if taken < settings.partitions:
            print(f"the switch is under way: {handed} of {settings.partitions} lanes handed over, {taken} taken over")
    return 0


def _compare(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)

    async def compared() -> tuple[int, Comparison]:
        speaking = (await read_generations(settings)).speaker.generation
        if speaking == arguments.generation:
            raise UpscoreError(
                f"generation {speaking} is the one that speaks: name a silent one (`upscore rebuild status`)"
            )
        here, there = settings.of_generation(speaking), settings.of_generation(arguments.generation)
        return speaking, await compare(here, there, arguments.wait)

    with reading_from(settings):
        speaking, found = asyncio.run(compared())
    if arguments.json:
        _print_json(
            {"here": speaking, "there": arguments.generation, "same": found.same}
            | {"why": dict(found.why.most_common()), "different": [asdict(each) for each in found.different]}
        )
    else:
        print(
            f"{found.same} subjects have the same score in generations {speaking} (here) and {arguments.generation} (there)"
        )
        for reason, count in found.why.most_common():
            print(f"{count} differ: {reason}")
        _print_different(found)
    if found.different:
        raise UpscoreError(f"{len(found.different)} of {found.same + len(found.different)} subjects differ; see above")
    return 0


def _switch(arguments: argparse.Namespace) -> int:
    return _switched(arguments, arguments.generation)


def _back(arguments: argparse.Namespace) -> int:
    return _switched(arguments, None)


def _switched(arguments: argparse.Namespace, generation: int | None) -> int:
    settings = settings_of(arguments)

    async def done() -> dict[str, Any]:
        generations, found = await _looked_at(settings)
        to = generations.speaker.before if generation is None else generation
        if generation is None and not generations.speaker.epoch:
            raise SwitchRefused("there was no switch yet, so there is none to go back from")
        if not arguments.force:
            refuse_unless_ready(to, found, generations, settings.partitions)
        return plain(await switch(settings, to, generations, tell=_tell))

    with reading_from(settings):
        outcome = asyncio.run(done())
    if arguments.json:
        _print_json(outcome)
    else:
        print(
            f"generation {outcome['generation']} speaks: generation {outcome['before']} was silent after "
            f"{outcome['handed_seconds']} s, all lanes taken over after {outcome['taken_seconds']} s"
        )
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)

    async def done() -> list[str]:
        generations, found = await _looked_at(settings)
        refuse_unless_idle(arguments.generation, found, generations, settings.partitions)
        return await remove(settings.of_generation(arguments.generation))

    with reading_from(settings):
        for name in asyncio.run(done()):
            print(f"removed {name}")
    return 0


async def _looked_at(settings: Settings) -> tuple[Generations, list[Standing]]:
    generations = await read_generations(settings)
    return generations, await standings(settings, generations)


def _number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 999:  # noqa: PLR2004 - as the setting
        raise argparse.ArgumentTypeError(f"{text!r} is no generation; expected 1 to 999")
    return int(text)


def _tell(text: str) -> None:
    print(text, file=sys.stderr)


def _print_json(value: Any) -> None:
    sys.stdout.buffer.write(to_json(value) + b"\n")
    sys.stdout.buffer.flush()


def _print_table(found: list[Standing]) -> None:
    table = Table(box=None, header_style="bold")
    for column in ("generation", "", "workers", "records behind", "sums on the way", "day", "scorecard", "rows"):
        table.add_column(column)
    for each in found:
        about = each.about
        table.add_row(
            str(each.generation),
            "speaks" if each.speaks else "silent",
            str(each.workers),
            f"{each.behind:,}",
            f"{each.waiting:,}",
            "-" if each.day is None else each.day.isoformat(),
            str(about.get("scorecard", "-")),
            str(about.get("rows_version", "-")),
        )
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def _print_different(found: Comparison) -> None:
    if not found.different:
        return
    table = Table(box=None, header_style="bold")
    for column in ("subject", "here", "there", "why"):
        table.add_column(column)
    for each in found.different[:_MOST_SHOWN]:
        scores = ["none" if score is None else str(score["score"]) for score in (each.here, each.there)]
        table.add_row(each.subject, *scores, "; ".join(each.why))
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    if len(found.different) > _MOST_SHOWN:
        print(f"and {len(found.different) - _MOST_SHOWN} more: --json has all")
