"""YAML that other programs read back as what it was written of."""

from __future__ import annotations

import yaml
from hypothesis import given
from hypothesis import strategies as st

from schemas.yaml_text import yaml_text

TEXTS = st.text(st.characters(codec="utf-8"), max_size=40) | st.sampled_from(
    [
        "on",
        "No",
        "null",
        "~",
        "1",
        "5m",
        "1e3",
        "- a",
        "a: b",
        "#",
        "a\nb\n",
        " a",
        "a\n\n  b",
        "{{ $value }}",
        "'\"\\",
        "\ufeff",
    ]
)
VALUES = st.recursive(
    TEXTS | st.integers() | st.booleans(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(TEXTS, inside, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=5))
def test_whatever_is_written_is_read_back(document: dict[str, object]) -> None:
    assert yaml.safe_load(yaml_text(document)) == document


def test_empty_lists_and_mappings_stay_what_they_are() -> None:
    assert yaml.safe_load(yaml_text({"a": [], "b": {}, "c": [{}, []]})) == {"a": [], "b": {}, "c": [{}, []]}
