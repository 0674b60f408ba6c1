"""The lanes' protocol in memory: logs with offsets and markers, lanes that read them in frames of any cut and crash at any time.

Everything that computes is the real thing (desks, partition states, publications, outboxes). What a lane does with Kafka is
modelled: a transaction's messages appear in the logs together or not at all, markers take up offsets, a recovering lane knows
only the rows that were committed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from random import Random
from typing import Any

from aiokafka import ConsumerRecord

from schemas.records import decode
from schemas.topics import REFERENCE
from scoring.facts import COMPANY
from scoring.improvement import norms_on
from scoring.reference import Versioned
from streams.cutting import Frame
from streams.desk import Desk, NormsMade
from streams.drop_publication import DropPublication
from streams.log_ends import Asked
from streams.outbox import Outbox
from streams.partition_state import PartitionState
from streams.publication import Publication
from streams.readiness import Readiness
from streams.ready_days import is_ready_key, ready_key
from streams.retirement import Retirement
from streams.stalls import Place
from streams.tally import Tally
from streams.week_publication import WeekPublication
from tests.unit.streams.desks import NOW_MS, message, sent

Record = ConsumerRecord[bytes | None, bytes | None]


class Logs:
    """What the broker holds: by topic and partition the committed records; markers and aborted records leave holes."""

    def __init__(self, random: Random) -> None:
        self.records: dict[tuple[str, int], list[Record]] = {}
        self.ends: Counter[tuple[str, int]] = Counter()
        self._random = random
        self._asked: list[Asked] = []

    def append(self, topic: str, partition: int, key: bytes | None, value: bytes | None, **fields: Any) -> None:
        place = (topic, partition)
        record = message(topic, value, key=key, partition=partition, offset=self.ends[place], **fields)
        self.records.setdefault(place, []).append(record)
        self.ends[place] += 1

    def commit(self, outbox: Outbox) -> None:
        """All messages of a transaction, and a marker behind them in every partition that it wrote to."""
        places = {}
        for one in sent(outbox):
            timestamp_ms = NOW_MS if one.timestamp_ms is None else one.timestamp_ms
            self.append(one.topic, one.partition, one.key, one.value, timestamp_ms=timestamp_ms, headers=one.headers)
            places[one.topic, one.partition] = None
        for place in places:
            self.ends[place] += 1

    def abort(self, outbox: Outbox) -> None:
        """Records that nobody may see, and their marker."""
        for place in {(one.topic, one.partition) for one in sent(outbox)}:
            self.ends[place] += self._random.randint(1, 5)

    def ask(self, places: Iterable[Place], least: Mapping[Place, int] | None = None) -> Asked:
        """Have the ends of partitions asked for, some time."""
        self._asked.append(Asked(places, least))
        return self._asked[-1]

    def answer(self) -> bool:
        """Say where partitions end now to all who asked; whether anybody did."""
        asked, self._asked = self._asked, []
        for one in asked:
            one.answer(self.ends)
        return bool(asked)

    def frame(self, topic: str, partition: int, position: int) -> Frame | None:
        """Some of what there is, beginning at the position or before it; None at the end of the log."""
        end = self.ends[topic, partition]
        if position >= end:
            return None
        start = self._random.choice([position, position, self._random.randint(0, position)])
        stop = self._random.randint(position + 1, end)
        held = [one for one in self.records.get((topic, partition), []) if start <= one.offset < stop]
        return Frame(topic, partition, start, stop, end - stop, held)

    def rows(self, topic: str, partition: int) -> dict[bytes, bytes]:
        """The newest value of each key."""
        rows: dict[bytes, bytes] = {}
        for record in self.records.get((topic, partition), []):
            assert record.key is not None
            if record.value is None:
                rows.pop(record.key, None)
            else:
                rows[record.key] = record.value
        return rows


class Worker:
    """A desk that follows the reference topic, the clock, the week rows and the norms at its own pace."""

    def __init__(self, desk: Desk, logs: Logs) -> None:
        self.desk = desk
        self.lanes: dict[int, Lane] = {}
        self._logs = logs
        self._positions: Counter[tuple[str, int]] = Counter()

    def follow(self, count: int | None = None) -> bool:
        """Take so many records of each topic, or all; whether there were any."""
        held = self._logs.records.get((self.desk.names.reference, 0), [])
        new = [record for record in held if record.offset >= self.desk.reference_position][:count]
        for record in new:
            self._take(record)
        if len(new) == len([record for record in held if record.offset >= self.desk.reference_read]):
            self.desk.reference_read = self._logs.ends[self.desk.names.reference, 0]
        clock = [record.value for record in self._logs.records.get((self.desk.names.clock, 0), [])]
        before = self.desk.as_of.newest
        if clock:
            self.desk.as_of.newest = int(clock[-1]) if clock[-1] else None
        shared = [self._follow_shared(names, count) for names in self._logs.records]
        return bool(new) or before != self.desk.as_of.newest or any(shared)

    def _follow_shared(self, place: tuple[str, int], count: int | None) -> bool:
        names = self.desk.names
        if place[0] not in (names.weeks, names.norms):
            return False
        new = [record for record in self._logs.records[place] if record.offset >= self._positions[place]][:count]
        for record in new:
            assert record.key is not None
            if place[0] == names.norms:
                self.desk.norms_read = record.offset + 1
            if is_ready_key(record.key):
                self.desk.ready.put(record.key, record.value)
            elif place[0] == names.weeks:
                self.desk.weeks.put(record.key, record.value)
            elif self.desk.norms.put(record.key, record.value):
                for lane in self.lanes.values():
                    lane.publication.everything_changed()
            self._positions[place] = record.offset + 1
        return bool(new)

    def keep_norms(self) -> bool:
        """Offer the norms to the company's lane, if it is here and they are not those in force; whether they were not."""
        desk = self.desk
        lane = self.lanes.get(desk.homes.of_subject(COMPANY))
        if lane is None:
            return False
        as_of = desk.as_of.day()
        norms = norms_on(as_of, desk.scorecard, desk.ground.on(as_of))
        desk.norms_made = NormsMade(desk.weeks.revision, desk.reference.everybody_revision, as_of, norms.label)
        if norms.label == desk.norms.in_force(as_of).label:
            return False
        lane.publication.offer(norms)
        return True

    def _take(self, record: Record) -> None:
        record_type, _, record_id = (record.key or b"").decode().partition(":")
        held = None
        if record.value is not None:
            headers = dict(record.headers)
            version = (int(headers["updated_at"]), int(headers["version"]))
            held = Versioned(*version, record_id, decode(REFERENCE, record.value))
        effect = self.desk.reference.put(record_type, record_id, held)
        self.desk.reference_position = self.desk.reference_read = record.offset + 1
        for lane in self.lanes.values():
            lane.publication.reference_changed(effect.concerned)
            if record_type == "fx_rate":
                lane.weeks.rates_changed()
            if record_type in ("rep", "team"):
                lane.to_reroute[record_type, record_id] = None


class Lane:
    """One partition's state, taken through the steps of `streams.lane.Lane`."""

    def __init__(
        self, partition: int, worker: Worker, logs: Logs, counted: Counter[tuple[str, str]], random: Random
    ) -> None:
        self.to_reroute: dict[tuple[str, str], None] = {}
        self.deciding: Callable[[Lane], object] = lambda _: None
        """Told whenever days are about to be decided."""
        self.partition = partition
        self.worker = worker
        self._logs, self._counted, self._random = logs, counted, random
        names = worker.desk.names
        self.sources = (*names.inputs, names.forwarded, names.facts, names.pane_changes)
        self.recover(worker)

    def recover(self, worker: Worker) -> None:
        """Forget everything; read the committed rows back, at this worker."""
        self.worker.lanes.pop(self.partition, None)
        self.worker = worker
        worker.lanes[self.partition] = self
        desk = worker.desk
        self.state = PartitionState(self.partition, desk)
        self.publication = Publication(self.partition, desk)
        self.weeks = WeekPublication(self.partition, desk)
        self.readiness = Readiness(self.partition, desk, self._logs.ask)
        self.drops = DropPublication(self.partition, desk)
        self.retirement = Retirement(desk)
        rows = self._logs.rows(desk.names.state, self.partition)
        for _ in self.state.restore(rows):
            pass
        outbox = Outbox()
        if not rows:
            self.state.introduce(outbox)
        if self.state.positions.get(desk.names.reference, 0) != desk.reference_position:
            self.state.reroute(list(self.state.reps.routes), desk.reference_position)
            self.state.write_down(outbox)
        self.to_reroute = {}
        self._logs.commit(outbox)
        self.publication.recovered()
        weeks = self._logs.rows(desk.names.weeks, self.partition)
        self.readiness.recovered(weeks.pop(ready_key(self.partition), None))
        self.weeks.recovered(weeks)

    def step(self, *, crashing: bool = False) -> bool:
        """Take some frames and commit what they change; or crash before the commit. Whether there was anything to do."""
        outbox, tally, took = Outbox(), Tally(), False
        topics = list(self.sources)
        self._random.shuffle(topics)
        frames = [self._logs.frame(topic, self.partition, self.state.positions.get(topic, 0)) for topic in topics]
        for frame in [frame for frame in frames if frame is not None][: self._random.randint(1, len(topics))]:
            took = True
            for _ in self.state.take(frame, outbox, tally):
                pass
        if self.to_reroute:
            took = True
            affected: dict[str, None] = {}
            for record_type, record_id in self.to_reroute:
                affected |= dict.fromkeys(self.state.reps.affected_by(record_type, record_id))
            self.to_reroute = {}
            self.state.reroute(affected, self.worker.desk.reference_position)
        if not took:
            return False
        self.state.write_down(outbox)
        if not self._ends(outbox, crashing=crashing):
            return True
        self._counted.update(tally.records)
        return True

    def _ends(self, outbox: Outbox, *, crashing: bool) -> bool:
        """A transaction ends: whether it was committed; in a crash it is not, and the lane recovers."""
        if crashing:
            self._logs.abort(outbox)
            self.recover(self.worker)
        else:
            self._logs.commit(outbox)
        return not crashing

    def retire(self, rows: int, *, crashing: bool = False) -> bool:
        """Let about so many rows go that are out of retention; whether there was anything to do."""
        if not self.retirement.is_due():
            return False
        outbox = Outbox()
        list(self.retirement.some(self.state, rows))
        if self.retirement.changed:
            self.state.write_down(outbox)
        self._ends(outbox, crashing=crashing)
        return True

    def publish(self, *, crashing: bool = False) -> bool:
        """Publish what changed, norms before the scores by them; whether anything went out."""
        outbox, norms = Outbox(), self.publication.has_norms
        if norms:
            self.publication.compute_norms(outbox)
        else:
            list(self.publication.compute(self.state, outbox))
        list(self.weeks.compute(self.state, outbox))
        if outbox:
            self.state.write_down(outbox)
        if not self._ends(outbox, crashing=crashing):
            return True
        self.weeks.done()
        if norms:
            self.publication.norms_done()
        else:
            self.publication.done()
        return bool(outbox)

    def tell(self, *, crashing: bool = False) -> bool:
        """Say how far the lane is, and decide the days that all are ready for; whether there was anything to do."""
        outbox, desk = Outbox(), self.worker.desk
        ready = self.readiness.look(
            self.state, moving=bool(self.to_reroute), newest_day=lambda: self.publication.newest_day(self.state)
        )
        due = self.drops.seconds_until_due(self.state, behind=desk.is_behind) == 0
        if not ready and not due:
            return False
        weeks = ready and self.readiness.needs_weeks
        if weeks:
            list(self.weeks.compute(self.state, outbox))
        if ready:
            list(self.readiness.compute(outbox))
        if due:
            self.deciding(self)
            list(self.drops.compute(self.state, outbox))
        self.state.write_down(outbox)
        if not self._ends(outbox, crashing=crashing):
            return True
        if weeks:
            self.weeks.done()
        if ready:
            self.readiness.done()
        return True


class Exchange:
    """Two workers with the lanes of all partitions, and the logs between them."""

    def __init__(self, desks: list[Desk], random: Random) -> None:
        self.logs = Logs(random)
        self.counted: Counter[tuple[str, str]] = Counter()
        self.random = random
        self.workers = [Worker(desk, self.logs) for desk in desks]
        self.names = desks[0].names
        self.lanes = [
            Lane(partition, random.choice(self.workers), self.logs, self.counted, random)
            for partition in range(desks[0].settings.partitions)
        ]

    def deliver(self, topic: str, key: bytes | None, value: bytes | None, timestamp_ms: int = NOW_MS) -> None:
        """A producer's message, on whatever partition."""
        self.logs.append(topic, self.random.randrange(len(self.lanes)), key, value, timestamp_ms=timestamp_ms)

    def anything(self, crashes: float) -> None:
        """One random step of anyone."""
        lane = self.random.choice(self.lanes)
        crashing = self.random.random() < crashes
        match self.random.randrange(11):
            case 10:
                self.random.choice(self.workers).keep_norms()
            case 0 | 1:
                self.random.choice(self.workers).follow(self.random.randint(1, 3))
            case 2 if crashing:
                lane.recover(self.random.choice(self.workers))
            case 3:
                lane.publish(crashing=crashing)
            case _:
                lane.step(crashing=crashing)

    def until_quiet(self) -> None:
        """Everything that is still on its way arrives."""
        for _ in self._rounds():
            moved = [worker.follow() for worker in self.workers]
            moved += [lane.step() for lane in self.lanes]
            if not any(moved):
                moved = [lane.publish() for lane in self.lanes]
            if not any(moved):
                moved = [worker.keep_norms() for worker in self.workers]
            if not any(moved):
                return

    def until_told(self) -> None:
        """And everything is told that is to be told of the days that are over."""
        for _ in self._rounds():
            self.until_quiet()
            if not any([*[lane.tell() for lane in self.lanes], self.logs.answer()]):
                return

    def _rounds(self) -> Iterator[int]:
        yield from range(10_000)
        raise AssertionError("it never becomes quiet")

    def read(self, topic: str) -> list[Record]:
        """All committed records of a topic."""
        return [record for (name, _), held in self.logs.records.items() if name == topic for record in held]
