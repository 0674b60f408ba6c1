"""What commands share that recompute scores from the topics: dates and times as they are asked for, and the reading itself."""

from __future__ import annotations

import argparse
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime

from aiokafka.errors import KafkaError
from rich.console import Console

from schemas.records.common import RFC_3339, YEAR_MONTH_DAY
from scoring.facts import KINDS
from scoring.organisation import microseconds
from streams.broker_access import check_access
from streams.errors import UpscoreError
from streams.settings import Settings

SUBJECTS = KINDS


def date_asked(text: str) -> date:
    """A date as the contract writes it: `date.fromisoformat` would take more.

    Raises:
        ArgumentTypeError: it is none.
    """
    with suppress(ValueError):
        if re.fullmatch(YEAR_MONTH_DAY, text):
            return date.fromisoformat(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no date; expected YYYY-MM-DD")


def moment_asked(text: str) -> datetime:
    """A time as the contract writes it.

    Raises:
        ArgumentTypeError: it is none.
    """
    with suppress(ValueError):
        if re.fullmatch(RFC_3339, text):
            return datetime.fromisoformat(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no time; expected RFC 3339 with offset, like 2026-04-01T06:00:00Z")


def milliseconds(moment: datetime | None) -> int | None:
    """A moment as Kafka's timestamps count; None stays None: as known now."""
    return None if moment is None else microseconds(moment) // 1000


@contextmanager
def reading_from(settings: Settings) -> Iterator[None]:
    """Inside, what goes wrong with the broker is one error that names it.

    Raises:
        UpscoreError: the broker cannot be reached, or went away.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what goes wrong is raised, and said once
    try:
        check_access(settings)
        yield
    except (KafkaError, OSError) as error:
        raise UpscoreError(
            f"cannot read from the broker at {settings.broker}: {error}; is it running? UPSCORE_BROKER names it"
        ) from error


@contextmanager
def records_counted() -> Iterator[Callable[[int], None]]:
    """A line on stderr that counts the records read, where somebody looks at it."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("reading the topics") as status:
        yield lambda count: status.update(f"reading the topics: {count:,} records")
