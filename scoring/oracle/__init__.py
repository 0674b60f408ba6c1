"""The oracle: every score by brute force from the records alone; what the tests compare the streaming engine with.

Nothing here is incremental: each call goes over all records again, but for what `Laid` has of them for several dates.
It shares no code with the engine but the scorecard.
"""

from __future__ import annotations

from scoring.oracle.laid import Laid
from scoring.oracle.score_objects import scores, scores_on
from scoring.oracle.versions import Delivery, InForce, newest, newest_business_date

__all__ = ["Delivery", "InForce", "Laid", "newest", "newest_business_date", "scores", "scores_on"]
