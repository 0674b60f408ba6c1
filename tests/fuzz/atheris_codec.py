"""Coverage-guided fuzzing of decoding, intake and facts: `python -m tests.fuzz.atheris_codec --seconds N`.

Needs the extra `fuzz` (`pip install -e '.[local,dev,fuzz]'`). It ends with a traceback, and the input in a file, at the first
input that raises anything but `InvalidRecord`; else after so many seconds.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

import atheris

with atheris.instrument_imports(include=["schemas", "scoring", "streams"]):
    from schemas.currencies import EXPONENTS
    from schemas.records import InvalidRecord
    from scoring.facts import facts_of
    from scoring.organisation import Organisation
    from streams.codec import decode_entry, encode_entry
    from streams.intake import check_not_ahead, is_too_old, newest_day, read

from tests.fuzz.mutations import TOPICS, seeds

NOW_MS = 1_768_478_400_000
TODAY = 739_266
ORGANISATION = Organisation(ZoneInfo("America/New_York"), "USD", EXPONENTS)


def one_input(data: bytes) -> None:
    """A topic by the first byte, the rest is the value; where that is empty, a tombstone."""
    topic, value = TOPICS[data[0] % len(TOPICS)] if data else TOPICS[0], data[1:]
    try:
        for delivery in read(topic, data[:200], value or None, NOW_MS):
            facts = [] if delivery.record is None else facts_of(delivery.record, ORGANISATION)
            newest = newest_day(facts)
            entry = decode_entry(encode_entry(delivery.updated_at, delivery.version, facts))
            assert (entry.updated_at, entry.version) == (delivery.updated_at, delivery.version)
            assert [(subject, day, dict(amounts)) for subject, day, amounts in entry.facts] == [
                (subject, day, dict(amounts)) for subject, day, amounts in facts
            ]
            is_too_old(delivery, newest, TODAY - 800)
            check_not_ahead(delivery, newest, NOW_MS * 1000, TODAY)
    except InvalidRecord as invalid:
        invalid.detail.encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        for number, (topic, value) in enumerate(seeds()):
            (Path(folder) / f"seed-{number}").write_bytes(bytes([TOPICS.index(topic)]) + value)
        atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", "-max_len=4096", "-timeout=20", folder], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
