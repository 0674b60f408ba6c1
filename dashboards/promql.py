"""What a query names: metrics, and labels in its result. A reader of tokens, no parser: a real Prometheus judges the syntax."""

from __future__ import annotations

import re
from typing import Final

_TEXT: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'')
_GROUPING: Final = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
_WORD: Final = re.compile(r"(?<![\w.$])[a-zA-Z_:][\w:]*(?!\s*\()(?![\w:])")
_WORDS_OF_PROMQL: Final = frozenset(
    {
        "and",
        "or",
        "unless",
        "bool",
        "offset",
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
        "inf",
        "nan",
    }
)
_TOP: Final = re.compile(r"\b(?:topk|bottomk)\b")
_RANGE: Final = re.compile(r"\b(?:rate|irate|increase|delta|deriv)\s*\(.*?\[([^\]]*)\]", re.DOTALL)


def metrics_in(expr: str) -> set[str]:
    """Names of the metrics of an expression.

    >>> sorted(metrics_in('sum by (topic) (rate(a_total{x="b c"}[$__rate_interval])) / scalar(b) or vector(0)'))
    ['a_total', 'b']
    """
    bare = _GROUPING.sub(" ", _TEXT.sub('""', expr))
    bare = re.sub(r"\{[^}]*\}", "", re.sub(r"\[[^\]]*\]", "", bare))
    bare = re.sub(r"\boffset\s+\S+", " ", bare).replace(")", " ) ")
    return {word for word in _WORD.findall(bare) if word.lower() not in _WORDS_OF_PROMQL}


def takes_the_top(expr: str) -> bool:
    """Whether it picks the greatest or the least: over time that makes other series come and go at each point."""
    return _TOP.search(expr) is not None


def ranges_of_rates(expr: str) -> list[str]:
    """The ranges that rates and increases are taken over.

    >>> ranges_of_rates("rate(a[5m]) + increase(b[$__range])")
    ['5m', '$__range']
    """
    return _RANGE.findall(expr)


def variables_in(text: str) -> set[str]:
    """Names of variables that a text uses, Grafana's own left out.

    >>> sorted(variables_in('a{team="$team",x="${rep:percentencode}"} offset $__range ${__data.fields.rep}'))
    ['rep', 'team']
    """
    found = re.findall(r"\$(?:\{)?([a-zA-Z_]\w*)", text)
    return {name for name in found if not name.startswith("__")}


def legend_labels(legend: str) -> set[str]:
    """Labels that a legend names.

    >>> sorted(legend_labels("{{type}} ({{severity}})"))
    ['severity', 'type']
    """
    return set(re.findall(r"\{\{\s*(\w+)\s*\}\}", legend))
