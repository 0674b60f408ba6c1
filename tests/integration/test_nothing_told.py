"""What people wrote, and who they are, stays in the topics: no log, metric, answer, or dead letter's headers repeat it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from schemas.topics import RECORD_TYPES
from streams.local import Addresses
from tests.installation import Installation, installation, wait_until

EXAMPLES = Path(__file__).parent.parent.parent / "schemas" / "examples"
TOPICS = tuple(RECORD_TYPES)
TEXTS = ("MARK Ann Lee", "mark.lee@example.com", "MARK\nwas rude to me", "markus", "MARK" * 200)
"""A name, an e-mail address, a comment, one word in small letters, a long text."""
IDS = re.compile(r".*_id$|^id$|^product$|^source$|^stage$|^segment$|^territory$|^parent$")
"""Fields that figures are grouped by: what stands there is an id, and ids are shown."""


def examples() -> Iterator[tuple[str, dict[str, Any]]]:
    for topic in TOPICS:
        for path in sorted((EXAMPLES / topic).glob("*.json")):
            record = json.loads(path.read_bytes())
            if not record.get("deleted"):
                yield topic, record


def marked(value: Any, mark: str, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The value again and again, each time with the mark in another place of it."""
    if path:
        yield path, mark
        yield path, {"deeper": mark}
        yield path, [mark]
    if isinstance(value, dict):
        for name, inner in value.items():
            for where, changed in marked(inner, mark, (*path, name)):
                yield where, value | {name: changed}
        yield (*path, mark), value | {mark: mark}
        yield (*path, mark), value | {mark: -1}
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            for where, changed in marked(inner, mark, (*path, place)):
                yield where, [*value[:place], changed, *value[place + 1 :]]


def is_id(path: tuple[Any, ...]) -> bool:
    """Whether a text in this place is one that figures are grouped by, or a criterion, whose name becomes a metric's."""
    names = [step for step in path if isinstance(step, str)]
    return bool(IDS.match(names[-1])) or "criteria" in names[:-1]


def messages() -> Iterator[tuple[str, bytes | None, bytes | None]]:
    number = 0
    for topic, record in examples():
        people = {"name": "MARK Ann Lee", "manager": "mark.lee@example.com", "evaluator": "markus"}
        personal = people | {"comment": "MARK\nwas rude to me", "note": "mark.lee@example.com", "unknown_field": "MARK"}
        yield topic, b"MARK key", json.dumps(record | personal).encode()
        for mark in TEXTS:
            for path, changed in marked(record, mark):
                if not is_id(path):
                    number += 1
                    another = changed if path == ("id",) else changed | {"id": f"x-{number}"}
                    yield topic, f"MARK key {number}".encode(), json.dumps(another).encode()
    for value in (b"MARK", b'{"type": "deal", "MARK', b'"MARK"', b'["MARK"]', b'{"MARK": 1}', b"\xffMARK"):
        yield TOPICS[0], b"MARK", value


def exposed(line_: Installation) -> Iterator[tuple[str, str]]:
    """Everything that is shown to others, by where."""
    worker = line_.workers[0]
    yield "log", worker.log.read_text()
    for path in ("/metrics", "/readyz", "/api/v1/scores", "/api/v1/leaderboard", "/api/v1/scores/company/company"):
        yield path, worker.get(path)[1].decode()
    for subject in json.loads(worker.get("/api/v1/scores")[1]):
        path = f"/api/v1/scores/{subject['subject']}/{subject['id']}"
        yield path, worker.get(path)[1].decode()
    for letter in line_.dead_letters():
        for name, value in letter.headers():
            yield f"header {name} of {letter.value()!r}", value.decode()
    for arguments in (["doctor"], ["scores"], ["topics", "verify"]):
        done = line_.command(*arguments, check=False)
        yield " ".join(arguments), (done.stdout + done.stderr).decode()


def test_no_name_comment_note_or_address_is_repeated_wherever_in_a_record_it_stands(
    stack: Addresses, tmp_path: Path
) -> None:
    with installation(stack, tmp_path, "nothing-told", log_level="debug", partitions=1) as line_:
        sent = line_.produce(messages())
        worker = line_.start_worker()
        wait_until(lambda: worker.counted() == sent, 60, "all records")
        assert worker.counted("applied") > 100
        assert len(line_.dead_letters()) == worker.counted("invalid") > 1_000
        line_.wait_for_scores(line_.oracle_scores(), 60)
        told = [(where, text[:200]) for where, text in exposed(line_) if "mark" in text.lower().replace("market", "")]
        assert not told, told[:5]


def test_the_publisher_repeats_nothing_either(stack: Addresses, tmp_path: Path) -> None:
    with installation(stack, tmp_path, "nothing-published", partitions=1) as line_:
        lines = [value.replace(b"\n", b" ") for _, _, value in messages() if value is not None]
        done = line_.command("publish", "-", input=b"\n".join(lines), check=False)
        assert done.returncode == 1
        text = (done.stdout + done.stderr).decode()
        assert text.count("invalid_field") > 1_000
        assert "mark" not in text.lower().replace("market", "")
