"""The demo: the whole system on this machine alone, with a simulated CRM or the records of a folder, shown live.

`scene` and `files` say what is played, `pacing` how fast; `stage` builds the folder, Kafka, Redis and the worker and
takes them away again; `figures` reads the worker's HTTP API as any program would, `course` remembers how it went,
`table` and `journal` show it, `board_page` knows the board's addresses and `announcement` says them; `performance` runs
it all.
"""

from __future__ import annotations

from streams.demo.board_page import has_display
from streams.demo.files import UnplayableFolder, from_folder
from streams.demo.performance import perform
from streams.demo.scene import Scene, simulated
from streams.demo.stage import Stage

__all__ = ["Scene", "Stage", "UnplayableFolder", "from_folder", "has_display", "perform", "simulated"]
