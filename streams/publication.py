"""Publication: which subjects' scores are due, when, and what goes out.

What changed is taken up as often as the setting says, and scored in slices, whoever has waited longest first: see
`streams/scoring_turns.py`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from scoring.facts import COMPANY
from scoring.improvement import Improvement
from scoring.kept_readings import KeptReadings
from scoring.line import newest_business_day
from scoring.norms import Norms
from scoring.score import Scorer
from scoring.standing_told import standing_told
from streams.as_of import known_at
from streams.codec import to_json
from streams.desk import Desk
from streams.norms_book import norms_rows
from streams.outbox import Outbox, Outgoing
from streams.partition_state import PartitionState
from streams.scoring_turns import SHARE, SHARE_WHILE_BEHIND

_TOGETHER: Final = 25
"""Subjects whose slopes are worked out at once."""

GRACE: Final = 0.8
"""For so long, in parts of the time between two publications, what is due waits for records to go out with: where few come,
the next ones are fetched within `streams.pace.LONGEST_SECONDS`."""

_SLICE_SECONDS: Final = 0.02
"""After so long no more of them are taken: records wait."""

_FEW: Final = 20
"""So many subjects, some five milliseconds, need no turn where records take them along: by themselves they cost more."""


class Publication:
    """The published scores of one lane, and when the next are due."""

    def __init__(self, partition: int, desk: Desk) -> None:
        """Nothing is due before `recovered`."""
        self.scores: dict[str, dict[str, Any]] = {}
        """The newest published score of each subject; replaced, never changed."""
        self.whole = False
        """Whether all subjects have been scored, and that is committed, since the lane was recovered."""
        self._partition = partition
        self._desk = desk
        self._everything = False
        self._waiting: dict[str, None] = {}
        """Subjects whose score is due; who has waited longest stands first."""
        self._concerned: dict[str, None] = {}
        """Subjects of which reference records say something new."""
        self._taken_up_at = 0.0
        self._pass_seconds = 0.0
        """What all slices took since somebody was last due."""
        self._as_of: int | None = None
        self._pending: dict[str, dict[str, Any] | None] = {}
        self._fresh_norms: Norms | None = None
        self._norms_going_out: Norms | None = None
        self._improvement: Improvement | None = None
        self._of_everybody = False
        """Whether all subjects are among those that wait, or are scored and not yet done."""
        self._read_by: tuple[Scorer, Improvement] | None = None
        self._kept = KeptReadings()

    def offer(self, norms: Norms) -> None:
        """Norms to be published, if this lane is the company's."""
        self._fresh_norms = norms

    @property
    def has_norms(self) -> bool:
        """Whether there are norms to be published."""
        return self._fresh_norms is not None

    def compute_norms(self, outbox: Outbox) -> None:
        """Put them into the outbox. Scores follow once they have been read: as they are now, they would go out twice."""
        self._norms_going_out = self._fresh_norms
        if self._fresh_norms is not None:
            for row in norms_rows(self._fresh_norms):
                outbox.put(self._desk.names.norms, 0, Outgoing(*row))

    def norms_done(self) -> None:
        """They are committed."""
        if self._fresh_norms is self._norms_going_out:  # else newer ones were offered meanwhile
            self._fresh_norms = None

    def recovered(self) -> None:
        """Every subject counts as changed, for nobody knows which scores still went out."""
        self.scores, self.whole = {}, False
        self._kept.clear()
        self._everything, self._waiting, self._concerned = True, {}, {}
        self._taken_up_at = self._pass_seconds = 0.0
        self._desk.turns.leave(self._partition)

    def everything_changed(self) -> None:
        """Any score may have: by other norms, another topic."""
        self._everything = True

    def reference_changed(self, concerned: frozenset[str] | None) -> None:
        """A reference record changed: the scores of these subjects may have, None: any."""
        if concerned is None:
            self._everything = True
        else:
            homes = self._desk.homes
            self._concerned |= {subject: None for subject in concerned if homes.of_subject(subject) == self._partition}

    def seconds_until_due(self, state: PartitionState, *, alone: bool = False) -> float | None:
        """How long nothing has to be scored here; None while nothing has changed. `alone`: in a transaction of its own."""
        desk, pause = self._desk, 0.0
        if not self._waiting:
            as_of = desk.as_of.day()
            slopes_in: float | None = 0.0
            changed = self._everything or self._concerned or state.dirty
            if not (changed or self._as_of != as_of or self._clock_is_behind(state)):
                slopes_in = desk.improvement.seconds_until_due(self._improvement, as_of)
            if slopes_in is None:
                desk.turns.leave(self._partition)
                return None
            pause = desk.settings.publish_seconds * (1 + GRACE * alone)
            pause = max(slopes_in, self._taken_up_at + pause - time.monotonic())
        if pause > 0:
            desk.turns.leave(self._partition)
            return pause
        if not alone and self._few_are_due(state):
            return 0.0
        return desk.turns.seconds_until(self._partition)

    def _few_are_due(self, state: PartitionState) -> bool:
        """Whether it is some subjects only, and nothing that moves everybody."""
        as_of = self._desk.as_of.day()
        of_all = self._everything or as_of != self._as_of
        of_all |= self._desk.improvement.seconds_until_due(self._improvement, as_of) == 0
        return not of_all and len(self._waiting) + len(self._concerned) + len(state.dirty) <= _FEW

    def compute(self, state: PartitionState, outbox: Outbox, *, whole: bool = False) -> Iterator[None]:
        """Put scores that are due into the outbox, a slice of them or, if `whole`, all, pausing after each."""
        began = time.monotonic()
        desk = self._desk
        if self._clock_is_behind(state):
            newest = self.newest_day(state)
            outbox.put(desk.names.clock, 0, Outgoing(b"newest", None if newest is None else str(newest).encode()))
        as_of = desk.as_of.day()
        if whole or not self._waiting or began >= self._taken_up_at + desk.settings.publish_seconds:
            self._take_up(state, as_of)
        self._pending = {}
        scorer, improvement, now = *self._scorer(as_of), known_at()
        until = time.monotonic() + _SLICE_SECONDS
        while self._waiting and (whole or time.monotonic() < until):
            some = list(islice(self._waiting, _TOGETHER))
            improvement.work_out([subject for subject in some if self._exists(state, subject)])
            for subject in some:
                del self._waiting[subject]
                if self._exists(state, subject):
                    score = self._kept.score(scorer, subject, state.book_of(subject), now)
                    outbox.put(self._topic(state), self._partition, Outgoing(subject.encode(), to_json(score)))
                    state.show(subject)
                    self._pending[subject] = score
                elif subject in state.shown:
                    self._withdraw(state, subject, outbox)
                yield
        self._give_turn(time.monotonic() - began)

    def _give_turn(self, seconds: float) -> None:
        """The slice is computed, which took so long: the next lane may begin with its own while this one is committed."""
        share = SHARE_WHILE_BEHIND if self._desk.backlog.is_in_the_way else SHARE
        self._desk.turns.done(self._partition, seconds, share)
        self._pass_seconds += seconds

    def _take_up(self, state: PartitionState, as_of: int) -> None:
        """Let those wait for their score whose panes have changed, or everybody."""
        everything = self._everything or as_of != self._as_of
        everything |= self._renew_improvement(as_of)
        changed, state.dirty, self._concerned = self._concerned | state.dirty, {}, {}
        self._waiting |= {subject: None for subject in changed if not subject.startswith("split:")}
        if everything:
            self._waiting |= dict.fromkeys(self._owned(state)) | dict.fromkeys(state.shown)
            self._of_everybody = True
        self._everything, self._as_of = False, as_of
        self._taken_up_at = time.monotonic()

    def _topic(self, state: PartitionState) -> str:
        return self._desk.names.scores if state.voice.speaks else self._desk.names.silent_scores

    def _withdraw(self, state: PartitionState, subject: str, outbox: Outbox) -> None:
        """The subject is gone."""
        for topic in dict.fromkeys(
            (self._topic(state), self._desk.names.silent_scores)
        ):  # the other one may still have it
            outbox.put(topic, self._partition, Outgoing(subject.encode(), None))
        state.hide(subject)
        self._pending[subject] = None

    def done(self) -> None:
        """The computed scores are committed: show them."""
        scores = dict(self.scores)
        for subject, score in self._pending.items():
            if score is None:
                scores.pop(subject, None)
            else:
                scores[subject] = score
        self.scores = scores
        self._desk.show(self._pending)
        self._pending = {}
        if not self._waiting:
            self._pass_is_over()

    def _pass_is_over(self) -> None:
        """Nobody waits any longer."""
        self.whole = True  # the first time after a recovery it is everything
        self._desk.metrics.publish.set(self._pass_seconds)
        if self._of_everybody:
            self._desk.improvement.costs[self._partition] = self._pass_seconds
        self._of_everybody, self._pass_seconds = False, 0.0

    def score_now(self, state: PartitionState, subject: str) -> dict[str, Any] | None:
        """A subject's score from the state as it is; None if it does not exist or is not this lane's."""
        if self._desk.homes.of_subject(subject) != self._partition or not self._exists(state, subject):
            return None
        return self._kept.score(self._scorer(self._desk.as_of.day())[0], subject, state.book_of(subject), known_at())

    def standing_now(self, state: PartitionState, subject: str) -> dict[str, Any] | None:
        """What the score of `score_now` is made of; None likewise."""
        if self._desk.homes.of_subject(subject) != self._partition or not self._exists(state, subject):
            return None
        kept_from = state.reps.first_day if subject.startswith("rep:") else state.groups.first_day
        return standing_told(
            self._scorer(self._desk.as_of.day())[0], subject, state.panes(subject), known_at(), kept_from
        )

    def _scorer(self, as_of: int) -> tuple[Scorer, Improvement]:
        """The scorer of a date and its slopes: the last ones as long as they say the same, for scores are kept with them."""
        desk = self._desk
        improvement = desk.improvement.on(as_of)
        norms = desk.norms.in_force(as_of)
        if self._read_by is not None:
            scorer, read_before = self._read_by
            if scorer.as_of == as_of and scorer.norms is norms and read_before is improvement:
                return scorer, improvement
        scorer = Scorer(desk.reference, desk.scorecard, as_of, norms, improvement.of)
        self._read_by = scorer, improvement
        return self._read_by

    def _renew_improvement(self, as_of: int) -> bool:
        """Take the slopes that all lanes go by; whether they are others than before."""
        before, self._improvement = self._improvement, self._desk.improvement.on(as_of)
        return self._improvement is not before

    def _owned(self, state: PartitionState) -> Iterable[str]:
        """Every subject that may exist here."""
        roster = self._desk.reference.roster
        named = ["rep:" + rep_id for rep_id in roster.reps]
        named += sorted(roster.named_groups())
        named.append(COMPANY)
        here = [subject for subject in named if self._desk.homes.of_subject(subject) == self._partition]
        return dict.fromkeys([*state.reps.book.by_subject, *state.groups.book.by_subject, *here])

    def _exists(self, state: PartitionState, subject: str) -> bool:
        roster = self._desk.reference.roster
        if state.panes(subject) is not None:
            return True
        if subject.startswith("rep:"):
            return subject.removeprefix("rep:") in roster.reps
        if subject == COMPANY:
            return bool(roster.reps or roster.teams)
        return subject in roster.named_groups()

    def newest_day(self, state: PartitionState) -> int | None:
        """The newest business date among the company's facts, not beyond today; None in a lane that does not own the company."""
        return newest_business_day(state.groups.book.by_subject.get(COMPANY, {}), self._desk.as_of.today())

    def _clock_is_behind(self, state: PartitionState) -> bool:
        """Whether this lane owns the company and knows another newest business date than the workers were told."""
        desk = self._desk
        if desk.settings.clock != "events" or desk.homes.of_subject(COMPANY) != self._partition:
            return False
        return self.newest_day(state) != desk.as_of.newest
