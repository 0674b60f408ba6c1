"""Which scorecards were in force, on a real Kafka: written once, kept, found by what scores say, and used as they were."""

from __future__ import annotations

import asyncio
import csv
import json
from datetime import UTC, datetime, time, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from schemas.scorecard_in_force import ScorecardInForce
from schemas.topics import SCORECARDS
from streams import topic_admin
from streams.kafka_clients import read_topics
from streams.scorecard_file import load_scorecard
from streams.scorecard_log import InForce, digest_of, in_force_at, note_in_force, read_log, told_of
from streams.settings import Settings
from streams.topic_names import TopicNames
from tests.functional.brokers import fresh_name
from tests.functional.replayed import FIRST, LAST, MESSAGES, PARTITIONS, START_MS, ZONE, Replay, objects, produce

pytestmark = pytest.mark.kafka

DEFAULT = files("scoring").joinpath("scorecards/default.toml").read_text("utf-8")
SWITCHED = FIRST + timedelta(days=2)
"""The day on which the second scorecard went into force, at noon."""


def mine(folder: Path, version: int, results: str = "0.40", author: str = "") -> str:
    """A scorecard of one's own; weights of results and process sum to 0.6."""
    process = f"{0.6 - float(results):.2f}"
    text = DEFAULT.replace('name = "default"', 'name = "mine"').replace("version = 1", f"version = {version}", 1)
    text = text.replace("results = 0.40", f"results = {results}").replace("process = 0.20", f"process = {process}")
    path = folder / f"mine-{version}-{results}.toml"
    path.write_text((f'author = "{author}"\n' if author else "") + text, "utf-8")
    return str(path)


@pytest.fixture
def settings(kafka: Settings) -> Settings:
    name = fresh_name("audit")
    changed = {"app": name, "topic_prefix": name + ".", "partitions": PARTITIONS, "time_zone": ZONE.key}
    found = Settings(**(kafka.model_dump() | changed))
    topic_admin.ensure(found)
    return found


def start(settings: Settings, scorecard: str | None) -> InForce | None:
    """What a worker does that starts with it."""
    with_it = Settings(**(settings.model_dump() | {"scorecard": scorecard}))
    return note_in_force(with_it, load_scorecard(scorecard))


def log_of(settings: Settings) -> list[InForce]:
    return asyncio.run(read_log(settings))


def on_topic(settings: Settings) -> list[Any]:
    async def read() -> list[Any]:
        names = [TopicNames.of(settings).scorecards]
        return [message async for messages in read_topics(settings, names) for message in messages]

    return asyncio.run(read())


def write(settings: Settings, *entries: InForce) -> None:
    """Entries of other times than now."""
    producer = Producer({"bootstrap.servers": settings.broker})
    for entry in entries:
        told = {"type": "ScorecardInForce", **told_of(entry)}
        key = f"{entry.place}:{entry.digest}"
        producer.produce(settings.topic_prefix + SCORECARDS, json.dumps(told).encode(), key.encode())
    assert producer.flush(20) == 0


def test_each_change_is_written_once_with_its_text_author_and_time(settings: Settings, tmp_path: Path) -> None:
    begun = datetime.now(UTC)
    one, two = mine(tmp_path, 1, author="Sales operations"), mine(tmp_path, 2, "0.30")
    for scorecard in (None, None, one, one, two, two, one):
        start(settings, scorecard)
    found = log_of(settings)
    assert [(entry.place, entry.scorecard) for entry in found] == [
        (1, "default@1"),
        (2, "mine@1"),
        (3, "mine@2"),
        (4, "mine@1"),
    ]
    assert [entry.toml for entry in found] == [DEFAULT, *(Path(path).read_text("utf-8") for path in (one, two, one))]
    assert [entry.digest for entry in found] == [digest_of(entry.toml) for entry in found]
    assert found[1].author == "Sales operations"
    assert found[0].author not in ("", "Sales operations")
    times = [entry.since for entry in found]
    assert times == sorted(times)
    assert begun - timedelta(seconds=1) <= times[0]
    assert times[-1] <= datetime.now(UTC)
    messages = on_topic(settings)
    assert len({message.key for message in messages}) == len(messages) == 4  # so compaction takes none away
    for message in messages:
        ScorecardInForce.model_validate_json(message.value)


def test_workers_that_start_together_write_one_entry(settings: Settings, tmp_path: Path) -> None:
    entry = start(settings, mine(tmp_path, 1))
    assert entry is not None
    write(settings, entry._replace(since=entry.since + timedelta(seconds=1)))
    assert log_of(settings) == [entry]
    assert start(settings, mine(tmp_path, 1)) is None


def test_the_same_name_with_another_content_is_warned_of_and_named_by_its_digest(
    settings: Settings, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    one, other = mine(tmp_path, 1), mine(tmp_path, 1, "0.25")
    start(settings, one)
    assert "give it a new version" not in caplog.text
    start(settings, other)
    assert "give it a new version" in caplog.text
    command = Replay(settings, capsysbinary)
    refused = command.of("scorecard", "show", "mine@1", code=1)
    digests = [digest_of(Path(path).read_text("utf-8"))[:12] for path in (one, other)]
    assert all(digest.encode() in refused for digest in digests)
    for path, digest in zip((one, other), digests, strict=True):
        assert command.of("scorecard", "show", digest).decode() == Path(path).read_text("utf-8")
    assert b"one of several" in command.of("scorecard", "history")
    assert b"expected one of: mine@1" in command.of("scorecard", "show", "mine@7", code=1)


def test_a_score_names_a_scorecard_whose_text_the_topic_gives_back(
    settings: Settings, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    produce(settings, MESSAGES[:500])
    path = mine(tmp_path, 3)
    start(settings, None)
    start(settings, path)
    command = Replay(settings, capsysbinary)
    [score] = objects(
        command("scores", "--as-of", LAST.isoformat(), "--scorecard", path, "--subject", "company", "--json")
    )
    assert command.of("scorecard", "show", score["scorecard"]).decode() == Path(path).read_text("utf-8")
    told = json.loads(command.of("scorecard", "history", "--json"))
    assert told == [told_of(entry) for entry in log_of(settings)]
    assert command.of("scorecard", "show", "--at", told[1]["since"]).decode() == Path(path).read_text("utf-8")
    assert command.of("scorecard", "show", "--at", "2001-01-01T00:00:00Z").decode() == DEFAULT


def test_before_the_first_the_first_is_in_force_and_at_a_moment_the_last_that_began_by_then() -> None:
    noon = datetime(2025, 5, 1, 12, tzinfo=UTC)
    one, two = (InForce(place, f"a@{place}", "", "", noon + timedelta(days=place), "") for place in (1, 2))
    assert in_force_at([], noon) is None
    assert [in_force_at([one, two], noon + timedelta(days=days)) for days in (0, 1, 1.5, 2, 9)] == [
        one,
        one,
        one,
        two,
        two,
    ]


def test_a_replay_as_it_was_takes_of_each_day_the_scorecard_at_its_end(
    settings: Settings, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    produce(settings, MESSAGES)
    one, two = mine(tmp_path, 1, "0.30"), mine(tmp_path, 2, "0.10")
    noon = datetime.combine(SWITCHED, time(12), ZONE)
    entries = []
    for place, (path, since) in enumerate(((one, noon - timedelta(days=900)), (two, noon)), start=1):
        text = Path(path).read_text("utf-8")
        entries.append(InForce(place, f"mine@{place}", digest_of(text), "x", since, text))
    write(settings, *entries)
    command = Replay(settings, capsysbinary)
    as_was = command.days("--out", "csv", "--scorecard-as-was").decode().splitlines()
    by_one, by_two, usual = (
        command.days("--out", "csv", *which).decode().splitlines()
        for which in (("--scorecard", one), ("--scorecard", two), ())
    )
    expected = [
        row if row.split(",")[3] < SWITCHED.isoformat() else by_two[place] for place, row in enumerate(by_one) if place
    ]
    assert as_was[1:] == expected
    assert {row["scorecard"] for row in csv.DictReader(as_was)} == {"mine@1", "mine@2"}
    assert {row["scorecard"] for row in csv.DictReader(usual)} == {
        "default@1"
    }  # the one in force now, if nothing is said
    assert command.days("--out", "csv", "--scorecard-as-was", "--processes", "2").decode().splitlines() == as_was
    samples = command.days(
        "--out", "openmetrics", "--scorecard-as-was", "--step", "21600", "--subject", "company"
    ).decode()
    shown = {
        datetime.fromtimestamp(int(line.split()[2]), ZONE).date().isoformat(): line.split()[1]
        for line in samples.splitlines()
        if line.startswith("sales_company_score_points ")
    }
    company = [row for row in csv.DictReader(as_was) if row["subject"] == "company"]
    assert shown == {row["as_of"]: row["score"] for row in company if row["score"]}
    assert shown
    for day in (SWITCHED - timedelta(days=1), SWITCHED):
        of_day = ("--from", day.isoformat(), "--until", day.isoformat(), "--scorecard-as-was", "--out", "json")
        whole = objects(command("replay", *of_day))
        path = one if day < SWITCHED else two
        assert whole == objects(command("scores", "--as-of", day.isoformat(), "--scorecard", path, "--json"))
        assert whole == objects(command("scores", "--as-of", day.isoformat(), "--scorecard-as-was", "--json"))


def test_an_explanation_as_it_was_says_what_the_change_of_scorecards_made(
    settings: Settings, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    produce(settings, MESSAGES)
    one, two = mine(tmp_path, 1, "0.30"), mine(tmp_path, 2, "0.05")
    noon, texts = datetime.combine(SWITCHED, time(12), ZONE), [Path(path).read_text("utf-8") for path in (one, two)]
    since = noon - timedelta(days=900), noon
    write(settings, *(InForce(n + 1, f"mine@{n + 1}", digest_of(texts[n]), "x", since[n], texts[n]) for n in (0, 1)))
    command = Replay(settings, capsysbinary)
    days = ("--as-of", LAST.isoformat(), "--against", (SWITCHED - timedelta(days=1)).isoformat(), "--json")
    found = json.loads(command("explain", "company", "--subject", "company", *days, "--scorecard-as-was"))
    assert (found["from"]["scorecard"], found["to"]["scorecard"]) == ("mine@1", "mine@2")
    parts = {part["cause"]: part["points"] for part in found["parts"]}
    assert abs(sum(part["points"] for part in found["parts"]) - found["to"]["score"] + found["from"]["score"]) < 1e-9
    by_two = json.loads(command("explain", "company", "--subject", "company", *days, "--scorecard", two))
    usual = {part["cause"]: part["points"] for part in by_two["parts"]}
    change = by_two["from"]["score"] - found["from"]["score"]
    assert abs(parts["scorecard"] - usual["scorecard"] - change) < 1e-9
    assert abs(change) > 0.01


def test_both_clocks_are_told(settings: Settings, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    produce(settings, MESSAGES)
    command, known = Replay(settings, capsysbinary), datetime.fromtimestamp(START_MS / 1000 + 1_500, UTC).isoformat()
    days = ("--as-of", LAST.isoformat(), "--known-at", known)
    found = json.loads(command("scores", *days, "--subject", "company", "--json"))
    assert [(score["as_of"], score["version"]["known_at"]) for score in found] == [(LAST.isoformat(), known)]
    text = command("scores", *days, "--subject", "company").decode()
    assert f"as of the end of {LAST}, by the records known at {known}, by default@1" in text
    why = json.loads(command("explain", "company", "--subject", "company", *days, "--json"))
    assert (why["to"]["as_of"], why["to"]["version"]["known_at"]) == (LAST.isoformat(), known)
    assert why["to"] == found[0]


def test_as_it_was_needs_a_log_and_no_other_scorecard(
    settings: Settings, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    command = Replay(settings, capsysbinary)
    assert b"no scorecard is written down yet" in command.days("--out", "csv", "--scorecard-as-was", code=1)
    with pytest.raises(SystemExit):
        command.days("--out", "csv", "--scorecard-as-was", "--scorecard", mine(tmp_path, 1))
