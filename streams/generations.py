"""Generations: which one speaks, and what the lanes of the one before handed over, as the control topic says.

A generation is a whole state: a group, internal topics and lanes of its own, from the same inputs. One of them speaks: it alone
writes scores, alerts and dead letters, and is shown. A switch is one record, `speaker`, with the next number (`epoch`). Each
lane of the generation before then hands over, in one transaction with the row by which it knows that it is silent; once all
have, each lane of the next one takes over, in one transaction with its scores. So never both, for no subject.
docs/rebuild.md says more.

Values are JSON with names, for a lane of one version may read what one of another version wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from scoring.drops import Alert, Drop, Recovery
from streams.codec import from_json, to_json

__all__ = [
    "FIRST",
    "SPEAKER",
    "Generations",
    "Handed",
    "Memory",
    "Speaker",
    "VoiceRow",
    "about_key",
    "handed_key",
    "taken_key",
]

FIRST: Final = 1
"""The generation that speaks while no record says otherwise."""

SPEAKER: Final = b"speaker"
_HANDED, _TAKEN, _ABOUT = b"handed ", b"taken ", b"about "

_KINDS: Final[dict[str, type[Alert]]] = {"drop": Drop, "recovery": Recovery}


@dataclass(frozen=True, slots=True)
class Speaker:
    """Which generation speaks since the switch of this number, and which one did before."""

    epoch: int = 0
    generation: int = FIRST
    before: int = FIRST
    at: str = ""
    """RFC 3339 time of the switch."""

    def value(self) -> bytes:
        """As it stands on the topic."""
        return to_json(asdict(self))


@dataclass(frozen=True, slots=True)
class Memory:
    """What a lane knows of what it told: what the next one needs to tell nothing twice, and nothing not at all."""

    positions: Mapping[str, int]
    """By input topic, the offset below which what was to be told of its records is told."""
    decided: int | None
    """The last day of which drops were decided."""
    told: Mapping[str, tuple[Alert, ...]]
    """By subject, the alerts that still count."""
    shown: frozenset[str]
    """Subjects whose score is out."""

    def plain(self) -> dict[str, Any]:
        """What JSON can hold."""
        told = {
            subject: [["drop" if isinstance(alert, Drop) else "recovery", asdict(alert)] for alert in alerts]
            for subject, alerts in self.told.items()
        }
        return {
            "positions": dict(self.positions),
            "decided": self.decided,
            "told": told,
            "shown": sorted(self.shown),
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Memory:
        """What `plain` gave."""
        told = {
            subject: tuple(_alert(kind, values) for kind, values in alerts) for subject, alerts in plain["told"].items()
        }
        return cls(plain["positions"], plain["decided"], told, frozenset(plain["shown"]))


def _alert(kind: str, values: Mapping[str, Any]) -> Alert:
    known = {each.name for each in fields(_KINDS[kind])}
    return _KINDS[kind](**{name: value for name, value in values.items() if name in known})


@dataclass(frozen=True, slots=True)
class Handed:
    """That a lane is silent since a switch; `memory` None where it had not spoken: then that of the next one still holds."""

    epoch: int
    memory: Memory | None

    def value(self) -> bytes:
        """As it stands on the topic."""
        return to_json({"epoch": self.epoch, "memory": None if self.memory is None else self.memory.plain()})

    @classmethod
    def of(cls, value: bytes) -> Handed:
        """What `value` wrote."""
        plain = from_json(value)
        return cls(plain["epoch"], None if plain["memory"] is None else Memory.of(plain["memory"]))


@dataclass(frozen=True, slots=True)
class VoiceRow:
    """What a lane last did about its voice, as a row of its state."""

    epoch: int
    speaks: bool
    told_from: Mapping[str, int] = field(default_factory=dict)
    """By input topic: of records at this offset or beyond it tells what is to be told, if it speaks; before, others have.

    Of a lane that ceased to speak, where it did.
    """

    def tells_of(self, topic: str, offset: int) -> bool:
        """Whether what becomes of a record is this lane's to tell."""
        return self.speaks and offset >= self.told_from.get(topic, 0)

    def plain(self) -> list[Any]:
        """What a row can hold."""
        return [self.epoch, self.speaks, dict(self.told_from)]


class Generations:
    """What the topic says so far."""

    def __init__(self) -> None:
        """No switch yet."""
        self.speaker = Speaker()
        self.handed: dict[int, Handed] = {}
        """By partition, the newest hand-over."""
        self.taken: dict[int, int] = {}
        """By partition, the number of the switch by which it was last taken over."""
        self.about: dict[int, dict[str, Any]] = {}
        """By generation, what its state is made under, and by which scorecard."""

    def put(self, key: bytes, value: bytes | None) -> None:
        """Take a record of the topic; of a newer version's kinds nothing is taken."""
        kind, _, number = key.rpartition(b" ")
        if value is None:
            if kind + b" " == _ABOUT:
                self.about.pop(int(number), None)
        elif key == SPEAKER:
            self.speaker = Speaker(**from_json(value))
        elif kind + b" " == _HANDED:
            self.handed[int(number)] = Handed.of(value)
        elif kind + b" " == _TAKEN:
            self.taken[int(number)] = from_json(value)
        elif kind + b" " == _ABOUT:
            self.about[int(number)] = from_json(value)

    def handed_by(self, epoch: int) -> list[int]:
        """The partitions whose lanes have handed over by a switch."""
        return sorted([number for number, handed in self.handed.items() if handed.epoch == epoch])

    def taken_by(self, epoch: int) -> list[int]:
        """The partitions whose lanes have taken over by a switch."""
        return sorted([number for number, taken in self.taken.items() if taken == epoch])


def handed_key(partition: int) -> bytes:
    """The key under which a lane hands over."""
    return _HANDED + str(partition).encode()


def taken_key(partition: int) -> bytes:
    """The key under which a lane says that it has taken over."""
    return _TAKEN + str(partition).encode()


def about_key(generation: int) -> bytes:
    """The key under which a generation says what it is."""
    return _ABOUT + str(generation).encode()
