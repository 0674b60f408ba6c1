"""The records of a folder as a scene."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from streams.demo.files import UnplayableFolder, from_folder
from streams.demo.scene import Scene, simulated
from streams.simulator import line, records

TODAY = date(2026, 3, 1)


def write(file: Path, *lines: dict[str, Any] | str) -> None:
    texts = [content if isinstance(content, str) else json.dumps(content) for content in lines]
    file.write_text("".join(f"{text}\n" for text in texts))


def lead(lead_id: str, updated_at: str | None = None, created_at: str = "2025-05-05T09:00:00Z") -> dict[str, Any]:
    stated = {"type": "lead", "id": lead_id, "rep_id": "r-1", "created_at": created_at}
    return stated if updated_at is None else stated | {"updated_at": updated_at}


def rep(rep_id: str, updated_at: str, **fields: object) -> dict[str, Any]:
    return {"type": "rep", "id": rep_id, "team_id": "t-1", "updated_at": updated_at, **fields}


def played(scene: Scene) -> dict[str, list[str]]:
    return {day.date.isoformat(): [record.id for record in day.records] for day in scene.days}


def play(folder: Path, *, days: int | None = None, history: int | None = None) -> Scene:
    return from_folder(folder, days=days, history=history, today=TODAY)


def test_files_are_merged_by_the_day_of_each_version_whatever_their_order(tmp_path: Path) -> None:
    write(tmp_path / "b.ndjson", lead("late", "2025-06-03T01:00:00Z"), lead("early", "2025-06-01T01:00:00+02:00"))
    write(tmp_path / "a.jsonl", lead("also-late", "2025-06-03T23:00:00Z"), "", lead("first", "2025-06-01T00:00:00Z"))
    write(tmp_path / "notes.txt", "not looked at")
    assert played(play(tmp_path)) == {
        "2025-06-01": ["first", "early"],
        "2025-06-02": [],
        "2025-06-03": ["also-late", "late"],
    }


def test_without_a_version_date_the_business_date_counts_and_without_any_the_start(tmp_path: Path) -> None:
    deleted = {"type": "lead", "id": "gone", "deleted": True, "updated_at": "2025-05-07T00:00:00Z"}
    undated = {"type": "market", "id": "m", "index": 100, "date": "2199-01-01"}
    write(tmp_path / "x.ndjson", lead("dated", created_at="2025-05-06T10:00:00Z"), deleted, lead("other"), undated)
    scene = play(tmp_path)
    assert played(scene) == {"2025-05-05": ["m", "other"], "2025-05-06": ["dated"], "2025-05-07": ["gone"]}


def test_people_exported_after_everything_else_come_first_and_those_who_join_on_their_day(tmp_path: Path) -> None:
    write(
        tmp_path / "x.ndjson",
        lead("l-1", "2025-06-01T08:00:00Z"),
        lead("l-2", "2025-06-02T08:00:00Z"),
        lead("l-3", "2025-06-03T08:00:00Z"),
        rep("exported-later", "2025-09-09T00:00:00Z", name="Ann"),
        rep("known-before", "2025-01-01T00:00:00Z"),
        rep("joins", "2025-06-02T00:00:00Z", name="Bo"),
    )
    scene = play(tmp_path)
    assert scene.names == {"rep:exported-later": "Ann", "rep:joins": "Bo"}
    assert played(scene) == {
        "2025-06-01": ["known-before", "exported-later", "l-1"],
        "2025-06-02": ["joins", "l-2"],
        "2025-06-03": ["l-3"],
    }


def test_lines_that_are_no_records_are_told_with_file_and_number_and_the_others_played(tmp_path: Path) -> None:
    write(tmp_path / "x.ndjson", lead("good"), "{", '{"type": "lead", "id": "half"}', lead("fine"), "\ufeff[]")
    scene = play(tmp_path)
    assert played(scene) == {"2025-05-05": ["good", "fine"]}
    places = [told.split(" ")[0] for told in scene.refused]
    assert sorted(places) == ["x.ndjson:2:", "x.ndjson:3:", "x.ndjson:5:"]


def test_days_end_the_play_early_and_history_is_a_third(tmp_path: Path) -> None:
    write(tmp_path / "x.ndjson", *[lead(f"l-{n}", f"2025-06-{n:02}T00:00:00Z") for n in range(1, 31)])
    scene = play(tmp_path, days=9)
    assert (scene.first, scene.live_from, scene.last) == (date(2025, 6, 1), date(2025, 6, 4), date(2025, 6, 9))
    assert list(played(scene).values()) == [[f"l-{n}"] for n in range(1, 10)]
    assert play(tmp_path, history=20).live_from == date(2025, 6, 21)


def test_the_simulated_crm_in_a_file_plays_as_it_does_directly(tmp_path: Path) -> None:
    direct = simulated(days=20, reps=3, seed=2, history=None, today=TODAY)
    (tmp_path / "crm.ndjson").write_bytes(b"".join(map(line, records(seed=2, days=20, reps=3, start=direct.first))))
    from_file = play(tmp_path)
    assert (from_file.first, from_file.live_from, from_file.last) == (direct.first, direct.live_from, direct.last)
    for day, expected in zip(from_file.days, direct.days, strict=True):
        assert day.date == expected.date
        assert sorted(record.value for record in day.records) == sorted(record.value for record in expected.records)
    assert from_file.refused == []


@pytest.mark.parametrize("content", [None, ""])
def test_a_folder_without_records_is_refused_with_what_to_do(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "empty.ndjson").write_text(content)
    with pytest.raises(UnplayableFolder, match="upscore simulate"):
        play(tmp_path)


def test_a_folder_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UnplayableFolder, match="nowhere: cannot be read: No such file"):
        play(tmp_path / "nowhere")
