"""A real Kafka and a real Redis on this machine, from pip alone: for the demo, the tests and `upscore local`.

Two ways of life. *Owned* (`OwnedStack`): the programs end with whoever started them, even on `kill -9`.
*Detached* (`start`, `stop`, `status`): they live until they are stopped, and hold nothing of their starter's.
"""

from __future__ import annotations

from streams.local.addresses import Addresses
from streams.local.detached import ServiceStatus, default_directory, start, status, stop
from streams.local.owned import OwnedStack

__all__ = ["Addresses", "OwnedStack", "ServiceStatus", "default_directory", "start", "status", "stop"]
