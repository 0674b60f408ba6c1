"""What `upscore scorecard check` shows of a scorecard: a table on a terminal, the same in plain columns elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from scoring.choices import Shrinkage
from scoring.scorecard import PILLARS, Scorecard, ScoredMetric
from scoring.scorecard_review import RankStability, chosen, left_out, notes, reachable_coverage
from scoring.wording import NO_MEASURABLE_DIFFERENCE, PEOPLE_DECIDE

__all__ = ["print_evidence", "print_scorecard"]


def print_scorecard(console: Console, scorecard: Scorecard) -> None:
    """Print what a scorecard scores, what it leaves out and chooses, and what its author may not have meant."""
    console.print(
        f"{scorecard.label} scores {len(scorecard.metrics)} metrics over {scorecard.score_window_days} days until the "
        f"company's cycle is known, then {scorecard.score_window.shortest_days} to "
        f"{scorecard.score_window.longest_days}. A score needs coverage {scorecard.coverage_gate:g} of "
        f"{reachable_coverage(scorecard):.2f} that can be reached.",
        soft_wrap=True,
    )
    console.print()
    console.print(_metrics(scorecard))
    if scorecard.pillars[PILLARS[-1]] > 0:
        console.print(
            f"{PILLARS[-1]}  {_percent(scorecard.pillars[PILLARS[-1]])}: the slope of the metrics above over "
            f"{scorecard.improvement.weeks} weeks"
        )
    _print_list(console, "Not scored, only shown:", (", ".join(left_out(scorecard)),) if left_out(scorecard) else ())
    _print_list(console, "Chosen otherwise than usual:", chosen(scorecard))
    _print_list(console, "Is this what you mean?", notes(scorecard))


def print_evidence(
    console: Console, scorecard: Scorecard, signal: Mapping[str, float | None] | None, stability: RankStability | None
) -> None:
    """Print which metrics carry signal and how stable ranks are.

    Args:
        console: where to.
        scorecard: what scores.
        signal: signal share of metrics, 0..1, by name (method.md section 4), None where peers were too few to say; a metric that
            is missing has no records. None for all: nobody has looked.
        stability: what changes of the scorecard do to ranks. None: nobody has looked, or no two reps have a score.
    """
    console.print()
    if signal is None and stability is None:
        console.print(
            "Not checked: which metrics tell reps apart, and how stable ranks are. That takes records: --records reads them."
        )
        return
    if signal is not None:
        console.print("How much of what reps differ in is more than chance (signal, 0 to 1):")
        console.print(_signals(scorecard, signal))
    if stability is None:
        console.print("Ranks are not checked: that takes two reps with a score.")
    else:
        console.print(
            f"Ranks of {stability.reps} reps: {_percent(stability.told_apart)} of their pairs are told apart. "
            "What changes of the scorecard do to ranks:"
        )
        console.print(_shifts(stability))
    console.print(PEOPLE_DECIDE)


def _metrics(scorecard: Scorecard) -> Table:
    table = Table(box=None, header_style="bold")
    for column in ("pillar", "metric"):
        table.add_column(column, no_wrap=True)
    for column in ("weight", "typical", "spread", "target"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("how")
    for pillar in PILLARS[:-1]:
        for metric in (metric for metric in scorecard.metrics if metric.pillar == pillar):
            table.add_row(
                pillar,
                metric.metric,
                _percent(scorecard.pillars[pillar] * metric.weight),
                f"{metric.typical:,g}",
                f"{max(metric.spread, metric.smallest_spread):,g}",
                "" if metric.target is None else f"{metric.target:,g}",
                ", ".join(_how(scorecard, metric)),
            )
    return table


def _how(scorecard: Scorecard, metric: ScoredMetric) -> list[str]:
    found = ["more is better" if metric.higher_is_better else "less is better"]
    if metric.per_day:
        found.append("a day present")
    if metric.capped:
        found.append(f"capped at {metric.cap:g} x target")
    if metric.min_n > 1:
        found.append(f"from {metric.min_n} records on")
    if metric.block is not None:
        found.append(f"{scorecard.block(metric.metric)} a point of its chart")
    return found


def _signals(scorecard: Scorecard, signal: Mapping[str, float | None]) -> Table:
    table = Table(box=None, header_style="bold")
    table.add_column("metric", no_wrap=True)
    table.add_column("signal", justify="right", no_wrap=True)
    table.add_column("")
    for metric in scorecard.metrics:
        share = signal.get(metric.metric)
        meaning = _meaning(share, scorecard.shrinkage) if metric.metric in signal else "no records"
        table.add_row(metric.metric, "-" if share is None else f"{share:.2f}", meaning)
    return table


def _meaning(share: float | None, shrinkage: Shrinkage) -> str:
    if share is None:
        return f"not known: fewer than {shrinkage.fewest_peers} peers with records of it in complete weeks"
    if share <= 0:
        return f"carries no signal: {NO_MEASURABLE_DIFFERENCE}; it stays in the score, shrunk"
    if share < shrinkage.least_signal:
        return f"below {shrinkage.least_signal:g}: no leaderboard by it; it stays in the score, shrunk"
    return ""


def _shifts(stability: RankStability) -> Table:
    table = Table(box=None, header_style="bold")
    table.add_column("changed", no_wrap=True)
    for column in ("half move by at most", "nobody by more than", "stay within their rank interval"):
        table.add_column(column, justify="right")
    for shift in stability.shifts:
        table.add_row(
            shift.change, f"{shift.median_ranks:g}", f"{shift.most_ranks}", f"{_percent(shift.within_interval)} of reps"
        )
    return table


def _print_list(console: Console, head: str, lines: tuple[str, ...]) -> None:
    if lines:
        console.print()
        console.print(head)
        for line in lines:
            console.print(f"  - {line}", soft_wrap=True)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
