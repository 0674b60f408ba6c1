"""Topic names: what declared topics are called on the broker."""

from __future__ import annotations

from dataclasses import dataclass

from schemas import topics
from schemas.topics import TopicSpec, internal_name, physical_name
from streams.settings import Settings

__all__ = ["TopicNames", "topic_name"]


def topic_name(settings: Settings, spec: TopicSpec) -> str:
    """Name on the broker of any declared topic.

    >>> from schemas.topics import TOPICS
    >>> topic_name(Settings(topic_prefix="eu."), TOPICS["sales.events.v1"]), topic_name(Settings(), TOPICS["state"])
    ('eu.sales.events.v1', 'upscore-state')
    """
    if not spec.internal:
        return physical_name(settings.topic_prefix, spec)
    return internal_name(settings.app if spec.of_all_generations else settings.state_name, spec)


@dataclass(frozen=True, slots=True)
class TopicNames:
    """Names on the broker. `inputs` leads from the name on the broker to the logical one."""

    inputs: dict[str, str]
    forwarded: str
    facts: str
    pane_changes: str
    reference: str
    clock: str
    state: str
    weeks: str
    norms: str
    scores: str
    alerts: str
    dead_letters: str
    scorecards: str
    silent_scores: str
    generation: str

    @classmethod
    def of(cls, settings: Settings) -> TopicNames:
        """The names under the settings' prefix and application."""
        internal = {spec.name: topic_name(settings, spec) for spec in topics.INTERNALS}
        outputs = {spec.name: topic_name(settings, spec) for spec in topics.OUTPUTS}
        return cls(
            inputs={topic_name(settings, spec): spec.name for spec in topics.INPUTS},
            forwarded=internal["forwarded"],
            facts=internal["facts"],
            pane_changes=internal["pane-changes"],
            reference=internal["reference"],
            clock=internal["clock"],
            state=internal["state"],
            weeks=internal["weeks"],
            norms=internal["norms"],
            scores=outputs[topics.SCORES],
            alerts=outputs[topics.ALERTS],
            dead_letters=outputs[topics.DEAD_LETTERS],
            scorecards=outputs[topics.SCORECARDS],
            silent_scores=internal["scores"],
            generation=internal["generation"],
        )
