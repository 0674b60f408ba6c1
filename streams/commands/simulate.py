"""`upscore simulate`: lives with the simulated CRM."""

from streams.simulator.commands import register

__all__ = ["register"]
