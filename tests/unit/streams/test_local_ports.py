"""Ports stay the same while they are free."""

from __future__ import annotations

import socket

import pytest

from streams.errors import LocalStackError
from streams.local import ports
from streams.local.ports import LOOPBACK, RANGE, choose, is_free


def test_a_kept_port_that_is_free_is_kept() -> None:
    kept = choose(None)
    assert choose(kept) == kept


def test_a_kept_port_that_is_in_use_is_given_up() -> None:
    kept = choose(None)
    with socket.create_server((LOOPBACK, kept)):
        assert not is_free(kept)
        assert choose(kept) != kept


def test_two_services_never_get_the_same_port() -> None:
    kept = choose(None)
    assert choose(kept, taken=[kept]) != kept


def test_a_chosen_port_is_none_that_outgoing_connections_are_given() -> None:
    assert choose(None) in RANGE
    assert RANGE.stop <= 32_768


def test_no_free_port_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = choose(None)
    monkeypatch.setattr(ports, "RANGE", [kept] * 1_000)
    with socket.create_server((LOOPBACK, kept)), pytest.raises(LocalStackError, match="no free port"):
        choose(kept)
