"""Invalid records: a reason for machines and a detail for people that repeats no personal data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from schemas.currencies import EXPONENTS
from schemas.dead_letters import Reason
from schemas.topics import RECORD_TYPES

__all__ = ["InvalidRecord", "explain", "invalid_field", "missing_field", "show", "show_known"]

LONGEST_SHOWN: Final = 60
MOST_SHOWN: Final = 3
LARGEST_SHOWN: Final = 10**20
FORMAL: Final = re.compile(
    r"[-+]?[0-9.,_ ]{1,24}(?:[eE][-+]?[0-9]{1,4})?|[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}[-+0-9:.TZtz ]{0,30}"
)
"""Texts with the form of a number or a time."""
IDENTIFIER: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
TYPES: Final = frozenset(record_type for types in RECORD_TYPES.values() for record_type in types)

# Fields whose right values are never about a person: enums, numbers, dates, codes. Of wrong ones see `show_known`.
SHOWN: Final = frozenset(
    {
        *("type", "version", "deleted", "status", "kind", "outcome", "scale", "category", "subject"),
        *("updated_at", "opened_at", "closed_at", "created_at", "qualified_at", "converted_at", "churned_at"),
        *("occurred_at", "started_at", "since", "renewals", "expected_close_on", "hired_on", "left_on", "until"),
        *("date", "start", "end", "period_start", "period_end"),
        *("amount", "cost", "list_price", "share", "currency", "rate", "index", "value", "criteria"),
        *("duration_seconds", "first_response_seconds"),
    }
)

REASONS_BY_ERROR: Final[Mapping[str, Reason]] = {
    "json_invalid": "not_json",
    "union_tag_invalid": "unknown_type",
    "union_tag_not_found": "missing_field",
    "missing": "missing_field",
    "missing_field": "missing_field",
}


class InvalidRecord(ValueError):
    """A value that is no record of its topic: data to set aside, never a fault of ours.

    Attributes:
        reason: One of a fixed set of words, for metrics.
        detail: Where, what was expected and what was there, for people. Never a name, comment, note or evaluator.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail


def missing_field(name: str, why: str) -> PydanticCustomError:
    """The error of a dataclass that lacks `name`, which other fields make necessary."""
    return PydanticCustomError("missing_field", "is missing: {why}", {"field": name, "why": why})


def invalid_field(name: str, expected: str) -> PydanticCustomError:
    """The error of a dataclass whose field `name` does not agree with other fields or with itself."""
    return PydanticCustomError("invalid_field", "{expected}", {"field": name, "expected": expected})


def explain(error: ValidationError) -> InvalidRecord:
    """The invalid record that a validation error tells of: the first error's reason, the first three in words."""
    faults = error.errors(include_url=False)
    detail = "; ".join(_describe(fault) for fault in faults[:MOST_SHOWN])
    if len(faults) > MOST_SHOWN:
        detail += f"; and {len(faults) - MOST_SHOWN} more"
    return InvalidRecord(_reason(faults[0]), detail)


def _reason(fault: Mapping[str, Any]) -> Reason:
    if not fault["loc"] and fault["type"] in {"dict_type", "dataclass_type", "model_attributes_type"}:
        return "not_an_object"
    return REASONS_BY_ERROR.get(fault["type"], "invalid_field")


def _describe(fault: Mapping[str, Any]) -> str:
    where, message = _path(fault), str(fault["msg"])
    match fault["type"]:
        case "json_invalid":
            return message
        case "missing" | "union_tag_not_found":
            return f"{where} is missing"
        case "missing_field":
            return f"{where} {message}"
        case "invalid_field":
            return f"{where}: {message}"
        case "union_tag_invalid":
            message = f"expected {fault['ctx']['expected_tags']}"
            got = show_known(fault["ctx"]["tag"])
        case "dict_type" | "dataclass_type" | "model_attributes_type":
            message, got = "expected an object", _got(fault)
        case _:
            got = _got(fault)
    return f"{where}: {message.replace('Input should be', 'expected', 1)}, got {got}"


def _path(fault: Mapping[str, Any]) -> str:
    """`deal.splits[1].share`; of a record of no known type, `type`."""
    steps: list[int | str] = list(fault["loc"])
    context = fault.get("ctx", {})
    if "field" in context:
        steps.append(context["field"])
    path = ""
    for depth, step in enumerate(steps):
        if isinstance(step, int):
            path += f"[{step}]"
        elif step == "[key]":
            path += " (a name in it)"
        elif depth > 1 and steps[depth - 1] == "criteria":
            # What a criterion is called is free text, but usually a word of a program's.
            path += f"[{show(step)}]" if IDENTIFIER.fullmatch(str(step)) else "[…]"
        else:
            path += f".{step}" if path else step
    return path or "type"


def _got(fault: Mapping[str, Any]) -> str:
    names = [step for step in fault["loc"] if isinstance(step, str)]
    if not SHOWN.intersection(names[1:]) or names[-1] == "[key]":
        return _sort(fault["input"])
    return show_known(fault["input"], str(fault["msg"]))


def show_known(value: object, expected: str = "") -> str:
    """The value itself if it cannot be about a person, else what sort of thing it is.

    Anything may stand in a wrong field, a comment in the place of a status. So a text is shown if it has the form of a
    number or a time, or is a word of ours: one quoted in `expected` in another spelling, a record type or a currency.

    >>> show_known("Won", "expected 'open', 'won' or 'lost'"), show_known("2026-13-01"), show_known("Ann Lee")
    ("'Won'", "'2026-13-01'", 'a text of 7 characters')
    """
    if not isinstance(value, str) or FORMAL.fullmatch(value):
        return show(value)
    word = value.strip().lower()
    known = f"'{word}'" in expected or word in TYPES or word.upper() in EXPONENTS
    return show(value) if known and len(value) <= LONGEST_SHOWN else _sort(value)


def show(value: object) -> str:
    """The value itself if it is short and plain, else what sort of thing it is."""
    if isinstance(value, str):
        return repr(value if len(value) <= LONGEST_SHOWN else value[:LONGEST_SHOWN] + "…")
    if isinstance(value, Decimal):
        return _show_number(value, float(value))
    if isinstance(value, int | float):
        return _show_number(value, value)
    return _sort(value)


def _show_number(value: object, size: float) -> str:
    return str(value).lower() if abs(size) < LARGEST_SHOWN else "a number"


def _sort(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return f"a text of {len(value)} characters"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list) else "a number"
