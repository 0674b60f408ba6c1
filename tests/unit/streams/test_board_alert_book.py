"""Which alerts are open, and which are past."""

from __future__ import annotations

import json
from typing import Any

from schemas.board import BoardAlert
from streams.board.alert_book import PAST, AlertBook, Entry, as_alert
from streams.board.alertmanager import silenced


def message(subject_id: str = "r-1", day: int = 1, *, ends: int | None = None, metric: str = "csat") -> bytes:
    told: dict[str, Any] = {
        "type": "ScoreDropped" if ends is None else "ScoreRecovered",
        "subject": "rep",
        "id": subject_id,
        "team_id": "t-1",
        "manager": "someone@example.com",
        "metric": metric,
        "as_of": f"2026-01-{day:02}",
        "since": "2025-12-01",
        "score_before": 70.0,
        "score_after": 60.0,
        "low": 55.0,
        "high": 65.0,
        "cause_key": "customer/csat",
    }
    if ends is None:
        told |= {"severity": "alarm", "cause": "customer: csat", "parts": [{"cause": "pillar", "points": -10.0}]}
    else:
        told |= {"dropped_as_of": f"2026-01-{ends:02}", "restarted": False}
    return json.dumps(told).encode()


def anybody(_subject: str) -> bool:
    return True


def days(entries: list[Entry]) -> list[str]:
    return [entry.as_of[-2:] for entry in entries]


def test_a_drop_is_open_until_the_recovery_that_names_it() -> None:
    book = AlertBook()
    first = book.take(message(day=1), 1_000)
    book.take(message(day=3), 2_000)
    book.take(message(day=3, metric="win_rate"), 3_000)
    assert days(book.open(anybody)) == ["03", "03", "01"]
    book.take(message(day=9, ends=1), 9_000)
    assert [(entry.metric, entry.as_of[-2:]) for entry in book.open(anybody)] == [("win_rate", "03"), ("csat", "03")]
    assert days(book.past(anybody)) == ["09", "01"]
    assert not book.is_open(first)


def test_drops_of_whom_there_no_longer_is_are_past() -> None:
    book = AlertBook()
    book.take(message("gone"), 1_000)
    assert book.open(lambda subject: subject != "rep:gone") == []
    assert days(book.past(lambda subject: subject != "rep:gone")) == ["01"]


def test_so_many_past_ones_are_kept_and_no_more() -> None:
    book = AlertBook()
    for n in range(5 * PAST):
        book.take(message(f"r-{n}", 1), n)
        book.take(message(f"r-{n}", 2, ends=1), n)
    assert len(book.past(anybody)) == PAST
    assert book.past(anybody)[0].subject == f"rep:r-{5 * PAST - 1}"
    assert len(book._others) == 2 * PAST


def test_an_alert_is_as_the_board_says_and_names_no_manager() -> None:
    book = AlertBook()
    for text in (message(), message(day=9, ends=1)):
        told = as_alert(book.take(text, 1_767_225_600_123), name="<b>", is_open=False, acknowledged=None)
        checked = BoardAlert.model_validate_json(json.dumps(told))
        assert "manager" not in told
        assert checked.told_at.isoformat() == "2026-01-01T00:00:00.123000+00:00"
    assert (told["dropped_as_of"], told["parts"], told["severity"]) == ("2026-01-01", [], None)


def test_a_drop_is_acknowledged_where_a_silence_matches_any_of_its_alerts() -> None:
    def alert(name: str, by: list[str], **labels: str) -> dict[str, Any]:
        return {"labels": {"alertname": name, **labels}, "status": {"state": "active", "silencedBy": by}}

    found = silenced(
        [
            alert("SalesRepScoreDropped", ["s-1"], rep="r-1", team="t-1", cause="results/win_rate"),
            alert("SalesRepScoreDropped", [], rep="r-1", team="t-1", cause="customer/csat"),
            alert("SalesCompanyScoreDropped", ["s-2"], cause="corrections"),
            alert("UpscoreStalled", ["s-3"], rep="r-9"),
            alert("SalesTeamScoreDropped", ["s-4"]),
        ]
    )
    assert found == {
        ("rep:r-1", "results/win_rate"): True,
        ("rep:r-1", "customer/csat"): False,
        ("company:company", "corrections"): True,
    }
