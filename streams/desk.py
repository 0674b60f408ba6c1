"""Desk: what all lanes of a worker share - settings, names, the reference, the date, and where counts go."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from schemas import topics
from schemas.currencies import EXPONENTS
from scoring.facts import COMPANY
from scoring.organisation import Organisation
from scoring.reference import Reference
from scoring.scorecard import Scorecard
from streams.backlog import Backlog
from streams.generations import Generations
from streams.ground_book import GroundBook
from streams.improvement_book import ImprovementBook
from streams.norms_book import NormsBook
from streams.partitioner import Homes
from streams.program_metrics import ProgramMetrics
from streams.ready_days import ReadyDays
from streams.settings import Settings
from streams.topic_names import topic_name
from streams.week_book import WeekBook

Show = Callable[[Mapping[str, dict[str, Any] | None]], None]
Forget = Callable[[Iterable[str]], None]


@dataclass(frozen=True, slots=True)
class TopicNames:
    """Names on the broker. `inputs` leads from the name on the broker to the logical one."""

    inputs: dict[str, str]
    forwarded: str
    facts: str
    pane_changes: str
    reference: str
    clock: str
    state: str
    weeks: str
    norms: str
    scores: str
    alerts: str
    dead_letters: str
    scorecards: str
    silent_scores: str
    generation: str

    @classmethod
    def of(cls, settings: Settings) -> TopicNames:
        """The names under the settings' prefix and application."""
        internal = {spec.name: topic_name(settings, spec) for spec in topics.INTERNALS}
        outputs = {spec.name: topic_name(settings, spec) for spec in topics.OUTPUTS}
        return cls(
            inputs={topic_name(settings, spec): spec.name for spec in topics.INPUTS},
            forwarded=internal["forwarded"],
            facts=internal["facts"],
            pane_changes=internal["pane-changes"],
            reference=internal["reference"],
            clock=internal["clock"],
            state=internal["state"],
            weeks=internal["weeks"],
            norms=internal["norms"],
            scores=outputs[topics.SCORES],
            alerts=outputs[topics.ALERTS],
            dead_letters=outputs[topics.DEAD_LETTERS],
            scorecards=outputs[topics.SCORECARDS],
            silent_scores=internal["scores"],
            generation=internal["generation"],
        )


class AsOf:
    """The date at which windows end: today, or with the `events` clock the newest business date that came in."""

    def __init__(self, clock: str, zone: tzinfo, now: Callable[[], float] = time.time) -> None:
        """Read `now` (seconds since 1970) for today; `newest` is set as it becomes known."""
        self._clock = clock
        self._zone = zone
        self._now = now
        self.newest: int | None = None

    def today(self) -> int:
        """The local date by the wall clock."""
        return datetime.fromtimestamp(self._now(), self._zone).toordinal()

    def day(self) -> int:
        """The `as_of` of every score now. Without any business date yet: today."""
        today = self.today()
        return today if self._clock == "wall" or self.newest is None else min(self.newest, today)


class NormsMade(NamedTuple):
    """Of what norms were last worked out here: revisions of week rows and people, and the date; and what they are called."""

    weeks: int
    people: int
    as_of: int
    label: str


@dataclass(slots=True)
class Desk:
    """What all lanes of a worker share."""

    settings: Settings
    scorecard: Scorecard
    names: TopicNames
    homes: Homes
    organisation: Organisation
    reference: Reference
    as_of: AsOf
    metrics: ProgramMetrics
    show: Show
    """Takes what was published, by subject key; None where a subject is gone. It must not block."""
    forget: Forget
    """Told the subjects that another worker owns from now on."""
    norms: NormsBook
    weeks: WeekBook
    ground: GroundBook
    improvement: ImprovementBook
    ready: ReadyDays
    generations: Generations
    reference_position: int = 0
    """Up to which offset of the internal reference topic `reference` has taken records."""
    reference_read: int = 0
    """Up to which offset that topic was read, with what takes up offsets and is no record."""
    norms_read: int = 0
    """Up to which offset of the norms topic `norms` has taken rows."""
    norms_made: NormsMade | None = None
    """What the norms that are in force, or on their way, were made of; where the company's lane is."""
    topic_ids: dict[str, str] = field(default_factory=dict)
    """The broker's ids of topics, by name: another one means that a topic was made anew."""
    newest_day_seen: int = 0
    """The newest business date of any record applied, not beyond today."""
    failure: BaseException | None = None
    """Why the worker ends, where it ends by a bug or a state that does not fit."""
    publish_cost: dict[int, float] = field(default_factory=dict)
    """Seconds that the last publication took, by lane."""
    sums_cost: dict[int, float] = field(default_factory=dict)
    """Seconds that the last taking of other lanes' sums took, by lane."""
    passing: Callable[[str, int], None] = lambda _point, _partition: None
    """Told at which point of its work a lane is (`streams/lane.py`); fault tests end or stop the process there."""
    told: Callable[[Sequence[Mapping[str, Any]]], None] = lambda _alerts: None
    """Takes the alerts that a lane has sent, once they are committed. It must not block."""
    backlog: Backlog = field(default_factory=Backlog)
    """What waits, on the broker or in the queues."""
    norms_due: bool = False
    """Whether norms are about to be worked out here, of what the last backlog brought."""

    @property
    def is_behind(self) -> bool:
        """Whether this worker has a backlog."""
        return self.backlog.is_behind

    @property
    def norms_pending(self) -> bool:
        """Whether norms are about to be worked out here, or were and are on their way to the worker's own readers."""
        made = self.norms_made
        return self.norms_due or (made is not None and made.label != self.norms.in_force(made.as_of).label)

    @property
    def known_as_of(self) -> int | None:
        """The running day; None with the `events` clock before the first event."""
        return None if self.settings.clock == "events" and self.as_of.newest is None else self.as_of.day()

    @property
    def ready_day(self) -> int:
        """The day before which every day can be decided, as far as this worker has read; 0 for none."""
        return self.ready.day(self.reference_read, self.norms_read)

    @property
    def speaks(self) -> bool:
        """Whether this worker's generation is the one that speaks, or is about to."""
        return self.generations.speaker.generation == self.settings.generation

    def owns_company(self, partition: int) -> bool:
        """Whether the company is a lane's."""
        return self.homes.of_subject(COMPANY) == partition

    @classmethod
    def of(cls, settings: Settings, scorecard: Scorecard, metrics: ProgramMetrics, show: Show, forget: Forget) -> Desk:
        """The desk of one worker."""
        zone = zone_named(settings.time_zone)
        organisation = Organisation(zone, settings.base_currency, EXPONENTS)
        reference, weeks, norms = Reference(organisation), WeekBook(), NormsBook(scorecard)
        ground = GroundBook(weeks, reference, scorecard)
        names = TopicNames.of(settings)
        homes = Homes(settings.partitioner, settings.partitions)
        return cls(
            settings=settings,
            scorecard=scorecard,
            names=names,
            homes=homes,
            organisation=organisation,
            reference=reference,
            as_of=AsOf(settings.clock, zone),
            metrics=metrics,
            show=show,
            forget=forget,
            norms=norms,
            weeks=weeks,
            ground=ground,
            improvement=ImprovementBook(ground, norms, scorecard),
            ready=ReadyDays(settings.partitions, homes.of_subject(COMPANY)),
            generations=Generations(),
            backlog=Backlog(frozenset({names.facts, names.pane_changes}), names.weeks),
        )


def zone_named(name: str) -> tzinfo:
    """The time zone of a setting; UTC as the very object that moments in UTC have, so that these need no conversion."""
    return UTC if name == "UTC" else ZoneInfo(name)


def known_at() -> str:
    """Now, as scores state up to when records were taken in."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
