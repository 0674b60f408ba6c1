"""`upscore worker`: one worker; start more to scale out."""

from __future__ import annotations

import gc
import logging
import tempfile
from ipaddress import ip_address
from typing import TYPE_CHECKING

import faust

from streams import topic_admin
from streams.allocator import keep_freed_memory
from streams.commands import add_settings, settings_of
from streams.errors import UpscoreError
from streams.settings import Settings
from streams.worker import Worker

if TYPE_CHECKING:
    from streams.commands import Subparsers

GC_THRESHOLDS = (100_000, 50, 1000)
"""The state is millions of small objects that live long: the default thresholds would walk them all day."""

_CHATTY = ("aiokafka", "asyncio", "faust", "mode", "kafka")


def register(subparsers: Subparsers) -> None:
    """Add the command `worker`."""
    parser = subparsers.add_parser("worker", help="run one worker; start more to scale out")
    add_settings(parser, *Settings.model_fields)
    parser.set_defaults(func=lambda arguments: run(settings_of(arguments)))


def run(settings: Settings) -> int:
    """Run a worker until it is told to stop; 0 then.

    Raises:
        UpscoreError: the broker cannot be reached, topics or state do not fit, the scorecard or the port cannot be used.
    """
    _log(settings.log_level)
    topic_admin.ensure(settings)  # before anything subscribes: Faust may wait for ever for a topic that comes later
    keep_freed_memory()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    with tempfile.TemporaryDirectory(prefix="upscore-") as datadir:
        worker = Worker(settings, datadir)
        worker.desk.topic_ids = topic_admin.topic_ids(settings)
        logging.getLogger(__name__).info("serving on %s", worker.serve())
        if settings.http_token is None and not _is_loopback(settings.http_host):
            logging.getLogger(__name__).warning(
                "whoever reaches %s reads every score: set UPSCORE_HTTP_TOKEN to ask for a token", settings.http_host
            )
        process = faust.Worker(
            worker.app, loglevel=settings.log_level, quiet=True, redirect_stdouts=False, override_logging=False
        )
        process.spinner = None  # it writes escape sequences, whether there is a terminal or not
        try:
            process.execute_from_commandline()
        except SystemExit as end:
            if end.code and worker.desk.failure is None:
                raise
        finally:
            worker.stop_serving()
    failure = worker.desk.failure
    if isinstance(failure, UpscoreError):
        raise failure
    if failure is not None:
        logging.getLogger(__name__).error("the worker met a bug and stopped; nothing is lost", exc_info=failure)
        return 1
    return 0


def _is_loopback(host: str) -> bool:
    """Whether only this machine gets there; of names, only `localhost` is known to be.

    >>> [_is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "worker.example.com")]
    [True, True, True, False, False]
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _log(level: str) -> None:
    """Our own words at the level asked for; others' from warnings on, for their debug calls cost more than the work."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("streams").setLevel(level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
