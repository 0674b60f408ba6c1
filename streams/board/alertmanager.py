"""Alertmanager: which alerts somebody has silenced there. That is how a manager says: I have seen it.

Alertmanager itself says which of its alerts a silence matches; here they are only found again by their labels.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from streams.open_drops import NO_CAUSE

__all__ = ["Acknowledgements", "silenced"]

_KNOWN_SECONDS: Final = 10.0
_ANSWER_SECONDS: Final = 3.0
_KINDS: Final = {
    "SalesRepScoreDropped": "rep",
    "SalesTeamScoreDropped": "team",
    "SalesTerritoryScoreDropped": "territory",
    "SalesCompanyScoreDropped": "company",
}
"""Alerts of drops as the rules name them (`dashboards.rules.drops`), and the label that says of whom."""

Silenced = Mapping[tuple[str, str], bool]
"""By subject key and cause, whether a silence matches."""


class Acknowledgements:
    """What Alertmanager says, at most ten seconds old. Called on one event loop.

    Attributes:
        error: why it does not say; None where it does, or where there is none.
    """

    def __init__(self, url: str | None) -> None:
        """Nobody is asked yet; `url` None: there is no Alertmanager."""
        self.error: str | None = None
        self._url = None if url is None else url.rstrip("/")
        self._known: Silenced | None = None
        self._at = float("-inf")
        self._session: aiohttp.ClientSession | None = None
        self._lock = asyncio.Lock()

    async def refresh(self) -> None:
        """Ask, where the last answer is too old."""
        if self._url is None:
            return
        async with self._lock:
            if time.monotonic() - self._at < _KNOWN_SECONDS:
                return
            self._known, self.error = await self._asked(self._url)
            self._at = time.monotonic()

    async def _asked(self, url: str) -> tuple[Silenced | None, str | None]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_ANSWER_SECONDS))
        try:
            async with self._session.get(f"{url}/api/v2/alerts") as response:
                if response.status != HTTPStatus.OK:
                    return None, f"Alertmanager at {url} answers {response.status}; expected 200: is that its address?"
                return silenced(await response.json(content_type=None)), None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            return None, f"Alertmanager at {url} gives no answer that is understood ({type(error).__name__})"

    @property
    def by(self) -> str | None:
        """Who says what is acknowledged: `alertmanager`; None where nobody does now."""
        return None if self._known is None else "alertmanager"

    def of(self, subject: str, cause: str | None) -> bool | None:
        """Whether a drop of a subject with a cause is acknowledged; None where nobody says."""
        if self._known is None:
            return None
        return self._known.get((subject, cause or NO_CAUSE), False)

    async def close(self) -> None:
        """End the connection."""
        if self._session is not None:
            await self._session.close()


def silenced(alerts: Iterable[Mapping[str, Any]]) -> Silenced:
    """Which drops of an answer of `/api/v2/alerts` a silence matches.

    >>> labels = {"alertname": "SalesRepScoreDropped", "rep": "r-1", "cause": "results/win_rate"}
    >>> silenced([{"labels": labels, "status": {"state": "suppressed", "silencedBy": ["3"]}}])
    {('rep:r-1', 'results/win_rate'): True}
    """
    found: dict[tuple[str, str], bool] = {}
    for alert in alerts:
        labels = alert["labels"]
        kind = _KINDS.get(labels.get("alertname", ""))
        subject_id = "company" if kind == "company" else labels.get(kind or "")
        if kind is not None and subject_id is not None:
            place = f"{kind}:{subject_id}", labels.get("cause", NO_CAUSE)
            found[place] = found.get(place, False) or bool(alert["status"]["silencedBy"])
    return found
