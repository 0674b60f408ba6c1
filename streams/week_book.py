"""Week book: the week rows of all lanes, as the weeks topic has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scoring.weekly import WeekRow
from streams.codec import decode_week_row


class WeekBook:
    """The newest row of each week of each subject, as bytes. `revision` changes with every row that came in."""

    def __init__(self) -> None:
        """Start empty."""
        self._by_subject: dict[str, dict[int, bytes]] = {}
        self.revision = 0

    def put(self, key: bytes, row: bytes | None) -> None:
        """Take a row, or take one out."""
        self.revision += 1
        subject, week = subject_and_week(key)
        if row is not None:
            self._by_subject.setdefault(subject, {})[week] = row
        elif rows := self._by_subject.get(subject):
            rows.pop(week, None)
            if not rows:
                del self._by_subject[subject]

    def rows(self, weeks: range) -> dict[str, WeekRows]:
        """The rows of the weeks, by subject; subjects without any are left out. What comes in later does not show in them."""
        found = {}
        for subject, rows in self._by_subject.items():
            inside = {week: row for week, row in rows.items() if week in weeks}
            if inside:
                found[subject] = WeekRows(inside)
        return found

    def all_rows(self) -> dict[str, WeekRows]:
        """The rows of all weeks, likewise. Any thread may ask: each step is one that no other thread can come between."""
        return {subject: WeekRows(dict(rows)) for subject, rows in list(self._by_subject.items())}


class WeekRows(Mapping[int, WeekRow]):
    """A subject's rows by Monday, decoded when one is looked at: a worker looks at few but its own subjects' and groups'."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Mapping[int, bytes]) -> None:
        """Keep `rows`; nobody changes them any more."""
        self._rows = rows

    def __getitem__(self, monday: int) -> WeekRow:
        return decode_week_row(self._rows[monday])

    def __contains__(self, monday: object) -> bool:
        return monday in self._rows

    def __iter__(self) -> Iterator[int]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


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
