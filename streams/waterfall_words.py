"""The words of a waterfall: how its parts are called, in what order they are told, and which are too small to tell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

Part = dict[str, Any]
"""A part of an explanation, or one of its records, as contract.md section 4 has it."""

SWITCHES: Final = {
    "scorecard": "scorecard, norms and targets",
    "people": "team, absence and ramp-up",
    "corrections": "corrected records",
    "market": "market and season",
}

SHOWN_FROM: Final = 0.05
"""Points that are told: less is 0.0 when it is written with one decimal."""

_CAUSES: Final = {
    "mix": "mix",
    "rate": "rate",
    "volume": "volume",
    "days": "days present",
    "weight": "weight in the pillar",
    "norm": "norm",
    "target": "target",
    "rest": "the rest",
}


def plain(text: str) -> str:
    r"""A name or id fit for a terminal: what cannot be printed is a question mark.

    >>> plain("d-1\x1b[2J")
    'd-1?[2J'
    """
    return "".join(character if character.isprintable() else "?" for character in text)


def spoken(name: str) -> str:
    """The name of a metric or pillar in words.

    >>> spoken("cohort_win_rate"), spoken("evaluation_active_listening"), spoken("csat"), spoken("results")
    ('cohort win rate', 'evaluation active listening', 'CSAT', 'results')
    """
    words = plain(name).replace("_", " ")
    return words.upper() if words in {"csat", "nps", "ces", "roi"} else words


def name_of(part: Part) -> str:
    """What a part is called where its place says the rest; a part of an unknown cause is called by it."""
    cause = part["cause"]
    if "segment" in part and part["segment"] is not None:
        return plain(part["segment"])
    if cause == "pillar":
        return spoken(part["pillar"])
    if cause == "metric":
        return spoken(part["metric"])
    return SWITCHES.get(cause) or _CAUSES.get(cause) or spoken(cause)


def points_in_words(points: float) -> str:
    """Points with a sign and one decimal; what rounds to nothing has no sign.

    >>> points_in_words(-7.25), points_in_words(0.449), points_in_words(-0.01)
    ('-7.2', '+0.4', '0.0')
    """
    return f"{points:+.1f}" if abs(points) >= SHOWN_FROM else "0.0"


def told_in_order(parts: Sequence[Part]) -> list[Part]:
    """The parts of one level: switches in their order, then the others, most points first whichever way, the rest last."""
    switches = list(SWITCHES)

    def place(part: Part) -> tuple[int, float, str]:
        cause = part["cause"]
        if cause in switches:
            return switches.index(cause), 0.0, ""
        return len(switches) + (cause == "rest"), -abs(part["points"]), name_of(part)

    return sorted(parts, key=place)


def with_records(part: Part) -> list[Part]:
    """A part's own parts, with the records that are named among them as parts of the cause `record`, called `type id`."""
    below: list[Part] = []
    for inside in part.get("parts") or ():
        if inside["cause"] == "records":
            below += _as_parts(inside["records"])
        else:
            below.append(inside)
    return below + _as_parts(part.get("records") or ())


def _as_parts(records: Sequence[Part]) -> list[Part]:
    return [
        {"cause": "record", "segment": f"{record['type']} {record['id']}", "points": record["points"]}
        for record in records
    ]


def leaves(metric: Part) -> list[Part]:
    """What moved a metric, as deep as segments go, the largest first; what is too small to tell is left out."""
    found: list[Part] = []
    for part in metric.get("parts") or ():
        inside = [below for below in part.get("parts") or () if below["cause"] not in ("records", "rest")]
        found += [{**below, "above": part["cause"]} for below in inside] or [part]
    return told_in_order([part for part in found if abs(part["points"]) >= SHOWN_FROM])


def leaf_in_words(leaf: Part, *, is_sum: bool) -> str:
    """One of a metric's `leaves` as what it is about.

    >>> leaf_in_words({"cause": "rate", "segment": "Platform", "points": -6.0}, is_sum=False)
    'how it went in Platform'
    >>> volume = {"cause": "volume", "points": 2.0}
    >>> leaf_in_words(volume, is_sum=True), leaf_in_words(volume, is_sum=False)
    ('how much there was', 'how many records stand behind it')
    """
    where = f" in {plain(leaf['segment'])}" if leaf.get("segment") else ""
    unnamed = " where no segment is named" if "above" in leaf and not where else ""
    about = {
        "mix": f"how much of it was{where}" if where else f"what it was made of{unnamed}",
        "rate": f"how it went{where}{unnamed}",
        "volume": f"how much there was{where}{unnamed}" if is_sum else "how many records stand behind it",
        "days": "days present",
        "weight": "its weight in the pillar",
        "norm": "the norm",
        "target": "the target",
    }
    return about.get(leaf["cause"], name_of(leaf))


def cause_in_words(parts: Sequence[Part]) -> str:
    """The largest loss in a few words, for the head of an alert; what is not the subject's own is left out.

    >>> segment = {"cause": "rate", "segment": "Platform", "points": -5.0}
    >>> rate = {"cause": "rate", "points": -5.0, "parts": [segment]}
    >>> csat = {"cause": "metric", "metric": "csat", "points": -5.0, "parts": [rate]}
    >>> cause_in_words([{"cause": "pillar", "pillar": "customer", "points": -5.0, "parts": [csat]}])
    'CSAT: how it went in Platform'
    """
    losses: list[tuple[float, str, Part]] = []
    for part in parts:
        if part["cause"] == "corrections":
            losses.append((part["points"], SWITCHES["corrections"], part))
        elif part["cause"] == "pillar":
            below = part.get("parts") or [part]
            losses += [
                (inside["points"], name_of(inside) if "metric" in inside else name_of(part), inside) for inside in below
            ]
    if not losses or min(losses, key=lambda loss: loss[:2])[0] >= 0:
        return "no single part"
    _, name, worst = min(losses, key=lambda loss: loss[:2])
    found = [leaf for leaf in leaves(worst) if leaf["points"] < 0]
    return f"{name}: {leaf_in_words(found[0], is_sum=is_sum(worst))}" if found else name


def is_sum(metric: Part) -> bool:
    """Whether a metric part is of a sum: below it is no mix."""
    return all(part["cause"] not in ("mix", "rate") for part in metric.get("parts") or ())


def records_named(parts: Sequence[Part], limit: int) -> list[Part]:
    """Records anywhere below with the most points, added up over the metrics that name them."""
    points: dict[tuple[str, str], list[float]] = {}

    def visit(level: Sequence[Part]) -> None:
        for part in level:
            for record in part.get("records") or ():
                points.setdefault((record["type"], record["id"]), []).append(record["points"])
            visit(part.get("parts") or ())

    visit(parts)
    summed: list[Part] = [
        {"type": kind, "id": name, "points": math.fsum(shares)} for (kind, name), shares in points.items()
    ]
    told = [record for record in summed if abs(record["points"]) >= SHOWN_FROM]
    return sorted(told, key=lambda record: (-abs(record["points"]), record["type"], record["id"]))[:limit]
