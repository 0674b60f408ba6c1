"""What the board's page of the stream is made of: workers, lag and dead letters. Source: `schemas.board`, which has the rules."""

from __future__ import annotations

from datetime import date

from pydantic import AwareDatetime, Field

from schemas.board import Seconds, Whole
from schemas.score import Published

__all__ = ["DeadLetter", "DeadLetters", "Stream", "StreamEvent", "WorkerLine"]


class WorkerLine(Published):
    """A member of the group."""

    id: str = Field(description="As Kafka knows it.")
    url: str | None = Field(description="Where other workers reach it; null: it tells none.")
    here: bool = Field(description="It is the one that answers.")
    partitions: list[int]
    ready: bool | None = Field(description="Null where it cannot be reached.")
    rate: Seconds | None = Field(description="Records a second of the last seconds; null likewise.")
    lag_seconds: Seconds | None
    behind: Whole | None = Field(description="Records waiting for its lanes.")
    version: str | None
    uptime_seconds: Seconds | None
    error: str | None = Field(description="Why it cannot be reached; null where it can.")


class Stream(Published):
    """`/api/v1/board/stream`: all workers that can be reached, added up."""

    workers: list[WorkerLine]
    lag_seconds: Seconds | None = Field(
        description="Age of the newest record when it was applied, of the topic where that was longest; null before the first."
    )
    event_time: date | None = Field(description="Newest business date seen; null before there is one.")
    behind: Whole | None = Field(description="Records not yet taken, as the broker knows; null: not known now.")
    rate: Seconds
    records: dict[str, dict[str, Whole]] = Field(description="By topic and outcome, since each worker began.")
    dead_letters: dict[str, Whole] = Field(description="By reason, since each worker began; what is 0 is left out.")
    ready: bool = Field(description="Every worker is.")
    obstacles: list[str] = Field(description="Why not, each with its worker where it is another one.")
    version: str = Field(description="Of the worker that answers.")
    uptime_seconds: Seconds = Field(description="Likewise.")


class StreamEvent(Published):
    """`event: stream`, every two seconds: of the worker that answers, and of the others as last heard."""

    lag_seconds: Seconds | None
    event_time: date | None
    rate: Seconds
    behind: Whole | None


class DeadLetter(Published):
    """A rejected delivery."""

    time: AwareDatetime = Field(description="When it was rejected.")
    source_topic: str
    source_partition: Whole | None
    source_offset: Whole | None
    reason: str
    detail: str
    key: str | None
    text: str = Field(description="Its first 2,000 characters; what is no UTF-8 as U+FFFD. Empty for a tombstone.")
    bytes: Whole = Field(description="Its length.")


class DeadLetters(Published):
    """`/api/v1/board/dead-letters?q=&reason=&limit=`."""

    letters: list[DeadLetter] = Field(description="Newest first.")
    searched: Whole = Field(description="Letters looked through, the newest of each partition.")
    all: bool = Field(description="False: there are older ones that were not looked through.")
