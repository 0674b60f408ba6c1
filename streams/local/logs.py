"""What a program said last."""

from __future__ import annotations

import re

_STACK_FRAME = re.compile(r"\s+(at .*\(|\.\.\. \d+ more)")


def last_lines(text: str, longest: int = 12) -> str:
    r"""The last lines of a log, at most so many; the frames of Java's stack traces are left out, the reasons stay.

    >>> last_lines("starting\nConfigException: bad value\n\tat a.b(C.scala:1)\n\t... 9 more\n").splitlines()
    ['starting', 'ConfigException: bad value']
    """
    lines = [line for line in text.splitlines() if line.strip() and not _STACK_FRAME.match(line)]
    return "\n".join(lines[-longest:])
