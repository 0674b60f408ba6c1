"""Fetch sessions: what the broker remembers, and what is said, make up what is wanted; whatever goes wrong, all is said again."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.fetch import FetchRequest, FetchResponse_v4, FetchResponse_v11
from aiokafka.protocol.metadata import MetadataRequest

from streams.fetch_session import FetchSession, in_sessions

Places = dict[tuple[str, int], int]

_GONE = 70
"""Kafka's error that there is no such session."""


def _wanted(places: Places) -> FetchRequest:
    by_topic: dict[str, list[tuple[int, int, int]]] = {}
    for (topic, number), offset in places.items():
        by_topic.setdefault(topic, []).append((number, offset, 1_000))
    return FetchRequest(500, 1, 50_000, 1, list(by_topic.items()))


class Broker:
    """Keeps what one session is about, as a broker does: the first request is whole, the next ones say what changes."""

    def __init__(self) -> None:
        self.places: Places = {}
        self.session = self.epoch = self.said = 0
        self.newest = 11
        self.has_room = True
        self.breaks = False

    async def send(self, node: int, request: FetchRequest) -> Any:
        assert node == 1
        struct = request.prepare({1: (4, self.newest)})
        if self.newest < 7:
            self.places = {(topic, part[0]): part[1] for topic, parts in struct.topics for part in parts}
            return FetchResponse_v4(0, [])
        struct = type(struct).decode(struct.encode())
        if struct.session_epoch == 0:
            self.places, self.session, self.epoch = {}, self.session + 1 if self.has_room else 0, 0
        elif (struct.session_id, struct.session_epoch) != (self.session, self.epoch + 1):
            return FetchResponse_v11(0, _GONE, struct.session_id, [])
        else:
            self.epoch += 1
        for topic, numbers in struct.forgotten_topics_data:
            for number in numbers:
                del self.places[topic, number]
        news = {(topic, part[0]): part[2] for topic, parts in struct.topics for part in parts}
        self.places |= news
        self.said = len(news)
        if self.breaks:
            raise KafkaConnectionError
        return FetchResponse_v11(0, 0, self.session, [])


def test_the_broker_knows_what_is_wanted_though_it_is_told_only_what_changes() -> None:
    async def scenario() -> None:
        chance, broker = random.Random(5), Broker()
        send = in_sessions(broker.send)
        wanted: Places = {(topic, number): 0 for topic in "abc" for number in range(4)}
        for _ in range(200):
            await send(1, _wanted(wanted))
            assert broker.places == wanted
            for place in chance.choices(sorted(wanted), k=3):
                wanted[place] += chance.randrange(5)
            if len(wanted) > 1 and chance.random() < 0.3:
                del wanted[chance.choice(sorted(wanted))]
            if chance.random() < 0.3:
                wanted[chance.choice("abc"), chance.randrange(4)] = chance.randrange(99)
            if chance.random() < 0.1:
                broker.session += 1  # it has let the session go: the next request is refused, the one after it is whole
                assert (await send(1, _wanted(wanted))).error_code == _GONE

    asyncio.run(scenario())


def test_what_has_not_changed_is_not_said_again() -> None:
    async def scenario() -> list[int]:
        broker, said = Broker(), []
        send = in_sessions(broker.send)
        for wanted in ({("a", 0): 0, ("a", 1): 0}, {("a", 0): 0, ("a", 1): 0}, {("a", 0): 0, ("a", 1): 7}):
            await send(1, _wanted(wanted))
            said.append(broker.said)
        return said

    assert asyncio.run(scenario()) == [2, 0, 1]


def test_after_a_request_of_which_nobody_knows_whether_it_came_the_next_is_whole() -> None:
    async def scenario() -> None:
        broker, wanted = Broker(), {("a", 0): 3, ("a", 1): 4}

        send = in_sessions(broker.send)
        await send(1, _wanted(wanted))
        broker.breaks = True
        with pytest.raises(KafkaConnectionError):
            await send(1, _wanted({("a", 0): 3}))
        broker.breaks = False
        await send(1, _wanted(wanted))
        assert broker.places == wanted
        assert broker.said == 2

    asyncio.run(scenario())


def test_a_broker_without_room_for_sessions_is_told_all_each_time() -> None:
    async def scenario() -> int:
        broker = Broker()
        broker.has_room = False
        send = in_sessions(broker.send)
        for _ in range(3):
            await send(1, _wanted({("a", 0): 3, ("a", 1): 4}))
        return broker.said

    assert asyncio.run(scenario()) == 2


def test_a_broker_of_before_sessions_is_asked_as_ever() -> None:
    async def scenario() -> None:
        broker = Broker()
        broker.newest = 4
        send = in_sessions(broker.send)
        for wanted in ({("a", 0): 3, ("a", 1): 4}, {("a", 0): 3, ("a", 1): 4}, {("a", 1): 5}):
            await send(1, _wanted(wanted))
            assert broker.places == wanted

    asyncio.run(scenario())


def test_what_is_no_fetch_goes_as_it_is() -> None:
    async def scenario() -> None:
        async def send(*sent: Any, **options: Any) -> Any:
            return sent, options

        request = MetadataRequest([])
        assert await in_sessions(send)(3, request, group=1) == ((3, request), {"group": 1})

    asyncio.run(scenario())


def test_epochs_begin_again_from_1_behind_the_last_one() -> None:
    session = FetchSession()
    answer = FetchResponse_v11(0, 0, 9, [])
    session.ask(_wanted({("a", 0): 1}))
    session.answered(answer)
    session._epoch = 2**31 - 1
    session.ask(_wanted({("a", 0): 2}))
    session.answered(answer)
    struct = session.ask(_wanted({("a", 0): 3})).prepare({1: (4, 11)})
    assert (struct.session_id, struct.session_epoch) == (9, 1)
