"""A simulated CRM: a believable sales company whose records a seed decides, to the byte, on any machine."""

from streams.simulator.company import Plan, Rep, Team, plan
from streams.simulator.lines import line
from streams.simulator.rough import roughen
from streams.simulator.timeline import records, timeline

__all__ = ["Plan", "Rep", "Team", "line", "plan", "records", "roughen", "timeline"]
