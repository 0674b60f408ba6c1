"""Rows made under: what a state depends on beside records; a worker that has it otherwise stops and says what to do."""

from __future__ import annotations

from typing import Any, Final

from streams.errors import StateMismatch
from streams.settings import Settings

ROWS_VERSION: Final = 3
"""Version of the rows of `streams.partition_state`."""


def made_under(settings: Settings) -> dict[str, Any]:
    """What is written down beside the rows, for the next worker to compare."""
    return {
        "rows_version": ROWS_VERSION,
        "time_zone": settings.time_zone,
        "partitions": settings.partitions,
        "partitioner": settings.partitioner,
    }


def compare(held: dict[str, Any], settings: Settings, partition: int) -> None:
    """Take rows that were made under `held`, if they are as these settings would make them.

    Raises:
        StateMismatch: they were made under another version, time zone, partition count or partitioner.
    """
    _compare_version(held.get("rows_version"), settings, partition)
    for name, value in made_under(settings).items():
        if held.get(name) != value:
            raise StateMismatch(
                f"the state of partition {partition} was made with {name} {held.get(name)!r}, this worker has {value!r}: "
                "start it with the old value, or choose another UPSCORE_APP to build the state anew from the topics"
            )


def _compare_version(version: Any, settings: Settings, partition: int) -> None:
    if version == ROWS_VERSION:
        return
    made = f"the state of partition {partition} was made by "
    if isinstance(version, int) and version > ROWS_VERSION:
        raise StateMismatch(
            f"{made}a newer upscore: its rows are of version {version}, this one knows {ROWS_VERSION}. Upgrade this worker"
        )
    raise StateMismatch(
        f"{made}an older upscore: its rows are of version {version}, this one writes {ROWS_VERSION}. Let the older workers "
        f"run, and start this one with UPSCORE_GENERATION={settings.generation + 1}: it builds the state anew from the input "
        "topics beside them, until `upscore rebuild switch` (docs/rebuild.md)"
    )
