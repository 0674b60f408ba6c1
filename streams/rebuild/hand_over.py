"""Hand-over on behalf of a lane that no worker runs: what it would do itself at a switch, under its own transactional id.

Whoever begins a producer of that id shuts out the last one, so this is right even if a worker of that generation is alive after
all: its lane finds itself shut out, reads its rows, and is silent. The rows that are read here (`a`, `s`, `m:voice`,
`m:positions`) keep their form in all versions of the state.
"""

from __future__ import annotations

from collections.abc import Mapping

from streams.codec import pack, unpack
from streams.generations import FIRST, Handed, Memory, Speaker, VoiceRow, handed_key
from streams.kafka_clients import closed, started, transactional_producer
from streams.long_rows import LongRows
from streams.outbox import Outbox, Outgoing
from streams.partition_state import POSITIONS, SHOWN, VOICE
from streams.row_reader import read_whole_partition
from streams.settings import Settings
from streams.told_drops import TOLD, ToldDrops
from streams.topic_names import TopicNames

__all__ = ["hand_over_for", "memory_of", "voice_of"]


async def hand_over_for(settings: Settings, partition: int, speaker: Speaker) -> None:
    """Have a lane hand over by a switch, if it has not.

    Args:
        settings: those of the generation that ceases to speak; its topics are there.
        partition: the lane's.
        speaker: the switch.

    Raises:
        KafkaError: the broker went away, or a worker runs the lane after all; it hands over itself then.
    """
    names = TopicNames.of(settings)
    producer = transactional_producer(settings, partition)
    try:
        await started(producer)
        rows = await read_whole_partition(settings, names.state, partition)
        voice = voice_of(rows, settings.generation)
        if voice.epoch >= speaker.epoch:
            return
        memory = memory_of(rows, names) if voice.speaks else None
        positions = voice.told_from if memory is None else memory.positions
        outbox = Outbox()
        silent = VoiceRow(speaker.epoch, speaks=False, told_from=positions)
        outbox.put_rows(names.state, partition, [(VOICE.encode(), pack(silent.plain()))])
        outbox.put(names.generation, 0, Outgoing(handed_key(partition), Handed(speaker.epoch, memory).value()))
        await producer.begin_transaction()
        await outbox.send(producer)
        await producer.commit_transaction()
    finally:
        await closed(producer)


def voice_of(rows: Mapping[bytes, bytes], generation: int) -> VoiceRow:
    """Whether the lane of these rows speaks."""
    row = rows.get(VOICE.encode())
    return VoiceRow(0, speaks=generation == FIRST) if row is None else VoiceRow(*unpack(row))


def memory_of(rows: dict[bytes, bytes], names: TopicNames) -> Memory:
    """What the lane of these rows knows of what it told."""
    told, shown = ToldDrops(), set()
    for key, row in LongRows().joined(rows).items():
        if key.startswith(TOLD.encode()):
            told.restore(key.decode().removeprefix(TOLD), row)
        elif key.startswith(SHOWN.encode()):
            shown.add(key.decode().removeprefix(SHOWN))
    positions = unpack(rows[POSITIONS.encode()]) if POSITIONS.encode() in rows else {}
    read = {logical: positions.get(topic, 0) for topic, logical in names.inputs.items()}
    return Memory(read, told.decided, {subject: told.of(subject) for subject in told.subjects}, frozenset(shown))
