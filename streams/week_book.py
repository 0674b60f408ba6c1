"""Week book: the week rows of all lanes, as the weeks topic has them."""

from __future__ import annotations

from scoring.weekly import WeekRow
from streams.codec import decode_week_row


class WeekBook:
    """The newest row of each key. `revision` changes with every row that came in."""

    def __init__(self) -> None:
        """Start empty."""
        self.rows: dict[bytes, bytes] = {}
        self.revision = 0

    def put(self, key: bytes, row: bytes | None) -> None:
        """Take a row, or take one out."""
        self.revision += 1
        if row is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = row


def row_key(subject: str, week: int) -> bytes:
    """The key of a row on the topic.

    >>> row_key("rep:a", 739_999)
    b'739999 rep:a'
    """
    return f"{week} {subject}".encode()


def subject_and_week(key: bytes) -> tuple[str, int]:
    """What `row_key` was made of.

    >>> subject_and_week(row_key("team:two words", 8))
    ('team:two words', 8)
    """
    week, _, subject = key.decode().partition(" ")
    return subject, int(week)


def rows_by_subject(rows: dict[bytes, bytes], weeks: range) -> dict[str, dict[int, WeekRow]]:
    """The rows of the weeks by subject and Monday."""
    found: dict[str, dict[int, WeekRow]] = {}
    for key, row in rows.items():
        subject, week = subject_and_week(key)
        if week in weeks:
            found.setdefault(subject, {})[week] = decode_week_row(row)
    return found
