"""Fetch session: the broker remembers what a consumer asks for, so a request says only what has changed since the last one.

Kafka's own client does so; aiokafka asks for all partitions each time, and is told of all of them, though nothing has happened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiokafka.protocol.fetch import FetchRequest

__all__ = ["FetchSession", "in_sessions"]

_FIRST_VERSION: Final = 7
"""Of fetch requests, that knows sessions."""

_LAST_EPOCH: Final = 2**31 - 1
"""Behind it they begin again, from 1: 0 begins a session."""

_Place = tuple[str, int]


class FetchSession:
    """What one broker remembers of one consumer. Requests and their answers take turns: no two are on the way at once."""

    def __init__(self) -> None:
        """Nothing is remembered: the first request is whole."""
        self._id = self._epoch = 0
        self._remembered: dict[_Place, int] = {}
        self._asked: dict[_Place, int] = {}

    def ask(self, whole: FetchRequest) -> FetchRequest:
        """A request that asks for the same as `whole`; until it is answered or `lose` was called, there is no other."""
        self._asked = {(topic, number): offset for topic, parts in whole.topics for number, offset, _ in parts}
        changed = [
            (topic, news)
            for topic, parts in whole.topics
            if (news := [part for part in parts if self._remembered.get((topic, part[0])) != part[1]])
        ]
        forgotten: dict[str, list[int]] = {}
        for topic, number in self._remembered.keys() - self._asked.keys():
            forgotten.setdefault(topic, []).append(number)
        return _RequestInSession(whole, changed, list(forgotten.items()), self._id, self._epoch)

    def answered(self, response: Any) -> None:
        """Take the broker's answer to the last request: whether it goes on with the session, or began one."""
        if response.API_VERSION < _FIRST_VERSION or response.error_code or not response.session_id:
            self.lose()
        else:
            self._id, self._epoch = response.session_id, self._epoch % _LAST_EPOCH + 1
            self._remembered = self._asked

    def lose(self) -> None:
        """Nobody knows whether the last request has come: the next one is whole, and begins another session."""
        self._epoch, self._remembered = 0, {}


class _RequestInSession(FetchRequest):  # type: ignore[misc]  # aiokafka has no types
    """A fetch request with its place in a session, which versions that know none do not send."""

    def __init__(
        self, whole: FetchRequest, changed: list[Any], forgotten: list[tuple[str, list[int]]], session: int, epoch: int
    ) -> None:
        super().__init__(
            whole._max_wait_ms,  # noqa: SLF001 - aiokafka's requests have no other way to be asked
            whole._min_bytes,  # noqa: SLF001
            whole._max_bytes,  # noqa: SLF001
            whole._isolation_level,  # noqa: SLF001
            changed,
            whole._rack_id,  # noqa: SLF001
        )
        self._session = {"session_id": session, "session_epoch": epoch, "forgotten_topics_data": forgotten}

    def build(self, request_struct_class: Any) -> Any:
        """As the broker's version has it."""
        built = super().build(request_struct_class)
        for name, value in self._session.items():
            setattr(built, name, value)
        return built


def in_sessions(send: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """The `send` of an aiokafka client, with its fetches in sessions, one with each broker; the rest goes as it is."""
    sessions: defaultdict[int, FetchSession] = defaultdict(FetchSession)

    async def sent(node: int, request: Any, **options: Any) -> Any:
        if not isinstance(request, FetchRequest):
            return await send(node, request, **options)
        session = sessions[node]
        try:
            response = await send(node, session.ask(request), **options)
        except BaseException:  # cancelled, too: the partitions may have changed under it
            session.lose()
            raise
        session.answered(response)
        return response

    return sent
