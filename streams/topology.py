"""Topology: which agent reads which topics. Read it to see the data flow.

::

    sales.*.v1, forwarded --> keep_ledger --> facts --> score_reps --> pane changes --> score_groups

Every agent only hands frames to the lane of their partition number; the lane runs all three stages of that partition and
commits what they change in one transaction (`lane.py`, `partition_state.py`).
"""

from __future__ import annotations

import faust
from faust.types import StreamT

from streams.cutting import Frame
from streams.lanes import Lanes
from streams.topic_names import TopicNames


def attach_agents(app: faust.App, names: TopicNames, lanes: Lanes) -> None:
    """Declare the topics that are read, and attach an agent to each stage."""
    stages = {
        "keep_ledger": (*names.inputs, names.forwarded),
        "score_reps": (names.facts,),
        "score_groups": (names.pane_changes,),
    }
    for stage, topics in stages.items():
        # Positions live in the state, so Faust has nothing to acknowledge; frames are no bytes, so nothing is decoded.
        channel = app.topic(
            *topics, key_type=None, value_type=None, key_serializer="raw", value_serializer="raw", acks=False
        )

        async def hand_to_lanes(stream: StreamT[Frame]) -> None:
            async for frame in stream:
                await lanes.submit(frame)

        app.agent(channel, name=stage)(hand_to_lanes)
