"""`upscore local`: lives with the local stack."""

from streams.local.commands import register

__all__ = ["register"]
