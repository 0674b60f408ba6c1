"""Templates: texts with cells in them, such as `{opportunity_id}` or `crm-{owner|slug}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from streams.importer.formats import slug
from streams.importer.mapping import MappingError

__all__ = ["FILTERS", "Template", "names_columns", "spoken"]

FILTERS: Final[dict[str, Callable[[str], str]]] = {"slug": slug, "lower": str.lower, "upper": str.upper}
_TOKEN = re.compile(r"\{\{|\}\}|\{(?P<column>[^{}|]+)(?:\|(?P<filter>[^{}|]*))?\}|[{}]")


class Template:
    """A template that has been understood.

    >>> Template("crm-{id}/{owner|slug}", "here").fill({"id": "17", "owner": "Bo Li"})
    'crm-17/bo-li'
    """

    def __init__(self, text: str, place: str) -> None:
        """Understand `text`, which stands at `place` of the mapping.

        Raises:
            MappingError: a brace stands alone, or a filter is unknown.
        """
        self._parts = list(_parts(text, place))
        self.columns = [column for _, column, _ in self._parts if column is not None]

    def fill(self, cells: Mapping[str, str]) -> str | None:
        """The text for a row; None if one of its cells is empty."""
        text = ""
        for before, column, change in self._parts:
            text += before
            if column is not None:
                cell = change(cells[column])
                if not cell:
                    return None
                text += cell
        return text


def _parts(template: str, place: str) -> Iterator[tuple[str, str | None, Callable[[str], str]]]:
    """Plain text, then a column if one follows, and what is done to its cell."""
    text, end = "", 0
    for token in _TOKEN.finditer(template):
        text += template[end : token.start()]
        end = token.end()
        if token["column"] is not None:
            name = token["filter"]
            if name is not None and name not in FILTERS:
                known = ", ".join(FILTERS)
                raise MappingError(f"{place}: unknown filter {name!r} in {template!r}: expected one of {known}")
            yield text, token["column"], FILTERS[name] if name else str
            text = ""
        elif token[0] in ("{{", "}}"):
            text += token[0][0]
        else:
            raise MappingError(f"{place}: {token[0]!r} alone in {template!r}: expected {{column}}, or {{{{ for a brace")
    yield text + template[end:], None, str


def names_columns(template: str) -> bool:
    """Whether a text is more than a constant.

    >>> names_columns("USD"), names_columns("{{USD}}"), names_columns("{currency}")
    (False, False, True)
    """
    return any(token["column"] is not None or len(token[0]) == 1 for token in _TOKEN.finditer(template))


def spoken(source: str) -> str:
    """What a message calls a column or template: by the column alone where there is no more to it.

    >>> spoken("{sales_agent|slug}"), spoken("{first} {last}")
    ('sales_agent', '{first} {last}')
    """
    token = _TOKEN.fullmatch(source)
    return token["column"] if token and token["column"] else source
