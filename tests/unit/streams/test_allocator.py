"""What is freed stays for the next buffer."""

from __future__ import annotations

import platform
import subprocess
import sys
from typing import Final

import pytest

from streams.allocator import keep_freed_memory

_BYTES: Final = 600_000
_BUFFERS: Final = 20
_ROUNDS: Final = 20
_ALL_PAGES: Final = _ROUNDS * _BUFFERS * _BYTES // 4096
_TAKE_AND_DROP: Final = f"""
import resource
from streams.allocator import keep_freed_memory

def pages_taken_anew():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range({_ROUNDS}):
        [b"x" * {_BYTES} for _ in range({_BUFFERS})]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

usual = pages_taken_anew()
was_told = keep_freed_memory()
pages_taken_anew()
print(int(was_told), usual, pages_taken_anew())
"""


def test_buffers_are_taken_from_what_was_freed() -> None:
    """A transaction's buffers are several of half a megabyte: by itself glibc gives all but one back each time."""
    program = [sys.executable, "-c", _TAKE_AND_DROP]
    told, usual, pages = map(int, subprocess.run(program, check=True, capture_output=True, text=True).stdout.split())
    assert told == (platform.libc_ver()[0] == "glibc")
    if told:
        assert pages < 0.1 * _ALL_PAGES < 0.5 * _ALL_PAGES < usual


@pytest.mark.parametrize("refused", [-1, -3])
def test_an_allocator_that_refuses_was_not_told(monkeypatch: pytest.MonkeyPatch, refused: int) -> None:
    class System:
        @staticmethod
        def mallopt(what: int, _: int) -> int:
            return int(what != refused)

    monkeypatch.setattr("ctypes.CDLL", lambda _: System)
    assert not keep_freed_memory()


def test_a_system_without_mallopt_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda _: object())
    assert not keep_freed_memory()
