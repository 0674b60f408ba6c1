"""Kafka's jars: fetched once into the user's cache, then found there without asking anybody."""

from __future__ import annotations

import contextlib
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from streams.errors import Offline
from streams.local.lock import alone
from streams.local.progress import Advance, Reporter

if TYPE_CHECKING:
    from jgo.maven import PythonResolver

KAFKA_VERSION = "4.1.1"
COORDINATES = (
    f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
    "org.slf4j:slf4j-simple:1.7.36",  # without a binding Kafka's own reasons for not starting would go nowhere
)
EXPECTED_BYTES = 45_400_000
TIMEOUT_SECONDS = 20
_UNFINISHED = ".unfinished"


def cache_directory(environment: Mapping[str, str]) -> Path:
    """Where the jars are kept: `upscore` in XDG_CACHE_HOME, by default in `~/.cache`."""
    return Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache", "upscore")


def classpath(environment: Mapping[str, str], reporter: Reporter) -> str:
    """Kafka's jars as a Java class path: those of KAFKA_HOME when that is a Kafka 4, else the cached ones.

    The first call fetches them (45 MB, 10 to 40 s) from the repositories of jgo's own settings file, by default the
    central one. A fetch that was cut off goes on where it stopped; two at once: the second waits for the first.

    Raises:
        Offline: they are not in the cache and could not be fetched.
    """
    installed = Path(environment.get("KAFKA_HOME", ""), "libs")
    if environment.get("KAFKA_HOME") and any(installed.glob("kafka_2.13-4.*.jar")):
        return os.fspath(installed / "*")
    cache = cache_directory(environment)
    listing = cache / f"kafka-{KAFKA_VERSION}.classpath"
    with contextlib.suppress(OSError):
        return _read(listing)
    with alone(cache / "lock", reporter):
        with contextlib.suppress(OSError):
            return _read(listing)
        jars = _fetch(cache / "maven", reporter)
        unready = listing.with_suffix(".new")
        unready.write_text("".join(f"{jar.stat().st_size} {jar.relative_to(cache)}\n" for jar in jars))
        unready.replace(listing)
        return _read(listing)


def _read(listing: Path) -> str:
    """The class path that a listing holds. Raises OSError where a file is missing or has not the listed size."""
    jars = []
    for line in listing.read_text().splitlines():
        size, _, name = line.partition(" ")
        jar = listing.parent / name
        if jar.stat().st_size != int(size):
            raise FileNotFoundError(jar)
        jars.append(os.fspath(jar))
    return os.pathsep.join(jars)


def _fetch(repository: Path, reporter: Reporter) -> list[Path]:
    try:
        from jgo.config import GlobalSettings  # noqa: PLC0415 - an extra, and 0.25 s that only the first start needs
        from jgo.maven import MavenContext  # noqa: PLC0415
        from jgo.parse import Coordinate  # noqa: PLC0415
    except ImportError as missing:
        raise _offline("the package jgo is not installed") from missing
    _drop_unfinished(repository)
    try:
        with reporter.download(f"fetching Kafka {KAFKA_VERSION}", EXPECTED_BYTES) as advance:
            context = MavenContext(
                resolver=_resolver(advance),
                repo_cache=repository,
                remote_repos=GlobalSettings.load().repositories or None,
                timeout=TIMEOUT_SECONDS,
            )
            wanted = [replace(Coordinate.parse(text), scope="compile") for text in COORDINATES]
            given, needed = context.resolver.resolve([context.create_dependency(coordinate) for coordinate in wanted])
            artifacts = [each.artifact for each in (*given, *needed) if each.scope in {"compile", "runtime"}]
            jars = [artifact.resolve() for artifact in artifacts]
    except (OSError, RuntimeError, SyntaxError) as refused:  # no network; not found; an answer that is no POM
        raise _offline(_root_of(refused)) from refused
    for jar in jars:
        if not zipfile.is_zipfile(jar):  # a proxy's or hotel's login page, say
            jar.unlink()
            raise _offline(f"{jar.name} came, but is no jar")
    return jars


def _resolver(advance: Advance) -> PythonResolver:
    """A resolver of jgo's, telling how far it is and marking what it has not finished."""
    from jgo.maven import Artifact, PythonResolver  # noqa: PLC0415

    class Resolver(PythonResolver):
        def download(self, artifact: Artifact) -> Path | None:
            target = artifact.cached_path
            assert target is not None  # noqa: S101 - a context with a cache always has one
            target.parent.mkdir(parents=True, exist_ok=True)
            mark = target.with_name(target.name + _UNFINISHED)
            mark.touch()
            done = super().download(artifact)
            mark.unlink()
            return done

    @contextlib.contextmanager
    def told(name: str, _size: int) -> Iterator[Callable[[int], None]]:
        yield lambda size: advance(name, size)

    return Resolver(progress_callback=told)


def _drop_unfinished(repository: Path) -> None:
    """Removes what a fetch that was cut off had begun: jgo writes into the final file and trusts what is there."""
    for mark in repository.rglob("*" + _UNFINISHED):
        mark.with_name(mark.name.removesuffix(_UNFINISHED)).unlink(missing_ok=True)
        mark.unlink()


def _offline(reason: str) -> Offline:
    return Offline(
        f"Kafka {KAFKA_VERSION} is not in the cache and could not be fetched ({reason}): run `upscore local start` "
        "once with a network and the extra `upscore[local]` installed, or set KAFKA_HOME to an installed Kafka 4, or "
        "UPSCORE_BROKER to a Kafka that runs"
    )


def _root_of(error: BaseException) -> str:
    """The text of what went wrong first, on one line: `Connection refused`, not the layers that pass it on."""
    while error.__context__ is not None:
        error = error.__context__
    return " ".join(str(error).split()) or type(error).__name__
