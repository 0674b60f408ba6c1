"""A standing as text: what `upscore standing` shows of what a score is made of, and what would raise it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from scoring.wording import NO_MEASURABLE_DIFFERENCE, PEOPLE_DECIDE, insufficient, points, scored

__all__ = ["print_standing"]

Told = Mapping[str, Any]

_LEVERS_TOLD: Final = 3
_UNLOGGED: Final = "ln "


def print_standing(console: Console, told: Told, flags: int | None = None) -> None:
    """Print a standing in tables and sentences.

    Args:
        console: where to.
        told: as `scoring.standing_told.standing_told` gives it.
        flags: how many things are worth a look; None: nobody has looked.
    """
    window = told["window"]
    who = "the company" if told["subject"] == "company" else f"{told['subject']} {told['id']}"
    console.print(f"{who} on {told['as_of']}: {_score(told)}.", soft_wrap=True)
    console.print(
        f"By {told['scorecard']} and norms {told['norms'] or 'that the scorecard states'}, from {window['first']} to "
        f"{window['last']}: {window['days']} days, present on {window['present']}.",
        soft_wrap=True,
    )
    console.print()
    console.print(_parts(told))
    console.print()
    for line in (*_remarks(told), *_advice(told), *_flags(flags)):
        console.print(line, soft_wrap=True)
    console.print()
    console.print(_periods(told))
    for line in sorted(_missing(told)):
        console.print(line, soft_wrap=True)
    console.print(PEOPLE_DECIDE)


def _score(told: Told) -> str:
    if told["score"] is None:
        return insufficient(told["coverage"], told["coverage_gate"])
    return "score " + scored(told["score"], told["interval"]["low"], told["interval"]["high"], told["coverage"])


def _parts(told: Told) -> Table:
    table = Table(box=None, header_style="bold")
    table.add_column("pillar, metric", no_wrap=True)
    for column in ("weight", "value", "n", "level", "M", "shrunk", "80 %", "target", "utility"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("in", no_wrap=True)
    for name, pillar in told["pillars"].items():
        table.add_row(name, f"{pillar['weight']:.3f}", *[""] * 7, f"{pillar['u']:.3f}", f"V {pillar['v']:.3f}")
        for metric, part in pillar["metrics"].items():
            known = part["known"]
            table.add_row(
                f"  {metric}",
                f"{part['weight']:.3f}",
                _number(part["value"]),
                _number(part["n"]),
                _number(part["level"]),
                _number(part["prior"]),
                _number(part["shrunk"]),
                "" if known is None else f"{_number(known['low'])} to {_number(known['high'])}",
                _number(part["goalposts"]["target"]),
                f"{part['utility']:.3f}",
                part["scored_in"],
            )
    return table


def _remarks(told: Told) -> list[str]:
    found = []
    if told["not_collected"]:
        found.append(f"No records in the company, so their weight is the others': {', '.join(told['not_collected'])}.")
    alike = [name for name, part in _metrics(told).items() if part["known"]["no_measurable_difference"]]
    if alike:
        found.append(f"{NO_MEASURABLE_DIFFERENCE[0].upper()}{NO_MEASURABLE_DIFFERENCE[1:]} by {', '.join(alike)}.")
    return found


def _advice(told: Told) -> list[str]:
    advice = told["advice"]
    if advice is None:
        return ["With insufficient evidence no strengths and weak spots are told."]
    metrics = _metrics(told)
    strong = [f"{each['metric']} {points(each['beside_norm'])}{_sure(each)}" for each in advice["strengths"]]
    weak = [
        f"{each['metric']} {points(each['beside_norm'])}{_sure(each)}, {points(each['target_points'])} at its target"
        for each in advice["weak_spots"]
    ]
    levers = [
        f"{each['metric']} {_step(each, metrics[each['metric']]['scored_in'])}: {points(each['per_step'])}"
        for each in advice["levers"][:_LEVERS_TOLD]
        if each["per_step"] > 0
    ]
    return [
        f"Strengths, beside the others' level: {'; '.join(strong) or 'none'}.",
        f"Weak spots, likewise: {'; '.join(weak) or 'none'}.",
        f"What would raise the score most, one usual step of each, all else as it is: {'; '.join(levers) or 'nothing'}.",
    ]


def _metrics(told: Told) -> dict[str, Told]:
    """Every metric that is scored; slopes are left out, they bear the same names."""
    every = [part for pillar in told["pillars"].values() for part in pillar["metrics"].items()]
    return {name: part for name, part in every if part["known"] is not None}


def _sure(lever: Told) -> str:
    return "" if lever["certain"] else " (may be chance)"


def _step(lever: Told, unit: str) -> str:
    """How far one step goes; of a logarithm as a share of what it is."""
    if unit.startswith(_UNLOGGED):
        return f"{100 * lever['step']:+.0f} % or so"
    return f"{lever['step']:+,.3g} {unit}"


def _flags(flags: int | None) -> list[str]:
    if flags is None:
        return []
    if not flags:
        return ["Nothing in the records is flagged as worth a look."]
    return [f"Worth a look, and no part of the score: {flags} flag{'s' * (flags > 1)}; `upscore flags` says which."]


def _periods(told: Told) -> Table:
    table = Table(box=None, header_style="bold")
    table.add_column("to date (just before)", no_wrap=True)
    for period in told["periods"].values():
        table.add_column(f"{period['name']}, {period['days']} d", justify="right", no_wrap=True)
    for metric in next(iter(told["periods"].values()))["metrics"]:
        cells = [
            f"{_figure(period['metrics'][metric])} ({_figure(period['previous']['metrics'][metric])})"
            for period in told["periods"].values()
        ]
        table.add_row(metric, *cells)
    return table


def _missing(told: Told) -> set[str]:
    every: Sequence[Told] = [
        each for period in told["periods"].values() for each in (period, period["previous"]) if each["reason"]
    ]
    return {f"?: {each['reason']}." for each in every}


def _figure(figure: Told | None) -> str:
    return "?" if figure is None else _number(figure["value"])


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"  # noqa: PLR2004 - from there on a figure has no decimals
