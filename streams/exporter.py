"""Exporter: the Prometheus text of a worker, written without a metric object a series.

A collector of prometheus_client takes 136 ms for 20,000 series. Here a subject's lines are written anew only when its
score changed. Never render on the worker's event loop: `python -m benchmarks.scrape` says what it costs.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import prometheus_client

from schemas import metrics
from streams.exposition import head, sample
from streams.polite import Politeness
from streams.series_budget import SeriesBudget
from streams.subject_lines import DROPPED, PARTS, Part, SubjectLines, drop_lines
from streams.worker_view import WorkerView

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_CHUNK: Final = 200
"""Subjects whose lines go into one piece: about 300 kB."""

_OF_SUBJECTS: Final = frozenset(
    [part.spec.name for parts in PARTS.values() for part in parts]
    + [spec.name for spec in (*DROPPED.values(), metrics.SERIES, metrics.SERIES_LIMIT, metrics.SCRAPE_SECONDS)]
)
"""Families that are written here; the others are the registry's."""


class Exporter:
    """Renders what `/metrics` answers. Any thread may render, several at once too.

    Args:
        view: the worker. Only what it has published is shown, so subjects that it lost vanish with its next mapping.
    """

    def __init__(self, view: WorkerView) -> None:
        """Nothing is rendered yet."""
        self._view = view
        self._lines: dict[str, SubjectLines] = {}
        self._budget = SeriesBudget(view.settings.most_series)
        self._seconds = 0.0
        # The `_created` gauge beside each counter would be a metric that `schemas.metrics` does not declare.
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]

    def render(self, names: Collection[str] | None = None) -> bytes:
        """All of `chunks` in one."""
        return b"".join(self.chunks(names))

    def chunks(self, names: Collection[str] | None = None) -> Iterator[bytes]:
        """The exposition in Prometheus's text format 0.0.4, piece by piece: subjects first, then the program's metrics.

        The pieces are short and paused between, so that the worker's event loop hardly feels it.

        Args:
            names: families wanted (of the program's also sample names, such as `…_bucket`); None or empty: all.

        Returns:
            Text that ends with a line end; nothing if nothing has one of the names. A value of None has no series.
            Of a silent generation's worker only what `schemas.metrics.OF_SILENT` names.
        """
        started = time.perf_counter()
        registry: Any = self._view.registry
        if self._view.silence() is not None:
            shown = {spec.name for spec in metrics.OF_SILENT}
            yield prometheus_client.generate_latest(registry.restricted_registry(shown & set(names or shown)))
            return
        if names:
            registry = registry.restricted_registry(names)
        polite = Politeness()
        if not names or not _OF_SUBJECTS.isdisjoint(names):
            for chunk in self._subject_families(set(names) if names else None, polite):
                yield chunk
                polite.turn()
        yield prometheus_client.generate_latest(registry)
        if not names:
            self._seconds = time.perf_counter() - started

    def _subject_families(self, names: set[str] | None, polite: Politeness) -> Iterator[bytes]:
        by_kind = self._current_lines(polite)
        drops = self._drop_lines(by_kind)
        series = _series(by_kind, polite)
        left_out = self._budget.left_out(series)
        for kind, parts in PARTS.items():
            begun = None
            for place, part in enumerate(parts):
                if part not in left_out and (names is None or part.spec.name in names):
                    if part.spec is not begun:
                        begun = part.spec
                        yield head(part.spec).encode()
                    yield from _texts(by_kind[kind], place)
            if names is None or DROPPED[kind].name in names:
                yield head(DROPPED[kind]).encode()
                yield from drops[kind]
        total = sum(series.values()) + sum([text.count(b"\n") for texts in drops.values() for text in texts])
        for spec, value in (
            (metrics.SERIES, total),
            (metrics.SERIES_LIMIT, self._budget.most),
            (metrics.SCRAPE_SECONDS, self._seconds),
        ):
            if names is None or spec.name in names:
                yield sample(spec, value).encode()

    def _current_lines(self, polite: Politeness) -> dict[str, list[SubjectLines]]:
        """The lines of every published subject, those of changed scores written anew."""
        by_kind: dict[str, list[SubjectLines]] = {kind: [] for kind in PARTS}
        held, current = self._lines, {}
        for key, score in self._view.published().items():
            lines = held.get(key)
            if lines is None or lines.score is not score:
                kind = score["subject"]
                lines = SubjectLines(score, self._view.territory(score["id"]) if kind == "rep" else None)
            current[key] = lines
            by_kind[lines.score["subject"]].append(lines)
            polite.turn()
        self._lines = current  # replaced, never changed: two threads at once write some lines twice, nothing worse
        return by_kind

    def _drop_lines(self, by_kind: dict[str, list[SubjectLines]]) -> dict[str, list[bytes]]:
        """Open drops of subjects whose score is shown: what another worker owns is not shown here."""
        open_drops = self._view.drops()
        if not open_drops:
            return {kind: [] for kind in by_kind}
        return {
            kind: [
                drop_lines(lines.score, lost)
                for lines in of_kind
                if (lost := open_drops.get(f"{kind}:{lines.score['id']}"))
            ]
            for kind, of_kind in by_kind.items()
        }


def _series(by_kind: Mapping[str, list[SubjectLines]], polite: Politeness) -> dict[Part, int]:
    """How many series each part has."""
    series = {}
    for kind, parts in PARTS.items():
        for place, part in enumerate(parts):
            series[part] = sum([lines.series[place] for lines in by_kind[kind]])
            polite.turn()
    return series


def _texts(subjects: Sequence[SubjectLines], place: int) -> Iterator[bytes]:
    """The lines of a part of all subjects, in pieces."""
    for start in range(0, len(subjects), _CHUNK):
        yield b"".join([lines.texts[place] for lines in subjects[start : start + _CHUNK]])
