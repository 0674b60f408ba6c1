"""Process cost: CPU time, memory and start of this process. prometheus_client's own collector says more than we declare."""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path
from typing import Final

__all__ = ["STARTED_AT", "cpu_seconds", "resident_bytes"]

STARTED_AT: Final = time.time()
"""Unix time at which this module was loaded: within a second of the process's start."""


def cpu_seconds() -> float:
    """User and system time of all threads so far."""
    return time.process_time()


def resident_bytes() -> float:
    """Memory that the process holds now; where the system does not tell, the most that it ever held."""
    try:
        return float(int(Path("/proc/self/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return float(most if sys.platform == "darwin" else most * 1024)
