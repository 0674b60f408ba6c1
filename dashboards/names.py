"""Names that boards, links, rules and deployments agree on."""

from __future__ import annotations

from typing import Final

JOB: Final = "upscore"
"""Prometheus job, one target a worker."""
DATASOURCE_UID: Final = "upscore-prometheus"
DATASOURCE_NAME: Final = "upscore"
FOLDER_UID: Final = "upscore"
FOLDER_TITLE: Final = "upscore"
TAG: Final = "upscore"
"""Tag of every board, and of annotations that `publish` makes; the menu of boards finds them by it."""

COMPANY: Final = "upscore-company"
TEAM: Final = "upscore-team"
REP: Final = "upscore-rep"
STREAM: Final = "upscore-stream"
WORKERS: Final = "upscore-workers"
REPLAY: Final = "upscore-replay"
ALERTS: Final = "upscore-alerts"

BOARDS: Final = (COMPANY, TEAM, REP, STREAM, WORKERS, REPLAY, ALERTS)
"""Uids of all boards."""

UPSCORE_URL: Final = "http://127.0.0.1:6066"
"""Where the page of a worker is, until somebody says otherwise in the variable `upscore_url`."""
