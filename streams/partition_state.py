"""Partition state: everything a lane knows, as rows that can be written down and read back."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice

from schemas.topics import ACTIVITIES
from scoring.facts import Facts
from scoring.fiscal import monday_of
from scoring.ledger import FactSums
from scoring.panes import PaneBook, Panes
from scoring.stages import GroupStage, RepStage
from scoring.windows import WINDOW_DAYS
from streams.codec import decode_facts, decode_pane, decode_route, encode_facts, encode_pane, encode_route, pack, unpack
from streams.cutting import Frame
from streams.desk import Desk
from streams.errors import StateMismatch
from streams.generations import FIRST, VoiceRow
from streams.ledger_keys import LEDGER
from streams.ledger_stage import LedgerStage
from streams.long_rows import LongRows, Row
from streams.outbox import Outbox, Outgoing
from streams.rows_made_under import compare, made_under
from streams.tally import Tally
from streams.told_drops import TOLD, ToldDrops

log = logging.getLogger(__name__)

_PANE, _GROUP, _ROUTE, SHOWN = "p", "g", "r", "s"
POSITIONS, _ABOUT, _TOPICS, _RETIRED = "m:positions", "m:about", "m:topics", "m:retired"
VOICE = "m:voice"
"""Key of the row that says whether the lane speaks: a `VoiceRow`."""
_BREATH = 500
"""Records after which the event loop gets a turn: some ten milliseconds."""
_ACTIVITIES_AT_ONCE = 2_000
"""The same of activities, which are quick: what columns cost by themselves is for many of them."""


class PartitionState:
    """The three stages of one partition, and the positions up to which each source was read."""

    def __init__(self, partition: int, desk: Desk) -> None:
        """Start empty, at the beginning of every source."""
        self.positions: dict[str, int] = {}
        self.ledger = LedgerStage(partition, desk)
        self.reps = RepStage(desk.reference.roster)
        self.groups = GroupStage()
        self.shown: set[str] = set()
        """Subjects whose score was published and not withdrawn."""
        self.told = ToldDrops()
        self.topic_ids: dict[str, str] = {}
        """The broker's ids of the sources whose positions these are."""
        self.dirty: dict[str, None] = {}
        """Subjects whose panes changed since their score was last computed."""
        self.dirty_weeks: dict[str, set[int]] = {}
        """The weeks of these panes, by subject, since week rows were last computed."""
        self._partition = partition
        self._desk = desk
        self._facts = FactSums()
        """Facts from all lanes that came with the frames of this transaction."""
        self._changed_shown: dict[str, None] = {}
        self.voice = VoiceRow(0, speaks=desk.settings.generation == FIRST)
        self.ledger.voice = self.voice
        self._voice_changed = False
        self._long_rows = LongRows()
        self._first_day_changed = False

    def take(self, frame: Frame, outbox: Outbox, tally: Tally) -> Iterator[None]:
        """Work through the part of a frame that lies at or beyond its topic's position, pausing now and then.

        Raises:
            ValueError: the frame begins beyond the position; whoever calls must have looked.
        """
        names = self._desk.names
        position = self.positions.get(frame.topic, 0)
        if frame.start > position:
            raise ValueError(
                f"frame of {frame.topic}[{frame.partition}] begins at {frame.start}; expected <= {position}"
            )
        self.ledger.look_at_the_clock(time.time_ns() // 1000)
        topic = names.inputs.get(frame.topic)
        records = iter(frame.records)
        if frame.start < position:
            records = (record for record in records if record.offset >= position)
        at_once = _ACTIVITIES_AT_ONCE if topic == ACTIVITIES else _BREATH
        while messages := list(islice(records, at_once)):
            if topic is not None:
                self.ledger.take(messages, topic, outbox, tally)
            elif frame.topic == names.forwarded:
                self.ledger.take_forwarded(messages, outbox, tally)
            elif frame.topic == names.facts:
                for message in messages:
                    self._facts.add(decode_facts(message.value))
            else:
                for message in messages:
                    self.groups.apply(decode_facts(message.value))
            yield
        self.positions[frame.topic] = max(position, frame.end)

    def apply_facts(self) -> None:
        """Add the facts of the frames so far to the panes of reps, summed up first. `write_down` does it in any case."""
        self.reps.apply(self._facts.take())

    def skip_to(self, topic: str, start: int, tally: Tally) -> None:
        """The log of a source begins at `start`, beyond its position: count what is gone and go on from there.

        Raises:
            StateMismatch: it is one of our own topics, where nothing may be missing.
        """
        position = self.positions.get(topic, 0)
        if topic not in self._desk.names.inputs:
            raise StateMismatch(
                f"{topic}[{self._partition}] begins at offset {start}, but the state has read it up to {position} only: "
                "choose another UPSCORE_APP to build the state anew from the topics"
            )
        tally.gaps[self._desk.names.inputs[topic]] += start - position
        self.positions[topic] = start

    def was_made_anew(self, topic: str) -> bool:
        """Whether a source is another topic than the one that was read: its offsets are others."""
        known = self.topic_ids.get(topic)
        return known is not None and self._desk.topic_ids.get(topic, known) != known

    def remember_topics(self, topics: Iterable[str], outbox: Outbox) -> None:
        """Write down which topics the positions are about."""
        ids = {topic: self._desk.topic_ids[topic] for topic in topics if topic in self._desk.topic_ids}
        if ids != self.topic_ids:
            self.topic_ids = ids
            rows = [(_TOPICS.encode(), pack(ids)), (POSITIONS.encode(), pack(self.positions))]
            outbox.put_rows(self._desk.names.state, self._partition, rows)

    def speak(self, voice: VoiceRow) -> None:
        """Speak from now on, or cease to."""
        self.voice = self.ledger.voice = voice
        self._voice_changed = True

    def go_back(self, topic: str, offset: int) -> None:
        """Read an input again from an offset, where it was read further: the ledger knows what it holds."""
        if offset < self.positions.get(topic, 0):
            self.positions[topic] = offset

    def begin_anew(self, topic: str, end: int) -> int:
        """A source was deleted and made anew, and ends at `end`: read it from its start.

        An input may be read again at any time, for the ledger knows what it holds. Returns the new position.

        Raises:
            StateMismatch: it is one of our own topics.
        """
        position = self.positions.get(topic, 0)
        if topic not in self._desk.names.inputs:
            raise StateMismatch(
                f"{topic}[{self._partition}] ends at offset {end}, but the state has read it up to {position}: was it deleted? "
                "Choose another UPSCORE_APP to build the state anew from the inputs"
            )
        log.warning(
            "%s[%d] was read up to %d and ends at %d now: it was made anew", topic, self._partition, position, end
        )
        self.positions[topic] = 0
        return 0

    def panes(self, subject: str) -> Panes | None:
        """The panes of a rep or a group; None where it has no facts."""
        return self.book_of(subject).by_subject.get(subject)

    def book_of(self, subject: str) -> PaneBook:
        """Where the panes of a rep or a group are."""
        return self.reps.book if subject.startswith("rep:") else self.groups.book

    def reroute(self, subjects: Iterable[str], reference_position: int) -> None:
        """Move the panes of subjects whose membership changed; `reference_position` says up to which record that is."""
        self.reps.reroute(subjects)
        self.positions[self._desk.names.reference] = reference_position

    def retire_before(self, first_day: int) -> bool:
        """Take facts of earlier days as past from now on; their panes are yet to be reduced. Whether that is news.

        It is written down, for a longer retention cannot bring back what is gone.
        """
        if first_day <= self.reps.first_day:
            return False
        self.reps.first_day = self.groups.first_day = first_day
        self._first_day_changed = True
        return True

    def show(self, subject: str) -> None:
        """Remember that a subject's score is out."""
        if subject not in self.shown:
            self.shown.add(subject)
            self._changed_shown[subject] = None

    def hide(self, subject: str) -> None:
        """Forget a subject whose score was withdrawn."""
        if subject in self.shown:
            self.shown.discard(subject)
            self._changed_shown[subject] = None

    def write_down(self, outbox: Outbox) -> None:
        """Put into the outbox what the stages pass on, the rows that changed, and the positions."""
        names = self._desk.names
        self._pass_on(self.ledger.facts.take(), names.facts, outbox)
        self.apply_facts()
        self._pass_on(self.reps.take_outgoing(), names.pane_changes, outbox)
        rows: list[Row] = [*self.ledger.take_changed(), *self.told.take_changed()]
        for kind, book in ((_PANE, self.reps.book), (_GROUP, self.groups.book)):
            for subject, day, pane in book.take_changed():
                rows.append((f"{kind}{day}:{subject}".encode(), encode_pane(pane) if pane else None))
                self.dirty[subject] = None
                self.dirty_weeks.setdefault(subject, set()).add(monday_of(day))
        for subject, route in self.reps.take_changed_routes():
            rows.append(((_ROUTE + subject).encode(), None if route is None else encode_route(route)))
        if self._first_day_changed:
            rows.append((_RETIRED.encode(), pack(self.reps.first_day)))
            self._first_day_changed = False
        if self._voice_changed:
            rows.append((VOICE.encode(), pack(self.voice.plain())))
            self._voice_changed = False
        rows.append((POSITIONS.encode(), pack(self.positions)))
        outbox.put_rows(names.state, self._partition, self._long_rows.written(rows))
        self.write_shown(outbox)

    def write_shown(self, outbox: Outbox) -> None:
        """Put into the outbox whose scores are out, as far as that changed. `write_down` does it in any case."""
        rows = [
            ((SHOWN + subject).encode(), b"1" if subject in self.shown else None) for subject in self._changed_shown
        ]
        self._changed_shown = {}
        if rows:
            outbox.put_rows(self._desk.names.state, self._partition, rows)

    def _pass_on(self, facts: list[Facts], topic: str, outbox: Outbox) -> None:
        homes = self._desk.homes.of_subjects([subject for subject, _, _ in facts])
        by_home: defaultdict[int, list[Facts]] = defaultdict(list)
        for home, fact in zip(homes, facts, strict=True):
            by_home[home].append(fact)
        for home, there in by_home.items():
            for message in encode_facts(there):
                outbox.put(topic, home, Outgoing(None, message))

    def introduce(self, outbox: Outbox) -> None:
        """Write down what the rows were made under, for the next worker to compare."""
        outbox.put_rows(
            self._desk.names.state, self._partition, [(_ABOUT.encode(), pack(made_under(self._desk.settings)))]
        )

    def restore(self, rows: dict[bytes, bytes]) -> Iterator[None]:
        """Read rows back, pausing now and then.

        Raises:
            StateMismatch: the rows were made under another time zone, partition count or version.
        """
        if (about := rows.get(_ABOUT.encode())) is not None:
            compare(unpack(about), self._desk.settings, self._partition)
        for count, (key, row) in enumerate(self._long_rows.joined(rows).items()):
            if key[:1] == LEDGER:
                self.ledger.rows[key] = row
            else:
                self._restore_row(key.decode(), row)
            if count % _BREATH == _BREATH - 1:
                yield

    def _restore_row(self, key: str, row: bytes) -> None:
        kind, rest = key[0], key[1:]
        if kind in (_PANE, _GROUP):
            day, _, subject = rest.partition(":")
            book = self.reps.book if kind == _PANE else self.groups.book
            book.restore(subject, int(day), decode_pane(row))
        elif kind == _ROUTE:
            self.reps.restore_route(rest, decode_route(row))
        elif kind == SHOWN:
            self.shown.add(rest)
        elif kind == TOLD:
            self.told.restore(rest, row)
        elif key == POSITIONS:
            self.positions = unpack(row)
        elif key == _TOPICS:
            self.topic_ids = unpack(row)
        elif key == VOICE:
            self.voice = self.ledger.voice = VoiceRow(*unpack(row))
        elif key == _RETIRED:
            self._restore_first_day(unpack(row))

    def _restore_first_day(self, first_day: int) -> None:
        if first_day > 0 and self._desk.settings.clock == "events":
            raise StateMismatch(
                f"the state of partition {self._partition} has let go everything before {date.fromordinal(first_day)}, and "
                "UPSCORE_CLOCK=events may ask for any day before: start this worker with UPSCORE_CLOCK=wall, or choose another "
                "UPSCORE_APP to build the state anew from the topics (docs/upgrade.md)"
            )
        today = self._desk.as_of.today()
        if first_day > today - WINDOW_DAYS[-1]:
            raise StateMismatch(
                f"the state of partition {self._partition} has let go everything before {date.fromordinal(first_day)}, which "
                f"windows of {date.fromordinal(today)} need: is this worker's clock right, and was the last one's? If that was "
                "wrong, choose another UPSCORE_APP to build the state anew from the topics (docs/upgrade.md)"
            )
        self.reps.first_day = self.groups.first_day = first_day
