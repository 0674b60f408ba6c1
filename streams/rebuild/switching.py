"""Switching: another generation made to speak, and waited for until it does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiokafka.errors import KafkaError

from streams.admin_client import admin_client
from streams.generations import Generations, Speaker
from streams.rebuild.control import SwitchRefused, SwitchUnfinished, announce, read_generations
from streams.rebuild.hand_over import hand_over_for
from streams.rebuild.standing import Standing, standings, there
from streams.settings import Settings

__all__ = ["NEAR", "Switched", "refuse_unless_ready", "switch"]

NEAR: Final = 1_000
"""Records that the next generation may have yet to read: they are read in less than a second."""
_LOOK_SECONDS: Final = 0.1
_DEAD_SECONDS: Final = 3.0
"""After so long without a word of a lane, whether any worker is there that could run it is looked at."""
_MUST_AGREE: Final = ("partitions", "partitioner")
"""By these a subject has its lane, to which a memory of what was told is handed."""


@dataclass(frozen=True, slots=True)
class Switched:
    """How it went.

    Attributes:
        speaker: the switch.
        handed_seconds: after which every lane of the one before was silent.
        taken_seconds: after which every lane of the next one spoke.
        on_behalf: lanes that were handed over here, for no worker ran them.
    """

    speaker: Speaker
    handed_seconds: float
    taken_seconds: float
    on_behalf: tuple[int, ...]


async def switch(
    settings: Settings,
    generation: int,
    known: Generations,
    *,
    patience_seconds: float = 120.0,
    tell: Callable[[str], None],
) -> Switched:
    """Make a generation speak, and return once it does.

    Args:
        settings: of the installation.
        generation: the one.
        known: what the control topic said when it was decided.
        patience_seconds: how long lanes are waited for. What is begun goes on without us.
        tell: takes what is worth a line of progress.

    Raises:
        SwitchRefused: somebody else switched meanwhile.
        SwitchUnfinished: lanes have not done their part in time.
        KafkaError: the broker went away.
    """
    speaker = await announce(settings, generation, known.speaker)
    began = time.monotonic()
    tell(f"generation {generation} is to speak instead of generation {speaker.before}")
    handed_after: float | None = None
    on_behalf: list[int] = []
    look_at = began + _DEAD_SECONDS
    while True:
        generations = await read_generations(settings)
        handed, taken = generations.handed_by(speaker.epoch), generations.taken_by(speaker.epoch)
        now = time.monotonic()
        if handed_after is None and len(handed) == settings.partitions:
            handed_after = now - began
        if len(taken) == settings.partitions:
            return Switched(speaker, handed_after or now - began, now - began, tuple(on_behalf))
        if now - began > patience_seconds:
            raise SwitchUnfinished(_unfinished(settings, speaker, handed, taken))
        if handed_after is None and now > look_at:
            look_at = now + _DEAD_SECONDS
            missing = [number for number in range(settings.partitions) if number not in handed]
            on_behalf += await _hand_over_missing(settings, speaker, missing, tell)
        await asyncio.sleep(_LOOK_SECONDS)


def refuse_unless_ready(generation: int, found: Sequence[Standing], generations: Generations, partitions: int) -> None:
    """Return if a generation is fit to speak now.

    Raises:
        SwitchRefused: it is not, and why.
    """
    speaker = generations.speaker
    if generation == speaker.generation:
        raise SwitchRefused(f"generation {generation} speaks already")
    unfinished = speaker.epoch and len(generations.taken_by(speaker.epoch)) < partitions
    if unfinished and generation != speaker.before:
        raise SwitchRefused(
            f"the switch to generation {speaker.generation} is not finished: wait for it (`upscore rebuild status`), or go back"
        )
    next_one = next((each for each in found if each.generation == generation), None)
    if next_one is None:
        raise SwitchRefused(f"there is no generation {generation}: start workers with UPSCORE_GENERATION={generation}")
    if not next_one.workers:
        raise SwitchRefused(
            f"no worker of generation {generation} runs, so nobody would speak: start some with UPSCORE_GENERATION={generation}"
        )
    if next_one.behind > NEAR or next_one.waiting > NEAR:
        raise SwitchRefused(
            f"generation {generation} has yet to read {next_one.behind} records, and {next_one.waiting} sums wait between its "
            f"lanes: expected {NEAR} or less; wait"
        )
    before = next((each.about for each in found if each.speaks), {})
    for name in _MUST_AGREE:
        one, other = before.get(name), next_one.about.get(name)
        if one is not None and one != other:
            raise SwitchRefused(
                f"{name} of generation {speaker.generation} is {one!r}, of generation {generation} {other!r}: what was told is "
                "handed from lane to lane, so they must be the same (docs/upgrade.md has another way)"
            )


async def _hand_over_missing(
    settings: Settings, speaker: Speaker, missing: Sequence[int], tell: Callable[[str], None]
) -> list[int]:
    """Have lanes handed over whose generation has no worker; those that were."""
    of = settings.of_generation(speaker.before)
    if any(each.workers for each in await standings(settings, Generations()) if each.generation == speaker.before):
        return []
    with admin_client(settings) as client:
        is_there = speaker.before in there(settings, client)
    tell(f"no worker of generation {speaker.before} runs: handing over {len(missing)} lanes here")
    if not is_there:
        raise SwitchUnfinished(
            f"generation {speaker.before} has no state to hand over from: start a worker with "
            f"UPSCORE_GENERATION={speaker.before} once, so that it has"
        )
    done = []
    for number in missing:
        try:
            await hand_over_for(of, number, speaker)
        except KafkaError as error:
            tell(f"lane {number}: {error!r}; trying again")
        else:
            done.append(number)
    return done


def _unfinished(settings: Settings, speaker: Speaker, handed: Sequence[int], taken: Sequence[int]) -> str:
    def without(done: Sequence[int]) -> str:
        return ", ".join([str(number) for number in range(settings.partitions) if number not in done])

    if len(handed) < settings.partitions:
        return (
            f"lanes {without(handed)} of generation {speaker.before} have not handed over yet: are its workers alive? Once they "
            "have, the switch goes on by itself; `upscore rebuild status` says how far it is"
        )
    return (
        f"lanes {without(taken)} of generation {speaker.generation} do not speak yet: are its workers ready? They take over as "
        "soon as they can; `upscore rebuild back` makes the one before speak again"
    )


def plain(switched: Switched) -> dict[str, Any]:
    """The same for JSON."""
    return {
        "generation": switched.speaker.generation,
        "before": switched.speaker.before,
        "epoch": switched.speaker.epoch,
        "at": switched.speaker.at,
        "handed_seconds": round(switched.handed_seconds, 3),
        "taken_seconds": round(switched.taken_seconds, 3),
        "on_behalf": list(switched.on_behalf),
    }
