"""When a peer says that it is done."""

from __future__ import annotations

import io
import sys
import threading

from benchmarks.task import say_when_done
from tests.installation import wait_until


class Progress:
    read = sent = summed = 0


def test_a_peer_is_done_once_all_that_came_of_the_records_is_summed(monkeypatch):
    said = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.StringIO("figures\n"))
    monkeypatch.setattr(sys, "stdout", said)
    progress = Progress()
    progress.sent = progress.summed = 4
    talking = threading.Thread(target=say_when_done, args=(progress, 3), daemon=True)
    talking.start()
    wait_until(lambda: said.getvalue() == "0\n", 10, "how far it is: nothing is on its way, but no record was compared")
    progress.sent, progress.read = 5, 3
    wait_until(lambda: said.getvalue().endswith("3\n"), 10, "how far it is: one fact is on its way")
    assert "done" not in said.getvalue()
    progress.summed = 5
    talking.join(10)
    assert not talking.is_alive()
    assert said.getvalue().endswith("3\ndone\n")
