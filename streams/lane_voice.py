"""Lane voice: when a lane ceases to speak, or begins to, and what it writes then, in one transaction with all it depends on.

The row by which a lane knows whether it speaks is one of its state, so a killed lane's next owner knows too, and a lane that was
fenced out between cannot have said a word more: whoever begins a lane's producer shuts the old one out before it reads that row.
"""

from __future__ import annotations

import logging
from typing import Literal

from streams.codec import to_json
from streams.desk import Desk
from streams.generations import Handed, Memory, VoiceRow, about_key, handed_key, taken_key
from streams.outbox import Outbox, Outgoing
from streams.partition_state import PartitionState
from streams.rows_made_under import made_under

log = logging.getLogger(__name__)

Step = Literal["hand over", "take over", "go on"]


class LaneVoice:
    """The voice of one lane."""

    def __init__(self, partition: int, desk: Desk) -> None:
        """Whether the lane speaks is its state's to say."""
        self._partition = partition
        self._desk = desk

    def step(self, state: PartitionState) -> Step | None:
        """What is to be done by the newest switch that is known here; None while nothing is."""
        speaker, mine = self._desk.generations.speaker, self._desk.settings.generation
        if state.voice.epoch >= speaker.epoch:
            return None
        if mine == speaker.generation:
            if state.voice.speaks:
                return "go on"
            handed = self._desk.generations.handed_by(speaker.epoch)
            return "take over" if len(handed) == self._desk.settings.partitions else None
        if mine == speaker.before or state.voice.speaks:
            return "hand over"
        return None

    def compute(self, step: Step, state: PartitionState, outbox: Outbox) -> None:
        """Put it into the outbox, and the row into the state; of a lane that takes over, scores must go the same way."""
        generations, names = self._desk.generations, self._desk.names
        epoch = generations.speaker.epoch
        if step == "hand over":
            handed = Handed(epoch, self._memory(state) if state.voice.speaks else None)
            positions = state.voice.told_from if handed.memory is None else handed.memory.positions
            state.speak(VoiceRow(epoch, speaks=False, told_from=positions))
            outbox.put(names.generation, 0, Outgoing(handed_key(self._partition), handed.value()))
            return
        if step == "take over":
            memory = generations.handed[self._partition].memory
            told_from = state.voice.told_from if memory is None else memory.positions
            state.speak(VoiceRow(epoch, speaks=True, told_from=told_from))
            if memory is not None:
                state.told.take_over(memory.told, memory.decided)
                for subject in memory.shown:
                    state.show(subject)
            for topic, logical in names.inputs.items():  # what this lane has read and that one had not: it is told now
                state.go_back(topic, told_from.get(logical, 0))
        else:
            state.speak(VoiceRow(epoch, speaks=True, told_from=state.voice.told_from))
        outbox.put(names.generation, 0, Outgoing(taken_key(self._partition), to_json(epoch)))

    def say(self, step: Step) -> None:
        """Tell the log, once it is committed."""
        speaker = self._desk.generations.speaker
        log.info("lane %d: %s; generation %d speaks", self._partition, _DONE[step], speaker.generation)

    def introduce(self, outbox: Outbox) -> None:
        """Put into the outbox what this generation is, where the topic does not say so; one lane does it for all."""
        if self._partition != 0:
            return
        settings = self._desk.settings
        about = made_under(settings) | {"scorecard": self._desk.scorecard.label, "clock": settings.clock}
        if self._desk.generations.about.get(settings.generation) != about:
            outbox.put(self._desk.names.generation, 0, Outgoing(about_key(settings.generation), to_json(about)))

    def _memory(self, state: PartitionState) -> Memory:
        positions = {logical: state.positions.get(topic, 0) for topic, logical in self._desk.names.inputs.items()}
        told = {subject: state.told.of(subject) for subject in state.told.subjects}
        return Memory(positions, state.told.decided, told, frozenset(state.shown))


_DONE = {"hand over": "handed over", "take over": "took over", "go on": "goes on"}
