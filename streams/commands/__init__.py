"""Commands: a module each, whose `register(subparsers)` adds its parser and sets `func`, called with its arguments.

Those of packages that must not know of this one, and this one not of them, come by entry points of the group `upscore.commands`,
each the `register` of a command.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Final

from streams.settings import PREFIX, SECRETS, Settings

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name for it
    Register = Callable[[Subparsers], None]

__all__ = ["COMMANDS", "add_settings", "settings_of"]


def add_settings(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add a flag for each of the settings, by field name; a flag that is not given leaves the environment's value.

    Secrets get none: whoever lists the processes of a machine would read them.

    >>> parser = argparse.ArgumentParser()
    >>> add_settings(parser, "broker", "partitions")
    >>> settings_of(parser.parse_args(["--broker", "kafka:9092"]), {"UPSCORE_PARTITIONS": "4"}).partitions
    4
    """
    group = parser.add_argument_group(
        "settings",
        "Each is also a variable of the environment; the flag wins. Passwords and tokens come by the environment alone.",
    )
    for name in names:
        if name in SECRETS:
            continue
        field = Settings.model_fields[name]
        default = "no default" if field.default is None else f"default: {field.default!r}"
        variable = PREFIX + name.upper()
        group.add_argument(
            "--" + name.replace("_", "-"),
            dest=_DESTINATION + name,
            metavar="X",
            help=f"{(field.description or '').replace('%', '%%')} ({variable}; {default})",
        )


def settings_of(arguments: argparse.Namespace, env: dict[str, str] | None = None) -> Settings:
    """The settings of the environment (this process's, if None is given) and of the flags that `add_settings` added.

    Raises:
        SettingsError: one of them is unknown or invalid.
    """
    flags = {
        name.removeprefix(_DESTINATION): value
        for name, value in vars(arguments).items()
        if name.startswith(_DESTINATION)
    }
    return Settings.from_env(os.environ if env is None else env, **flags)


_DESTINATION: Final = "setting_"


def _registers() -> list[Register]:
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    ours = [module.register for module in modules if hasattr(module, "register")]
    return ours + [entry.load() for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name)]


GROUP: Final = "upscore.commands"
"""Entry points of commands that other packages bring."""

COMMANDS: Final[list[Register]] = _registers()
"""What adds each command to a parser; a new module of this package is found by itself, those of others by `GROUP`."""
