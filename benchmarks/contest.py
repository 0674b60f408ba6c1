"""Contest: contestants over the same records, run after run, and what came of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console

from benchmarks.contestant import Contestant, Failed, Ground, Result
from benchmarks.truth import Truth
from benchmarks.workload import Workload
from streams.settings import Settings


def _today_in_utc() -> date:
    return datetime.now(UTC).date()


class Contest:
    """The runs over one workload, of so many companies that are alike.

    Windows end today. So each run is compared with the truth of its own day, and one during which the day turned is not
    counted but held again: a worker scores everybody anew at midnight.
    """

    def __init__(
        self, company: Workload, companies: int, console: Console, today: Callable[[], date] = _today_in_utc
    ) -> None:
        """Nothing is run yet."""
        self._company = company
        self._companies = companies
        self._console = console
        self._today = today
        self._grounds: dict[float, tuple[Workload, Truth]] = {}
        self.results: dict[Contestant, list[Result]] = {}
        self.failures: dict[Contestant, str] = {}
        """What a contestant said that did not get to the end, last of all."""
        self.workload, self.truth = self._ground(1.0)

    @property
    def is_right(self) -> bool:
        """Whether all got to the end, and nobody had a wrong figure."""
        return not self.failures and not any(run.wrong for runs in self.results.values() for run in runs)

    def hold(self, contestant: Contestant, repeat: int, broker: str, folder: Path) -> None:
        """Let a contestant run once more, from nothing."""
        word = re.sub(r"\W+", "-", contestant.name.lower())
        app = f"bench-{len(self.workload)}-{repeat}-{word}"
        title = f"{contestant.name}, run {repeat + 1}"
        try:
            while (result := self._run(contestant, app, title, broker, folder)) is None:
                app, title = f"{app}-again", f"{title} again"
        except Failed as failed:
            self.failures[contestant] = str(failed).strip().splitlines()[-1]
            self._console.print(f"[red]{title}[/red]: {failed}")
            return
        self.results.setdefault(contestant, []).append(result)
        self._console.print(
            f"{title}: {result.rate:,.0f} records/s, {result.cpu_us:,.1f} µs of CPU a record, "
            f"{result.reading.peak_bytes / 1e6:,.0f} MB, {len(result.wrong)} of {result.checked} subjects wrong"
            + (f" ({', '.join(result.wrong[:5])}, ...)" if result.wrong else "")
        )

    def _run(self, contestant: Contestant, app: str, title: str, broker: str, folder: Path) -> Result | None:
        """One run; None where the day turned during it.

        Raises:
            Failed: it did not get to the end.
        """
        workload, truth = self._ground(contestant.part)
        (folder / app).mkdir()
        settings = Settings.from_env({}, broker=broker, app=app, topic_prefix=f"{app}.")
        with self._console.status(f"{title}: getting ready") as status:
            result = contestant.run(
                Ground(
                    settings,
                    folder / app,
                    workload,
                    truth,
                    lambda count: status.update(f"{title}: {count:,} of {len(workload):,} records"),
                )
            )
        if self._today() == truth.as_of:
            return result
        self._console.print(f"{title}: the day turned meanwhile, which is other work: it is held again")
        return None

    def _ground(self, part: float) -> tuple[Workload, Truth]:
        """What a contestant of that part reads, and the right answers of today."""
        today = self._today()
        if part not in self._grounds or self._grounds[part][1].as_of != today:
            company = self._company.sample(part)
            truth = Truth.of(company, today)
            self._grounds[part] = (
                (company, truth)
                if self._companies == 1
                else (company.beside(self._companies), truth.beside(self._companies))
            )
        return self._grounds[part]
