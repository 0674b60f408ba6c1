"""Desk: what all lanes of a worker share - settings, names, the reference, the date, and where counts go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from schemas.currencies import EXPONENTS
from scoring.facts import COMPANY
from scoring.organisation import Organisation
from scoring.reference import Reference
from scoring.scorecard import Scorecard
from streams.as_of import AsOf, zone_named
from streams.backlog import Backlog
from streams.generations import Generations
from streams.ground_book import GroundBook
from streams.improvement_book import ImprovementBook
from streams.norms_book import NormsBook
from streams.partitioner import Homes
from streams.program_metrics import ProgramMetrics
from streams.ready_days import ReadyDays
from streams.scoring_turns import ScoringTurns
from streams.settings import Settings
from streams.topic_names import TopicNames
from streams.week_book import WeekBook

Show = Callable[[Mapping[str, dict[str, Any] | None]], None]
Forget = Callable[[Iterable[str]], None]


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
    turns: ScoringTurns = field(default_factory=ScoringTurns)
    """Which lane scores next."""
    passing: Callable[[str, int], None] = lambda _point, _partition: None
    """Told at which point of its work a lane is (`streams/lane.py`); fault tests end or stop the process there."""
    told: Callable[[Sequence[Mapping[str, Any]]], None] = lambda _alerts: None
    """Takes the alerts that a lane has sent, once they are committed. It must not block."""
    backlog: Backlog = field(default_factory=Backlog)
    """What waits, on the broker or in the queues."""
    norms_due: bool = False
    """Whether norms are about to be worked out here, of what the last backlog brought."""

    norms_awaited: bool = False
    """Whether a day is decided as soon as there are norms of what is known here."""

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
        backlog = Backlog(frozenset({names.facts, names.pane_changes}), names.reference, names.weeks)
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
            improvement=ImprovementBook(ground, norms, scorecard, backlog),
            ready=ReadyDays(settings.partitions, homes.of_subject(COMPANY)),
            generations=Generations(),
            backlog=backlog,
        )
