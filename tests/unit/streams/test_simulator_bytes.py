"""The same bytes for the same seed: today, on another machine, under another Python, in another locale."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, timedelta
from hashlib import sha256
from itertools import islice

import pytest

from streams.simulator import line, plan, records, roughen, timeline

START = date(2025, 1, 1)


def run(seed: int = 7, days: int = 40, reps: int = 9) -> list[bytes]:
    return [line(record) for record in records(seed=seed, days=days, reps=reps, start=START)]


def dated(seed: int = 7, days: int = 40, reps: int = 9) -> list[tuple[date, bytes]]:
    stream = islice(timeline(seed=seed, days=days, reps=reps, start=START), 9_000)
    return [(moment.date(), line(record)) for moment, record in stream]


def test_a_small_run_has_the_bytes_it_always_had():
    # A change here is a change of everybody's sample data: make it on purpose, and say so in the changelog.
    smooth = sha256(b"".join(run())).hexdigest()
    rough = sha256(b"".join(map(line, roughen(records(seed=7, days=40, reps=9, start=START), 7)))).hexdigest()
    assert (smooth[:16], rough[:16]) == ("2770ca9e20c0bc0a", "78ed4972efbfe0a3")


def test_hash_seed_time_zone_and_locale_do_not_matter():
    code = (
        "import sys; from datetime import date; from streams.simulator import line, records\n"
        "sys.stdout.buffer.writelines(map(line, records(seed=7, days=12, reps=9, start=date(2025, 1, 1))))"
    )
    expected = b"".join(run(days=12))
    for number, zone, locale in ((1, "Asia/Kathmandu", "C"), (2, "America/St_Johns", "de_DE.UTF-8")):
        environment = {**os.environ, "PYTHONHASHSEED": str(number), "TZ": zone, "LC_ALL": locale}
        environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
        assert done.stdout == expected


def test_another_seed_is_another_company():
    one, other = set(run(days=14)), set(run(seed=8, days=14))
    assert len(one & other) < 0.1 * len(one)


def test_two_runs_side_by_side_do_not_disturb_each_other():
    pairs = zip(
        records(seed=3, days=20, reps=4, start=START), records(seed=3, days=20, reps=4, start=START), strict=True
    )
    assert all(one == other for one, other in pairs)


def test_a_longer_run_begins_like_a_shorter_one_until_the_first_turn_of_the_story():
    short = plan(seed=7, days=100, reps=30, start=START)
    turns = [rep.announced_on for rep in short.hires]
    turns += [day for rep in short.reps for day in (rep.leaving_announced_on, rep.moves_on, rep.turns_on) if day]
    first_turn = (min(turns) - START).days
    assert first_turn > 3
    short_days, long_days = (
        [text for moment, text in dated(days=days, reps=30) if (moment - START).days < first_turn]
        for days in (100, 300)
    )
    assert short_days == long_days
    assert len(short_days) > 1_000


def test_a_longer_run_repeats_nearly_all_of_a_shorter_one():
    short, long = run(days=100, reps=30), set(run(days=150, reps=30))
    assert sum(text in long for text in short) > 0.85 * len(short)


def test_a_run_is_made_as_it_is_asked_for():
    first = list(islice(records(seed=1, days=60_000, reps=2, start=START), 100))
    assert len(first) == 100


def test_moments_never_fall_and_are_the_updates():
    moments = [(moment, record["updated_at"]) for moment, record in timeline(seed=1, days=30, reps=8, start=START)]
    assert moments == sorted(moments, key=lambda pair: pair[0])
    assert all(f"{moment:%Y-%m-%dT%H:%M:%SZ}" == text for moment, text in moments)


def test_every_day_of_the_run_is_there_and_no_other():
    days = {record["updated_at"][:10] for record in records(seed=1, days=30, reps=3, start=START)}
    assert days == {(START + timedelta(days=n)).isoformat() for n in range(30)}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"seed": -1}, "seed -1 is negative"),
        ({"days": 0}, "days 0 is below 1"),
        ({"reps": 0}, "reps 0 is not within"),
        ({"reps": 100_001}, "reps 100001 is not within"),
        ({"start": date(1980, 1, 1)}, "1980-01-01 is not within"),
        ({"days": 10**6}, "a run of 1000000 days"),
    ],
)
def test_a_wrong_argument_is_refused_at_once(wrong, message):
    with pytest.raises(ValueError, match=message):
        timeline(**{"seed": 1, "days": 10, "reps": 3, "start": START, **wrong})


def test_a_line_does_not_depend_on_the_order_of_the_fields():
    record = {"type": "lead", "id": "l-1", "version": 2, "rep_id": "r-ł", "source": "web"}
    assert line(dict(reversed(record.items()))) == line(record)
    assert line(record) == '{"type":"lead","id":"l-1","version":2,"rep_id":"r-ł","source":"web"}\n'.encode()
