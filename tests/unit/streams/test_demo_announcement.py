"""Where the board is, and whom to watch, is said when it can be opened."""

from __future__ import annotations

from datetime import date

from streams.demo.announcement import Announcement
from streams.demo.figures import Row, Snapshot
from streams.demo.scene import Scene

URL = "http://127.0.0.1:6066"
DAY = date(2026, 1, 1)
WATCHED = {"rep:r-4": "r-4 slides", "rep:r-5": "r-5 improves"}
SCENE = Scene(title="", first=DAY, last=DAY, live_from=DAY, days=iter(()), names={}, watched=WATCHED)


def snapshot(*keys: str) -> Snapshot:
    return Snapshot(None, {key: Row(key, None, None, 0.0, {}) for key in keys}, 0, 0)


def test_addresses_are_said_with_the_first_answer_and_a_page_once_its_subject_is_known() -> None:
    said: list[str] = []
    announcement = Announcement(SCENE, URL, said.append)
    assert said == []
    announcement.take(snapshot())
    assert said == [f"board {URL}/   metrics {URL}/metrics   API {URL}/api/v1/scores"]
    announcement.take(snapshot("rep:r-1", "rep:r-5"))
    assert said[1:] == [f"r-5 improves: open {URL}/#/rep/r-5"]
    announcement.take(snapshot("rep:r-1", "rep:r-4", "rep:r-5"))
    assert said[2:] == [f"r-4 slides: open {URL}/#/rep/r-4"]
    announcement.take(snapshot("rep:r-1", "rep:r-4", "rep:r-5"))
    assert len(said) == 3
