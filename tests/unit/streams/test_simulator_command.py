"""`upscore simulate` as a command: its bytes, its limits, its exit codes."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys

import pytest

from streams.simulator import line
from streams.simulator.commands import DEFAULT_START, register, select

MAIN = (
    "import argparse, sys; from streams.simulator.commands import register\n"
    "parser = argparse.ArgumentParser(prog='upscore'); register(parser.add_subparsers(required=True))\n"
    "args = parser.parse_args(); sys.exit(args.func(args))"
)


def upscore(*arguments, **options):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    return subprocess.run(
        [sys.executable, "-c", MAIN, *arguments], env=environment, capture_output=True, check=False, **options
    )


def chosen(**changes):
    arguments = {"seed": 1, "days": 10, "reps": 3, "start": DEFAULT_START, "limit": None, "rough": False, **changes}
    return list(select(**arguments))


def test_stdout_is_ndjson_and_nothing_else():
    done = upscore("simulate", "--days", "10", "--reps", "3")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"".join(map(line, chosen()))
    assert all(json.loads(text)["type"] for text in done.stdout.splitlines())


def test_seed_and_start_and_rough_are_taken():
    done = upscore("simulate", "--days", "10", "--reps", "3", "--seed", "9", "--start", "2026-02-01", "--rough")
    start = DEFAULT_START.replace(year=2026, month=2)
    assert done.stdout == b"".join(map(line, chosen(seed=9, start=start, rough=True)))


def test_records_stops_early_and_lengthens_the_run():
    assert chosen(limit=20) == chosen()[:20]
    assert len(chosen(days=None, limit=2_000)) == 2_000
    assert len({line(record) for record in chosen(days=None, limit=2_000, rough=True)}) == 2_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--days", "0"], "days 0 is below 1"),
        (["--records", "0"], "records 0 is below 1"),
        (["--seed", "-4"], "seed -4 is negative"),
        (["--start", "tomorrow"], "'tomorrow' is not a date: expected YYYY-MM-DD"),
        (["--reps", "many"], "invalid int value"),
    ],
)
def test_wrong_use_is_told_on_stderr_with_exit_code_2(arguments, message):
    done = upscore("simulate", *arguments)
    assert done.returncode == 2
    assert done.stdout == b""
    assert message in done.stderr.decode()


def test_a_reader_that_stops_reading_is_no_failure():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(
        [sys.executable, "-c", MAIN, "simulate", "--days", "2000"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdout.readline().startswith(b'{"type":"team"')
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(30) == 0


def test_the_command_has_help():
    parser = argparse.ArgumentParser(prog="upscore")
    register(parser.add_subparsers())
    with pytest.raises(SystemExit) as left:
        parser.parse_args(["simulate", "--help"])
    assert left.value.code == 0
