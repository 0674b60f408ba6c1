"""What goes to which topic, and how files of records are read."""

from __future__ import annotations

import asyncio
import io
import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.records import InvalidRecord
from schemas.topics import RECORD_TYPES
from streams.ndjson import READ_BYTES, UnreadableFile, publish_file
from streams.publisher import TOPIC_OF, Summary, read_record

TEAM = b'{"type": "team", "id": "t-%d"}'


class Recorder:
    """Takes records as a publisher does, and keeps them."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, bytes]] = []
        self.flushed: list[int] = []
        self.silent = threading.Event()

    async def send(self, topic: str, record_id: str, value: bytes) -> None:
        self.sent.append((topic, record_id, value))

    async def flush(self) -> None:
        self.flushed.append(len(self.sent))
        if self.sent:
            self.silent.set()


def published(content: bytes) -> tuple[Recorder, Summary, list[str]]:
    recorder, summary, refused = Recorder(), Summary(), []
    asyncio.run(publish_file(io.BytesIO(content), "FILE", recorder, summary, refused=refused.append))
    return recorder, summary, refused


def test_every_record_type_has_its_topic():
    assert {kind: topic for topic, kinds in RECORD_TYPES.items() for kind in kinds} == TOPIC_OF


def test_the_type_decides_the_topic():
    deal = b'{"id":"d","type":"deal","rep_id":"r","status":"open","opened_at":"2026-01-05T00:00:00Z"}'
    assert read_record(deal) == ("sales.events.v1", "deal", "d")
    assert read_record(b'{"type":"rep","id":"r","deleted":true}') == ("sales.reference.v1", "rep", "r")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not_json"),
        (b"nonsense", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b'{"type":"team","id":"t",}', "not_json"),
        (b"[" * 10_000, "not_json"),
        (b"null", "not_an_object"),
        (b'["team"]', "not_an_object"),
        (b'{"id":"t"}', "missing_field"),
        (b'{"type":"invoice","id":"t"}', "unknown_type"),
        (b'{"type":7,"id":"t"}', "unknown_type"),
        (b'{"type":"team"}', "missing_field"),
        (b'{"type":"team","id":7}', "invalid_field"),
        (b'{"type":"team","id":"' + b"x" * 600_000 + b'"}', "too_large"),
    ],
)
def test_what_is_no_record_is_refused_with_its_reason(content, reason):
    with pytest.raises(InvalidRecord) as caught:
        read_record(content)
    assert caught.value.reason == reason


def test_an_unknown_type_is_told_all_that_there_are():
    with pytest.raises(InvalidRecord, match=r"expected one of deal, .*, intervention, got a text of 7 characters"):
        read_record(b'{"type":"invoice"}')


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_else(content):
    with pytest.raises(InvalidRecord):
        read_record(content)


def test_invalid_lines_are_told_with_their_numbers_and_the_others_sent():
    recorder, summary, refused = published(b"\xef\xbb\xbf" + TEAM % 1 + b"\r\n\n nonsense\n" + TEAM % 2)
    assert [record_id for _, record_id, _ in recorder.sent] == ["t-1", "t-2"]
    assert recorder.sent[0][2] == TEAM % 1
    assert [remark.partition(": ")[0] for remark in refused] == ["FILE:3"]
    assert refused[0].startswith("FILE:3: not_json: ")
    assert str(summary) == "published 2 records (2 team), 1 rejected"


def test_the_bytes_of_a_record_go_out_as_they_came():
    spaced = b'{ "id" : "t-1",  "type":"team", "unknown": 1.50 }'
    recorder, _, _ = published(b"  " + spaced + b"  \n")
    assert recorder.sent == [("sales.reference.v1", "t-1", spaced)]


def test_lines_that_go_on_over_several_reads_stay_whole():
    long = b'{"type":"team","id":"t","name":"' + b"x" * 400 + b'"}'
    count = 3 * READ_BYTES // len(long)
    recorder, summary, refused = published(b"\n".join([long] * count) + b"\n?")
    assert (len(recorder.sent), summary.rejected) == (count, 1)
    assert refused[0].startswith(f"FILE:{count + 1}: not_json")


def test_an_empty_file_is_no_error():
    assert str(published(b"")[1]) == "published 0 records, 0 rejected"


def test_the_records_of_a_silent_pipe_go_out_before_it_ends():
    reading, writing = os.pipe()
    recorder, summary = Recorder(), Summary()

    def write() -> None:
        os.write(writing, TEAM % 1 + b"\n")
        recorder.silent.wait(10)
        os.write(writing, TEAM % 2)
        os.close(writing)

    writer = threading.Thread(target=write)
    writer.start()
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        asyncio.run(publish_file(pipe, "pipe", recorder, summary, refused=pytest.fail))
    writer.join()
    assert 1 in recorder.flushed
    assert summary.published == {"team": 2}


def test_a_file_that_breaks_off_is_an_error_in_one_line(tmp_path):
    folder = os.open(tmp_path, os.O_RDONLY)
    with os.fdopen(os.open(os.devnull, os.O_RDONLY), "rb", buffering=0) as file:
        os.dup2(folder, file.fileno())
        os.close(folder)
        with pytest.raises(UnreadableFile, match="FILE: cannot be read: Is a directory"):
            asyncio.run(publish_file(file, "FILE", Recorder(), Summary(), refused=pytest.fail))
