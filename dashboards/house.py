"""What all boards of one generation share: the scorecard, the currency, the address of upscore."""

from __future__ import annotations

from dataclasses import dataclass, field

from dashboards.names import UPSCORE_URL
from dashboards.scorecard import Scorecard, read_scorecard


@dataclass(frozen=True, slots=True)
class House:
    """Choices of an installation that boards are made with; by default those of the committed ones."""

    card: Scorecard = field(default_factory=read_scorecard)
    currency: str = "USD"
    url: str = UPSCORE_URL
