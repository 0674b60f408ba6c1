"""What may come on each input topic."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field, GetPydanticSchema, TypeAdapter
from pydantic_core import core_schema as cs

from schemas.records.activity import Activity, Evaluation
from schemas.records.cost import Cost
from schemas.records.customer import Customer
from schemas.records.deal import Deal
from schemas.records.feedback import Feedback
from schemas.records.lead import Lead
from schemas.records.reference import Absence, FxRate, Intervention, Market, Rep, Target, Team
from schemas.records.refund import Refund
from schemas.topics import ACTIVITIES, EVENTS, FEEDBACK, RECORD_TYPES, REFERENCE

__all__ = ["ADAPTERS", "CLASSES", "TYPES", "Record"]

Event = Deal | Lead | Customer | Refund | Cost
ActivityRecord = Activity | Evaluation
Reference = Rep | Team | Target | FxRate | Market | Absence | Intervention
Record = Event | ActivityRecord | Feedback | Reference
"""Any record of any input topic."""

CLASSES: Final[dict[str, type[Record]]] = {
    "deal": Deal,
    "lead": Lead,
    "customer": Customer,
    "refund": Refund,
    "cost": Cost,
    "activity": Activity,
    "evaluation": Evaluation,
    "feedback": Feedback,
    "rep": Rep,
    "team": Team,
    "target": Target,
    "fx_rate": FxRate,
    "market": Market,
    "absence": Absence,
    "intervention": Intervention,
}
"""The dataclass of each record type."""

# A union of one is no union to Python; it should fail in the same words as the others.
_ALONE = GetPydanticSchema(lambda source, handler: cs.tagged_union_schema({"feedback": handler(source)}, "type"))

# Ids and times hardly ever come twice: to look each up among the last strings costs more than it saves.
_CONFIG: Final = ConfigDict(cache_strings="keys")

ADAPTERS: Final[dict[str, TypeAdapter[Any]]] = {
    EVENTS: TypeAdapter(Annotated[Event, Field(discriminator="type")], config=_CONFIG),
    ACTIVITIES: TypeAdapter(Annotated[ActivityRecord, Field(discriminator="type")], config=_CONFIG),
    FEEDBACK: TypeAdapter(Annotated[Feedback, _ALONE]),
    REFERENCE: TypeAdapter(Annotated[Reference, Field(discriminator="type")], config=_CONFIG),
}
"""The validator of each input topic, by its logical name."""

TYPES: Final[dict[str, tuple[str, ...]]] = RECORD_TYPES
"""Record types of each input topic, by its logical name."""
