"""Why a delivery is rejected: the words of the `reason` header and of `upscore_dead_letters_total{reason}`."""

from __future__ import annotations

from typing import Final, Literal, get_args

__all__ = ["HEADERS", "REASONS", "Reason"]

Reason = Literal[
    "not_json",  # no JSON text at all: broken, not UTF-8, NaN, nested too deeply, empty
    "not_an_object",  # JSON, but not an object: a list, a text, null
    "unknown_type",  # `type` is not one of the topic's
    "missing_field",  # a required field is absent
    "invalid_field",  # a field is there, but not what it must be
    "too_large",  # more bytes than a record may have
    "too_old",  # decided with the state: every business date beyond retention, no version held
    "too_far_ahead",  # decided with the clock: updated_at or a business date too far in the future
]

REASONS: Final[tuple[Reason, ...]] = get_args(Reason)

HEADERS: Final = ("source_topic", "source_partition", "source_offset", "reason", "detail")
"""Headers of a dead letter: UTF-8 text, numbers in decimal. Source: contract.md section 2."""
