"""Group lag: how far the group is behind on the inputs, as the broker says, so that it is known of dead workers' partitions too.

Every worker asks, all partitions each: they say the same, and what is left of them says it as long as there is one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from kafka.admin import KafkaAdminClient, OffsetSpec
from kafka.errors import GroupIdNotFoundError
from kafka.protocol.consumer import IsolationLevel
from kafka.structs import TopicPartition

from schemas.topics import INPUTS
from streams import topic_admin
from streams.admin_client import admin_client
from streams.errors import UpscoreError
from streams.settings import Settings

__all__ = ["EVERY_SECONDS", "GroupLag", "behind", "committed"]

EVERY_SECONDS: Final = 5.0
_OUTDATED_SECONDS: Final = 30.0
"""After so long without an answer the last one is told no more."""

log = logging.getLogger(__name__)


class GroupLag:
    """Asks the broker now and then, on a thread of its own; while it is away, nothing waits for it.

    Args:
        settings: where the broker is, and which group is asked for.
        show: takes the lag of each input topic by its logical name; None when it is not known any longer.
    """

    def __init__(self, settings: Settings, show: Callable[[Mapping[str, int] | None], None]) -> None:
        """Nothing is asked before `start`."""
        self._settings = settings
        self._show = show
        self._stopping = threading.Event()
        self._answered_at = float("-inf")

    def start(self) -> None:
        """Begin."""
        threading.Thread(target=self._run, name="group-lag", daemon=True).start()

    def stop(self) -> None:
        """Ask no more; an answer that is waited for is not waited for here."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with admin_client(self._settings) as client:
                    self._ask(client)
            except (UpscoreError, OSError) as error:  # others say loudly enough that the broker is away
                log.debug("asking for the group's lag: %s", error)
            if time.monotonic() - self._answered_at > _OUTDATED_SECONDS:
                self._show(None)
            self._stopping.wait(EVERY_SECONDS)

    def _ask(self, client: KafkaAdminClient) -> None:
        """Ask until told to stop.

        Raises:
            KafkaError: the broker does not answer.
        """
        names = {topic_admin.topic_name(self._settings, spec): spec.name for spec in INPUTS}
        partitions = [TopicPartition(topic, n) for topic in names for n in range(self._settings.partitions)]
        while not self._stopping.is_set():
            lag: Counter[str] = Counter()
            for tp, records in behind(client, self._settings.state_name, partitions).items():
                lag[names[tp.topic]] += records
            self._answered_at = time.monotonic()
            self._show(lag)
            self._stopping.wait(EVERY_SECONDS)


def behind(client: KafkaAdminClient, group: str, partitions: list[Any]) -> dict[Any, int]:
    """Records between where a group is and where each partition ends, those of open transactions left out.

    What the group has never read, it is behind by all that the partition holds.

    Raises:
        KafkaError: the broker does not answer.
    """
    positions = committed(client, group)
    ends = _offsets(client, partitions, OffsetSpec.LATEST)
    unread = [tp for tp in partitions if tp not in positions]
    starts = _offsets(client, unread, OffsetSpec.EARLIEST) if unread else {}
    return {tp: max(0, ends[tp] - positions.get(tp, starts.get(tp, 0))) for tp in partitions}


def committed(client: KafkaAdminClient, group: str) -> dict[Any, int]:
    """The positions that a group has committed, by partition; none where there is no such group.

    Raises:
        KafkaError: the broker does not answer.
    """
    try:
        positions = client.list_group_offsets({group: None})[group]
    except GroupIdNotFoundError:
        return {}
    return {tp: position.offset for tp, position in positions.items() if position.offset >= 0}


def _offsets(client: KafkaAdminClient, partitions: list[Any], spec: OffsetSpec) -> dict[Any, int]:
    found: Mapping[Any, Any] = client.list_partition_offsets(
        dict.fromkeys(partitions, spec), isolation_level=IsolationLevel.READ_COMMITTED
    )
    return {tp: offset.offset for tp, offset in found.items()}
