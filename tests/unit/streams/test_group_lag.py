"""The group's lag while there is no broker, and when what was known is known no longer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping

import pytest

from streams import group_lag
from streams.group_lag import GroupLag
from streams.program_metrics import ProgramMetrics
from streams.settings import Settings
from tests.installation import wait_until


def test_without_a_broker_it_says_that_nothing_is_known_and_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_lag, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr("streams.admin_client.ANSWER_SECONDS", 0.01)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    shown: list[Mapping[str, int] | None] = []
    lag = GroupLag(Settings(broker=f"127.0.0.1:{port}"), shown.append)
    lag.start()
    wait_until(lambda: len(shown) > 2, 20, "several attempts")
    lag.stop()
    wait_until(lambda: "group-lag" not in {thread.name for thread in threading.enumerate()}, 20, "the thread to end")
    assert set(shown) == {None}


def test_a_lag_that_is_not_known_is_no_series() -> None:
    metrics = ProgramMetrics()

    def shown(topic: str) -> float | None:
        return metrics.registry.get_sample_value("upscore_group_lag_records", {"topic": topic})

    assert shown("sales.events.v1") is None
    metrics.show_group_lag({"sales.events.v1": 7, "sales.feedback.v1": 0})
    assert (shown("sales.events.v1"), shown("sales.feedback.v1")) == (7, 0)
    metrics.show_group_lag(None)
    assert (shown("sales.events.v1"), shown("sales.feedback.v1")) == (None, None)
