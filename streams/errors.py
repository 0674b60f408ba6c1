"""Everything upscore raises on purpose, in one tree.

::

    UpscoreError
      + SettingsError          a setting is unknown, malformed or out of its bounds
      + TopicMismatch          a topic is missing, or not as it is declared
      + StateMismatch          the state held and the positions committed do not belong together
      + StreamStalled          a partition does not get on although the broker answers
      + LocalStackError        the local Kafka or Redis could not be started, found or stopped
          + Offline            a part of the local stack is not on this machine and could not be fetched
          + StartFailed        a program ended, or did not answer in time

What is merely refused (a bad record, an old version) is an outcome and is counted, not raised. A bug is none of these
either: it ends the worker with its own traceback.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "LocalStackError",
    "Offline",
    "SettingsError",
    "StartFailed",
    "StateMismatch",
    "StreamStalled",
    "TopicMismatch",
    "UpscoreError",
]


class UpscoreError(Exception):
    """Something that the person at the keyboard can act on; its text is one clear line.

    Attributes:
        retriable: whether the same call may succeed later with nothing changed by hand.
    """

    retriable: ClassVar[bool] = False


class SettingsError(UpscoreError):
    """A setting is unknown, malformed or out of its bounds. Change it and start again."""


class TopicMismatch(UpscoreError):
    """A topic is missing, or its partitions or configuration are not as declared."""


class StateMismatch(UpscoreError):
    """State and positions do not belong together: the state must be rebuilt from the topics."""


class StreamStalled(UpscoreError):
    """A partition does not get on although the broker answers. Started again, a worker goes on where it stood."""

    retriable: ClassVar[bool] = True


class LocalStackError(UpscoreError):
    """The local Kafka or Redis could not be started, found or stopped."""


class Offline(LocalStackError):
    """A part of the local stack is not on this machine and could not be fetched; with a network it can be."""

    retriable: ClassVar[bool] = True


class StartFailed(LocalStackError):
    """A program of the local stack ended, or did not answer in time; the text ends with its last log lines."""
