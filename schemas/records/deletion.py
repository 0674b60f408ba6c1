"""Deletions: records that no longer count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import GetPydanticSchema, TypeAdapter
from pydantic_core import core_schema as cs

from schemas.records.common import Id, Instant, Label, VersionNumber

__all__ = ["DELETION", "Deletion"]


@dataclass(slots=True, kw_only=True)
class Deletion:
    """What any record with `deleted: true` becomes, whatever its other fields hold. Source: contract.md section 1.

    Attributes:
        type: Type of the record.
        id: Its id.
        updated_at: When it was deleted. None: the Kafka timestamp.
        version: Orders versions of equal `updated_at`. None counts as 0.
        event_id: Id of this delivery, for tracing only; None if it is not a text.
    """

    type: str
    id: Id
    updated_at: Instant | None = None
    version: VersionNumber | None = None
    event_id: Annotated[Label | None, GetPydanticSchema(lambda source, handler: _or_none(handler(source)))] = None


def _or_none(schema: cs.CoreSchema) -> cs.CoreSchema:
    return cs.with_default_schema(schema, default=None, on_error="default")


DELETION: TypeAdapter[Deletion] = TypeAdapter(Deletion)
"""Reads a deletion off an object of which only these fields matter."""
