"""Topics are declared once, named by the rules and complete."""

import re
from dataclasses import FrozenInstanceError

import pytest

from schemas.records import ADAPTERS, CLASSES, TYPES
from schemas.topics import INPUTS, INTERNALS, OUTPUTS, REFERENCE, SCORECARDS, TOPICS, internal_name, physical_name


def test_names_are_unique():
    assert len(TOPICS) == len(INPUTS) + len(OUTPUTS) + len(INTERNALS)


@pytest.mark.parametrize("spec", INPUTS + OUTPUTS, ids=lambda spec: spec.name)
def test_input_and_output_names_are_domain_plural_noun_version(spec):
    assert re.fullmatch(r"[a-z]+\.[a-z-]+\.v[0-9]+", spec.name)
    assert physical_name("", spec) == spec.name
    assert physical_name("eu.", spec) == f"eu.{spec.name}"
    assert not spec.internal


@pytest.mark.parametrize("spec", INTERNALS, ids=lambda spec: spec.name)
def test_internal_names_begin_with_the_application(spec):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", spec.name)
    assert internal_name("upscore", spec) == f"upscore-{spec.name}"


def test_the_two_ways_of_naming_are_not_mixed_up():
    with pytest.raises(ValueError, match="use internal_name"):
        physical_name("", INTERNALS[0])
    with pytest.raises(ValueError, match="use physical_name"):
        internal_name("upscore", INPUTS[0])


def test_every_record_type_belongs_to_one_topic():
    kinds = [kind for spec in INPUTS for kind in spec.types]

    assert sorted(kinds) == sorted(CLASSES)
    assert {spec.name: spec.types for spec in INPUTS} == TYPES
    assert list(ADAPTERS) == [spec.name for spec in INPUTS]


@pytest.mark.parametrize("spec", TOPICS.values(), ids=lambda spec: spec.name)
def test_every_topic_says_what_it_carries_and_who_writes_it(spec):
    assert spec.description.endswith(".")
    assert spec.owner
    assert spec.key
    assert spec.cleanup != "compact" or spec.retention_days is None
    with pytest.raises(FrozenInstanceError):
        spec.name = "other"


def test_what_must_never_expire_has_no_retention():
    for name in (REFERENCE, "facts", "pane-changes", "forwarded"):
        assert (TOPICS[name].cleanup, TOPICS[name].retention_days) == ("delete", None)


def test_topics_read_whole_have_one_partition_and_are_compacted():
    assert {spec.name for spec in TOPICS.values() if spec.single_partition} == {
        *("reference", "clock", "norms", "generation", SCORECARDS),
    }
    assert {spec.name for spec in INTERNALS if spec.cleanup == "compact"} == {
        *("reference", "clock", "state", "weeks", "norms", "scores", "generation"),
    }


def test_records_outlive_the_default_retention_of_scores():
    assert all(spec.retention_days is None or spec.retention_days >= 800 for spec in INPUTS)
