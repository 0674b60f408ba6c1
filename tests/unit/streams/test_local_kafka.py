"""What the local Kafka is told."""

from __future__ import annotations

from streams.local.kafka import server_properties

PORTS = {"broker": 20_001, "controller": 20_002}


def _settings(overrides: dict[str, str]) -> dict[str, str]:
    return dict(line.split("=", 1) for line in server_properties(PORTS, overrides).splitlines())


def test_it_listens_on_loopback_alone() -> None:
    settings = _settings({})
    assert settings["listeners"] == "BROKER://127.0.0.1:20001,CONTROLLER://127.0.0.1:20002"
    assert settings["advertised.listeners"] == "BROKER://127.0.0.1:20001"
    assert settings["controller.quorum.voters"] == "1@127.0.0.1:20002"


def test_nothing_is_forgotten_or_made_unasked() -> None:
    settings = _settings({})
    assert settings["log.retention.ms"] == settings["log.retention.bytes"] == "-1"
    assert settings["auto.create.topics.enable"] == "false"


def test_an_override_wins_and_a_new_line_is_added() -> None:
    settings = _settings({"log.retention.ms": "60000", "message.max.bytes": "2000000"})
    assert settings["log.retention.ms"] == "60000"
    assert settings["message.max.bytes"] == "2000000"
