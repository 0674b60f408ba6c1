"""Writes the tables of the README and of docs/method.md from the declarations in the code: `python docs/generate.py [--check]`.

A table stands between `<!-- generated: NAME -->` and `<!-- end of NAME -->`; whatever else a page says stays as it is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import by_hand

from schemas.catalogue import MEANINGS
from schemas.currencies import EXPONENTS
from schemas.json_schema import BOARD
from schemas.metrics import METRICS
from schemas.records import Deletion, decode
from schemas.topics import INPUTS, INTERNALS, TOPICS, TopicSpec, internal_name
from scoring.facts import facts_of
from scoring.kpi import CATALOGUE, MONEY_UNIT, TARGET_ATTAINMENT, Kpi, evaluation_kpi
from scoring.measures import parse_key
from scoring.money import WHOLE
from scoring.organisation import Organisation
from streams.commands import COMMANDS
from streams.publisher import TOPIC_OF
from streams.settings import PREFIX, Settings
from streams.simulator.lines import line
from streams.simulator.timeline import records

ROOT: Final = Path(__file__).resolve().parents[1]

DERIVED: Final = {
    **dict.fromkeys(("calls", "emails", "meetings", "calls_with_outcome", "calls_connected"), "activity"),
    "cohort_opened": "opened",
    "cohort_opened_n": "opened_n",
    "active": "customers_new",
    "year_margin": "margin_revenue",
    "year_churned": "customers_churned",
    "year_active": "customers_new",
}
"""Sums that `scoring/windows.py` makes of other measures: which one tells the record they come from."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the tables, or with `--check` compare them; 0 if all is well, 1 if one is stale."""
    parser = argparse.ArgumentParser(prog="python docs/generate.py", description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a table is not as generated")
    check = parser.parse_args(arguments).check
    stale = [(path, text) for path, text in pages().items() if path.read_text("utf-8") != text]
    for path, text in stale:
        if check:
            print(f"{path.relative_to(ROOT)} is stale: run python docs/generate.py, commit the result", file=sys.stderr)
        else:
            path.write_text(text, "utf-8")
    return int(check and bool(stale))


def pages() -> dict[Path, str]:
    """The text of each page with its tables as they should be.

    Raises:
        ValueError: a page has no place for one of its tables.
    """
    return {ROOT / name: _with_tables(ROOT / name, tables) for name, tables in PAGES.items()}


def _with_tables(page: Path, tables: Mapping[str, Callable[[], str]]) -> str:
    text = page.read_text("utf-8")
    for name, table in tables.items():
        start, end = f"<!-- generated: {name} -->", f"<!-- end of {name} -->"
        if text.count(start) != 1 or text.count(end) != 1:
            raise ValueError(f"{page.name}: expected one {start} and one {end}")
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        text = f"{before}{start}\n{table()}{end}{after}"
    return text


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *([_escaped(cell) for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _escaped(cell: str) -> str:
    """A cell whose `|` does not end it, and whose `<` outside of code begins no tag."""
    parts = cell.replace("|", "\\|").split("`")
    return "`".join(part if i % 2 else part.replace("<", "&lt;") for i, part in enumerate(parts))


def commands() -> str:
    """Every command with its own options; those that merely are settings are left out."""
    parser = argparse.ArgumentParser(prog="upscore")
    subparsers = parser.add_subparsers()
    for register in COMMANDS:
        register(subparsers)
    return _table(("command", "what it does"), sorted(_commands_below(parser)))


def _commands_below(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    for action in parser._actions:  # noqa: SLF001 - argparse tells of its parts in no other way
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for choice in action._choices_actions:  # noqa: SLF001
                below = action.choices[choice.dest]
                inner = list(_commands_below(below))
                yield from inner or [(f"`{_usage(below)}`", choice.help or "")]


def _usage(parser: argparse.ArgumentParser) -> str:
    parser.formatter_class = _OneLine
    usage = parser.format_usage().removeprefix("usage: ").strip().replace(" [-h]", "")
    for name in Settings.model_fields:
        usage = usage.replace(f" [--{name.replace('_', '-')} X]", "")
    return usage


class _OneLine(argparse.HelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=10_000)


def settings() -> str:
    """Every setting: variable, default, values, meaning."""
    schema = Settings.model_json_schema()["properties"]
    rows = [
        (f"`{PREFIX}{name.upper()}`", _default(field.default), _values(schema[name]), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    return _table(("variable", "default", "values", "what it does"), rows)


def _default(value: object) -> str:
    return "" if value in (None, "") else f"`{value}`"


def _values(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:  # a setting that may be unset
        schema = schema["anyOf"][0]
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "maximum" in schema:
        low = f"over {schema['exclusiveMinimum']:g}" if "exclusiveMinimum" in schema else f"{schema['minimum']:,}"
        return f"{low} to {schema['maximum']:,}"
    return "text"


def topics() -> str:
    """Every topic: what is on it, its key and how long it is kept."""
    rows = [(f"`{_name(spec)}`", _kind(spec), spec.description, spec.key, _kept(spec)) for spec in TOPICS.values()]
    return _table(("topic", "kind", "what it carries", "key", "kept"), rows)


def _name(spec: TopicSpec) -> str:
    return internal_name(Settings.from_env({}).app, spec) if spec in INTERNALS else spec.name


def _kind(spec: TopicSpec) -> str:
    if spec.internal:
        return "internal, one partition" if spec.single_partition else "internal"
    return "input" if spec in INPUTS else "output"


def _kept(spec: TopicSpec) -> str:
    if spec.cleanup == "compact":
        return "newest of each key"
    return "for ever" if spec.retention_days is None else f"{spec.retention_days:,} days"


def metrics() -> str:
    """Every exported Prometheus metric."""
    rows = [
        (f"`{spec.name}`", spec.kind, ", ".join(f"`{label}`" for label in spec.labels), spec.help) for spec in METRICS
    ]
    return _table(("metric", "type", "labels", "what it says"), rows)


def kpis() -> str:
    """Every metric of sales: meaning, sums behind it, and the records these come from."""
    catalogue = {kpi.name: kpi for kpi in (*CATALOGUE, evaluation_kpi("<criterion>"))}
    if missing := (catalogue.keys() | {TARGET_ATTAINMENT}) ^ MEANINGS.keys():
        raise ValueError(f"MEANINGS in schemas/catalogue.py differs from the catalogue in {sorted(missing)}")
    meanings = {name: meaning.replace(" - ", " − ") for name, meaning in MEANINGS.items()}
    types = _types_by_measure()
    rows = [
        (f"`{name}`", _unit(kpi), meanings[name], _formula(kpi), _sum_of(dict.fromkeys(kpi.n, 1)), _records(kpi, types))
        for name, kpi in catalogue.items()
    ]
    attainment = "`Scorer._attainment` in `scoring/score.py`"
    rows.append(
        (
            f"`{TARGET_ATTAINMENT}`",
            "ratio",
            meanings[TARGET_ATTAINMENT],
            attainment,
            "as net revenue",
            "`target`",
        )
    )
    return _table(("metric", "unit", "what it is", "sums of measures", "n", "records"), rows)


def _unit(kpi: Kpi) -> str:
    return "base currency" if kpi.unit == MONEY_UNIT else kpi.unit


def _formula(kpi: Kpi) -> str:
    if not kpi.denominator:
        return _sum_of(kpi.numerator)
    return f"{_in_brackets(_sum_of(kpi.numerator))} / {_in_brackets(_sum_of(kpi.denominator))}"


def _in_brackets(text: str) -> str:
    return f"({text})" if " " in text else text


def _sum_of(factors: Mapping[str, int]) -> str:
    """Measures with their factors; what only scales units, and deals in a currency without a rate, go without saying."""
    text = ""
    for measure, factor in factors.items():
        if measure.endswith("_unrated"):
            continue
        size = abs(factor)
        sign = " − " if factor < 0 else " + "
        text += f"{sign}{'' if size in (1, WHOLE) else f'{size}·'}`{measure}`"
    return text.removeprefix(" + ")


def _records(kpi: Kpi, types: Mapping[str, list[str]]) -> str:
    found: dict[str, None] = {}
    for measure in (*kpi.numerator, *kpi.denominator):
        if not measure.endswith("_unrated"):
            name = DERIVED.get(measure, measure).partition("/")[0]
            found |= dict.fromkeys(types[name])
    return ", ".join(f"`{kind}`" for kind in found)


@cache
def _types_by_measure() -> dict[str, list[str]]:
    """The record types of which each measure comes, by trying: the facts of half a simulated year."""
    organisation = Organisation(ZoneInfo("UTC"), "USD", EXPONENTS)
    found: dict[str, list[str]] = {}
    for simulated in records(seed=1, days=182, reps=4, start=date(2025, 1, 1)):
        record = decode(TOPIC_OF[simulated["type"]], line(simulated))
        for _, _, amounts in () if isinstance(record, Deletion) else facts_of(record, organisation):
            for key in amounts:
                types = found.setdefault(parse_key(key).name.partition("/")[0], [])
                if record.type not in types:
                    types.append(record.type)
    return found


def board_answers() -> str:
    """Every answer and event of the board's API, with its schema."""
    rows = [
        ((model.__doc__ or "").partition("\n")[0], f"[{name}.json](../schemas/generated/{name}.json)")
        for name, model in BOARD.items()
    ]
    return _table(("answer", "schema"), rows)


PAGES: Final[Mapping[str, Mapping[str, Callable[[], str]]]] = {
    "README.md": {"commands": commands, "settings": settings, "topics": topics, "metrics": metrics},
    "docs/board.md": {"board answers": board_answers},
    "docs/method.md": {"metrics of sales": kpis, "by hand": by_hand.section},
}

if __name__ == "__main__":
    sys.exit(main())
