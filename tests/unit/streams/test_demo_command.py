"""How `upscore demo` may be called."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.cli import main
from streams.demo.stage import demo_settings
from streams.errors import SettingsError
from streams.local import Addresses


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--days", "0"], "0 is below 1"),
        (["--days", "many"], "'many' is not a whole number"),
        (["--reps", "-3"], "is not a whole number"),
        (["--reps", "100001"], "reps 100001 is not within"),
        (["--speed", "0"], "would never end"),
        (["--speed", "nan"], "is not a number of 0 or more"),
        (["--exit-after", "-1"], "is not a number of 0 or more"),
        (["--from", ".", "--reps", "3"], "not allowed with --from"),
        (["--from", ".", "--seed", "3"], "not allowed with --from"),
    ],
)
def test_wrong_use_ends_with_2_and_says_why(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["demo", *arguments])
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_what_cannot_be_played_or_used_ends_with_1_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--from", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith(f"upscore: {tmp_path} holds no records")
    (tmp_path / "something").touch()
    assert main(["demo", "--dir", str(tmp_path)]) == 1
    assert f"upscore: {tmp_path} is not empty" in capsys.readouterr().err


def test_the_demo_never_writes_into_the_installation_that_the_environment_names() -> None:
    environment = {
        "UPSCORE_BROKER": "production:9092",
        "UPSCORE_REDIS_URL": "redis://production",
        "UPSCORE_APP": "upscore",
        "UPSCORE_CLOCK": "wall",
        "UPSCORE_PARTITIONS": "64",
        "UPSCORE_REPLICATION": "3",
        "UPSCORE_TOPIC_PREFIX": "eu.",
        "UPSCORE_TIME_ZONE": "Europe/Berlin",
    }
    settings = demo_settings(environment, Addresses(broker="127.0.0.1:1", redis_url="redis://127.0.0.1:2/0"))
    assert (settings.broker, settings.redis_url) == ("127.0.0.1:1", "redis://127.0.0.1:2/0")
    assert (settings.app, settings.clock, settings.topic_prefix) == ("demo", "events", "")
    assert (settings.partitions, settings.replication) == (4, 1)
    assert settings.time_zone == "Europe/Berlin"


def test_a_misspelt_setting_is_an_error_before_anything_is_started() -> None:
    with pytest.raises(SettingsError, match="UPSCORE_PARTITION: unknown setting"):
        demo_settings({"UPSCORE_PARTITION": "4"})
