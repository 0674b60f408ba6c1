"""From a record to the person who is told: real Kafka, Redis, workers, Prometheus and Alertmanager, as in production."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Message

from dashboards.rules import QUICK, rule_files
from schemas.topics import ALERTS
from streams.codec import unpack
from streams.local import Addresses
from streams.local.ports import choose
from streams.told_drops import TOLD
from streams.topic_names import TopicNames
from tests.installation import Installation, WorkerProcess, installation, wait_until
from tests.whole.told_company import Company, Feed, Turn, made_at
from tests.whole.watching_programs import Alertmanager, Prometheus, Recipients, Told, recipients

pytestmark = pytest.mark.kafka

SLIDES, ITS_TEAM = "r-5", "t-1"
"""By the simulated CRM's own story."""
THREE, THEIR_TEAM = ("r-4", "r-8", "r-20"), "t-4"
HELD_BACK, BEHIND = "r-10", "t-2"
COMPANY = Company(
    seed=6,
    reps=24,
    days=330,
    start=date(2025, 3, 3),
    turns=[
        Turn(SLIDES, date(2025, 12, 1), "better"),
        *[Turn(rep, date(2025, 12, 1), "worse") for rep in THREE],
        Turn(HELD_BACK, date(2025, 12, 22), "worse"),
    ],
)


class Watch:
    """The company's installation with everything that watches it."""

    def __init__(self, line: Installation, folder: Path, told: Recipients) -> None:
        self.line, self.told, self.feed = line, told, Feed(COMPANY)
        rules = []
        for path, text in rule_files(QUICK).items():
            rules.append(folder / Path(path).name)
            rules[-1].write_text(text)
        config = folder / "alertmanager.yml"
        self._routes(config, folder)
        self.alertmanager = Alertmanager(folder, config, choose(None))
        self.prometheus = Prometheus(folder, rules, self.alertmanager.address)

    def _routes(self, config: Path, folder: Path) -> None:
        roster = folder / "roster.ndjson"
        teams = [
            {"type": "team", "id": team, "manager": address, "updated_at": "2025-01-01T00:00:00Z"}
            for team, address in COMPANY.managers(self.told.address).items()
        ]
        roster.write_text("".join(json.dumps(team) + "\n" for team in teams))
        to = [f"--{who}={self.told.address}/{who}" for who in ("ops", "catch-all", "leaders")]
        self.line.command("alertmanager", "generate", "--from", str(roster), "--to", str(config), "--hurry", "30", *to)

    def send_until(self, day: date) -> None:
        """Publish what happened before a day."""
        self.line.produce(self.feed.until(day))

    def decided(self) -> int:
        """The last day that every lane has decided."""
        newest: dict[int, int] = {}
        for message in self.line.read_all([TopicNames.of(self.line.settings).state]):
            if message.key() == TOLD.encode():
                newest[message.partition()] = unpack(message.value())
        return min(newest.values()) if len(newest) == self.line.settings.partitions else 0

    def wait_until_decided(self, day: date) -> None:
        wait_until(lambda: self.decided() >= day.toordinal(), 120, f"{day} to be decided")

    def watch(self, *workers: WorkerProcess) -> None:
        self.prometheus.watch([worker.address for worker in workers])
        wait_until(
            lambda: len(self.prometheus.query('up{job="upscore"} == 1')) == len(workers), 30, "scrapes of the workers"
        )

    def alerts(self) -> list[dict[str, Any]]:
        found: list[Message] = list(self.line.read_all([self.line.settings.topic_prefix + ALERTS]))
        return [json.loads(message.value() or b"") for message in found]

    def dropped(self) -> set[str]:
        """Reps with an open drop, as Prometheus has it."""
        return {labels["rep"] for labels, _ in self.prometheus.query("sales_rep_dropped_points")}

    def wait_for_drops(self, reps: set[str], seconds: float) -> None:
        """Wait until these reps, others perhaps too, are shown with an open drop."""
        try:
            wait_until(lambda: reps <= self.dropped(), seconds, f"open drops of {sorted(reps)}")
        except AssertionError as error:
            told = [(each["as_of"], each["type"], each["id"], each["metric"]) for each in self.alerts()]
            raise AssertionError(f"{error}; shown: {sorted(self.dropped())}; told: {told}") from None

    def stop(self) -> None:
        self.prometheus.stop()
        self.alertmanager.stop()


def first(told: Recipients, path: str, status: str, name: str, seconds: float = 90) -> Told:
    def found() -> Told | None:
        return next((each for each in told.at(path, status) if name in each.names), None)

    try:
        return wait_until(found, seconds, f"{name} {status} at {path}")
    except AssertionError as error:
        raise AssertionError(f"{error}; told so far: {[(t.path, t.status, t.names) for t in told.told]}") from None


def largest_loss(parts: list[dict[str, Any]]) -> str:
    """Pillar and metric that lost most, by an explanation."""
    losses = {
        f"{pillar['pillar']}/{part.get('metric', part['cause'])}": part["points"]
        for pillar in parts
        if pillar["cause"] == "pillar"
        for part in pillar.get("parts", [])
    }
    return min(losses, key=lambda key: losses[key])


@dataclass
class Play:
    """The test's course: each part goes on where the one before it ended."""

    watch: Watch
    told: Recipients
    workers: list[WorkerProcess]
    seconds: dict[str, float] = field(default_factory=dict)
    """From what Prometheus has scraped to who is told."""

    def one_rep_slides(self) -> str:
        """Its manager is told once, with the cause that the explanation names; the cause."""
        self.watch.send_until(date(2025, 11, 25))
        self.watch.wait_for_drops({SLIDES}, 90)
        at = time.monotonic()
        message = first(self.told, f"/{ITS_TEAM}", "firing", "SalesRepScoreDropped")
        self.seconds["a rep's drop"] = message.at - at
        [alert] = message.alerts
        [drop] = [each for each in self.watch.alerts() if each["type"] == "ScoreDropped"]
        assert (drop["subject"], drop["id"], alert["labels"]["rep"]) == ("rep", SLIDES, SLIDES)
        dates = ("--as-of", drop["as_of"], "--against", drop["since"])
        explained = self.watch.line.command("explain", SLIDES, *dates, "--json")
        cause = largest_loss(json.loads(explained.stdout)["parts"])
        assert alert["labels"]["cause"] == drop["cause_key"] == cause
        in_words = cause.rpartition("/")[2].replace("_", " ").upper()
        assert in_words in alert["annotations"]["description"].upper()
        return cause

    def a_worker_is_killed_and_another_joins(self) -> None:
        """Nobody hears of it."""
        before = len(self.told.told)
        self.workers[0].kill()
        self.workers[0] = self.watch.line.start_worker()
        self.watch.watch(*self.workers)
        self.watch.wait_for_drops({SLIDES}, 60)
        assert [each.names for each in self.told.told[before:] if f"/{ITS_TEAM}" == each.path] == []

    def a_correction_ends_the_drop(self, cause: str) -> None:
        """It was a wrong import: once it is corrected, the same manager hears that it is over."""
        self.watch.line.produce(self.watch.feed.corrected(SLIDES, date(2025, 9, 1)))
        self.watch.send_until(date(2025, 12, 8))
        wait_until(lambda: not self.watch.dropped(), 90, "the end of the drop")
        at = time.monotonic()
        over = first(self.told, f"/{ITS_TEAM}", "resolved", "SalesRepScoreDropped")
        self.seconds["its end"] = over.at - at
        assert [(each["labels"]["rep"], each["labels"]["cause"]) for each in over.alerts] == [(SLIDES, cause)]
        of_sales = {each.path for each in self.told.told if any(name.startswith("Sales") for name in each.names)}
        assert of_sales == {f"/{ITS_TEAM}"}

    def three_reps_of_a_team_get_worse(self) -> None:
        """The team's manager hears of the team, once a cause, and not of each of the three."""
        for monday in (date(2025, 12, 15) + timedelta(days=7 * nth) for nth in range(5)):
            self.watch.send_until(monday + timedelta(days=1))
            self.watch.wait_until_decided(monday - timedelta(days=1))
        self.watch.wait_for_drops(set(THREE), 60)
        first(self.told, f"/{THEIR_TEAM}", "firing", "SalesTeamScoreDropped")
        wait_until(
            lambda: {alert["labels"].get("rep") for alert in self.watch.prometheus.firing()} >= set(THREE),
            60,
            "the alerts of the three",
        )
        messages = self.told.at(f"/{THEIR_TEAM}", "firing")
        assert {name for each in messages for name in each.names} == {"SalesTeamScoreDropped"}
        of_team = {each["cause_key"] for each in self.watch.alerts() if each["id"] == THEIR_TEAM}
        assert 1 <= len(messages) <= len(of_team)  # a second one only where the team lost by something else too

    def data_are_late(self) -> None:
        """Ops hear of it; a drop that comes with them is held back, and told once the feed is on time again."""
        late = datetime.now(UTC) - timedelta(hours=6)
        self.watch.line.produce(made_at(self.watch.feed.until(date(2026, 1, 14)), late))
        at = time.monotonic()
        self.seconds["late data"] = first(self.told, "/ops", "firing", "UpscoreDataLate").at - at
        self.watch.line.produce(made_at(self.watch.feed.until(date(2026, 1, 21)), late))
        self.watch.wait_for_drops({HELD_BACK}, 120)
        held = time.monotonic()
        wait_until(lambda: self.told.at(f"/{BEHIND}") or time.monotonic() > held + 20, 30, "20 seconds of silence")
        assert self.told.at(f"/{BEHIND}") == []
        message = first(self.told, f"/{BEHIND}", "firing", "SalesRepScoreDropped", 240)
        assert {alert["labels"]["rep"] for alert in message.alerts} == {HELD_BACK}
        self.seconds["held back for"] = message.at - held


def test_who_should_know_is_told_what_went_wrong_once_and_nobody_else(
    stack: Addresses, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    settings: dict[str, Any] = {
        "partitions": 4,
        "publish_seconds": 0.2,
        "clock": "events",
        "redis_url": stack.redis_url,
    }
    with installation(stack, tmp_path, "operations", **settings) as line, recipients() as told:
        watch = Watch(line, tmp_path, told)
        try:
            watch.send_until(date(2025, 11, 17))
            play = Play(watch, told, [line.start_worker(), line.start_worker()])
            watch.watch(*play.workers)
            watch.wait_until_decided(date(2025, 11, 15))
            assert watch.alerts() == []
            cause = play.one_rep_slides()
            play.a_worker_is_killed_and_another_joins()
            play.a_correction_ends_the_drop(cause)
            play.three_reps_of_a_team_get_worse()
            play.data_are_late()
        finally:
            watch.stop()
        for what, seconds in play.seconds.items():
            record_property(f"seconds: {what}", round(seconds, 1))
        print("seconds until somebody is told:", {what: round(each, 1) for what, each in play.seconds.items()})  # noqa: T201
