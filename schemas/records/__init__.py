"""Records as CRM systems publish them: one dataclass a type, validated in one pass from JSON bytes."""

from schemas.records.activity import Activity, Evaluation
from schemas.records.adapters import ADAPTERS, CLASSES, TYPES, Record
from schemas.records.cost import Cost
from schemas.records.customer import Customer
from schemas.records.deal import Deal, Split
from schemas.records.decoding import MAX_RECORD_BYTES, decode
from schemas.records.deletion import Deletion
from schemas.records.feedback import Feedback
from schemas.records.invalid import InvalidRecord
from schemas.records.lead import Lead
from schemas.records.reference import Absence, FxRate, Intervention, Market, Membership, Rep, Target, Team
from schemas.records.refund import Refund

__all__ = [
    "ADAPTERS",
    "CLASSES",
    "MAX_RECORD_BYTES",
    "TYPES",
    "Absence",
    "Activity",
    "Cost",
    "Customer",
    "Deal",
    "Deletion",
    "Evaluation",
    "Feedback",
    "FxRate",
    "Intervention",
    "InvalidRecord",
    "Lead",
    "Market",
    "Membership",
    "Record",
    "Refund",
    "Rep",
    "Split",
    "Target",
    "Team",
    "decode",
]
