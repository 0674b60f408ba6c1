"""Neighbours: which workers there are, who owns what, and how another one is asked.

Each worker tells the group where it is reached, as its member's user data (`streams.frames.range_assignor`); whoever wants to
know asks the broker to describe the group. Nothing is written anywhere, and a worker that ends is gone with its membership.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

import aiohttp
from kafka.admin import KafkaAdminClient
from yarl import URL

from streams.admin_client import admin_client
from streams.errors import UpscoreError
from streams.settings import Settings

__all__ = ["ASKED_BY_NEIGHBOUR", "Answer", "Member", "Neighbours", "OwnerUnreachable", "address_of", "addresses_told"]

log = logging.getLogger(__name__)

ASKED_BY_NEIGHBOUR: Final = "Upscore-Asked-By-Neighbour"
"""Header of a question of another worker: it is answered here or not at all, so that no question goes round in circles."""
_KNOWN_SECONDS: Final = 3.0
_ANSWER_SECONDS: Final = 15.0


class OwnerUnreachable(UpscoreError):
    """The worker that owns a subject cannot be asked."""


class Member(NamedTuple):
    """A worker of the group."""

    id: str
    address: str | None
    """Where its web server is reached; None: it does not say."""
    partitions: tuple[int, ...]


class Answer(NamedTuple):
    """What another worker answered."""

    status: int
    content_type: str
    body: bytes


class Neighbours:
    """The group as the broker describes it. Everything but `close` is called on the web server's loop."""

    def __init__(self, settings: Settings, topic: str) -> None:
        """Ask nobody yet; `topic` is an input's name on the broker, whose assigned partitions tell a worker's lanes."""
        self.own_address: str | None = None
        """What this worker itself tells the group."""
        self._settings = settings
        self._topic = topic
        self._members: list[Member] = []
        self._at = float("-inf")
        self._lock = asyncio.Lock()
        self._asking = ThreadPoolExecutor(1, "web-group")
        self._session: aiohttp.ClientSession | None = None

    async def members(self) -> list[Member]:
        """All workers, by address and id, at most three seconds old.

        Raises:
            UpscoreError: the broker does not say.
        """
        async with self._lock:
            if time.monotonic() - self._at > _KNOWN_SECONDS:
                loop = asyncio.get_running_loop()
                self._members = await loop.run_in_executor(self._asking, self._describe)
                self._at = time.monotonic()
        return self._members

    async def owner(self, partition: int) -> Member:
        """The worker that a partition is assigned to.

        Raises:
            OwnerUnreachable: there is none now.
            UpscoreError: the broker does not say.
        """
        for member in await self.members():
            if partition in member.partitions:
                if member.address is not None and member.address == self.own_address:
                    raise OwnerUnreachable(
                        f"the owner of partition {partition} says that it is reached at {member.address}, where this worker is: "
                        "it has just changed hands, or UPSCORE_HTTP_URL has to say where each worker is reached"
                    )
                return member
        raise OwnerUnreachable(f"no worker owns partition {partition} now: try again in a moment")

    async def ask(
        self, member: Member, path: str, authorization: str | None, seconds: float = _ANSWER_SECONDS
    ) -> Answer:
        """What another worker answers to a GET.

        Args:
            member: whom to ask.
            path: with its query, as it was sent, percent-encoded.
            authorization: the header that goes with it; the token is the same everywhere.
            seconds: how long it may take.

        Raises:
            OwnerUnreachable: it does not say where it is, or does not answer.
        """
        if member.address is None:
            raise OwnerUnreachable(f"worker {member.id} does not say where it is reached: it is of an earlier version")
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_ANSWER_SECONDS))
        headers = {ASKED_BY_NEIGHBOUR: "1"} | ({} if authorization is None else {"Authorization": authorization})
        # The path is encoded as it came: an id's %2F must arrive as it is.
        url = URL(member.address + path, encoded=True)
        try:
            timeout = aiohttp.ClientTimeout(total=seconds)
            async with self._session.get(url, headers=headers, timeout=timeout, allow_redirects=False) as response:
                return Answer(response.status, response.content_type, await response.read())
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise OwnerUnreachable(
                f"the worker at {member.address}, which owns this, does not answer ({type(error).__name__}): try again; "
                "UPSCORE_HTTP_URL says where a worker is reached by the others"
            ) from error

    async def close(self) -> None:
        """End the connections to other workers and to the broker."""
        if self._session is not None:
            await self._session.close()
        self._asking.shutdown(wait=False, cancel_futures=True)

    def _describe(self) -> list[Member]:
        group = self._settings.state_name
        with admin_client(self._settings) as client:
            found = _described(client, group)
        members = [_member(member, self._topic) for member in found.get("members", ())]
        return sorted(members, key=lambda member: (member.address or "", member.id))


def _described(client: KafkaAdminClient, group: str) -> Mapping[str, Any]:
    described: Mapping[str, Any] = client.describe_groups([group])[group]
    return described


def addresses_told(client: KafkaAdminClient, group: str) -> list[str | None]:
    """Where each member of a group says it is reached; None for one that says nothing.

    Raises:
        KafkaError: the broker does not answer.
    """
    members = client.describe_groups([group])[group]["members"]
    return [_member(member, "").address for member in members]


def _member(member: Mapping[str, Any], topic: str) -> Member:
    subscription, assignment = member.get("member_metadata") or {}, member.get("member_assignment") or {}
    told = subscription.get("user_data") if isinstance(subscription, Mapping) else None
    assigned = assignment.get("assigned_partitions", ()) if isinstance(assignment, Mapping) else ()
    partitions = [number for each in assigned if each["topic"] == topic for number in each["partitions"]]
    return Member(member["member_id"], _address(told), tuple(sorted(partitions)))


def _address(told: object) -> str | None:
    text = told.decode(errors="replace") if isinstance(told, bytes) else told
    return text if isinstance(text, str) and text.startswith(("http://", "https://")) else None


def address_of(settings: Settings, port: int) -> str:
    """Where other workers reach this one's web server, which listens on `port`: `UPSCORE_HTTP_URL`, else by its host.

    Where it listens on all addresses, the one from which this machine reaches the broker is told.
    """
    if settings.http_url is not None:
        return settings.http_url.rstrip("/")
    host = settings.http_host
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104 - compared with, not listened on
        host = _own_address(settings.broker.partition(",")[0])
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _own_address(broker: str) -> str:
    name, _, port = broker.rpartition(":")
    try:
        family, kind, _, _, place = socket.getaddrinfo(name.strip("[]"), int(port), type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as probe:
            probe.connect(place)  # sends nothing: it only chooses the way
            return str(probe.getsockname()[0])
    except OSError:
        return socket.gethostname()
