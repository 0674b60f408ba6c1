"""Which scorecard goes into force, and when: what stands on `upscore.scorecards.v1`, one message each time another one does."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from schemas.score import Published

__all__ = ["ScorecardInForce"]


class ScorecardInForce(Published):
    """A scorecard with its whole text, from when on, and by whom."""

    type: Literal["ScorecardInForce"]
    place: Annotated[int, Field(ge=1)] = Field(description="1 for the first ever in force; then one more each time.")
    scorecard: str = Field(description="Name and version, as scores have it in `scorecard`.")
    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] = Field(description="SHA-256 of `toml`, UTF-8.")
    author: str = Field(description="Who answers for it: what the file states, else the user that the worker runs as.")
    since: datetime = Field(description="When the first worker started with it; it holds until the next one's.")
    toml: str = Field(description="The scorecard file's text, as `upscore scorecard check` takes it.")
