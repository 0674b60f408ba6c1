"""Topic names: what a declared topic is called on the broker."""

from __future__ import annotations

from schemas.topics import TopicSpec, internal_name, physical_name
from streams.settings import Settings

__all__ = ["topic_name"]


def topic_name(settings: Settings, spec: TopicSpec) -> str:
    """Name on the broker of any declared topic.

    >>> from schemas.topics import TOPICS
    >>> topic_name(Settings(topic_prefix="eu."), TOPICS["sales.events.v1"]), topic_name(Settings(), TOPICS["state"])
    ('eu.sales.events.v1', 'upscore-state')
    """
    if not spec.internal:
        return physical_name(settings.topic_prefix, spec)
    return internal_name(settings.app if spec.of_all_generations else settings.state_name, spec)
