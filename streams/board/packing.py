"""Packing: all modules of the board as one script and all its sheets as one, made when a worker starts.

A browser asks for six files at a time, and for what a module imports once it has read that module: thirty small files take
longer than the page may. Files in the repository stay modules of one idea, and nobody has to build anything. Each becomes a
function that gives what it exports, in the order in which they need each other. What these files may say of `import` and `export`
is little (docs/decisions/0024), and anything else is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

__all__ = ["FIRST", "imported", "pack_modules", "pack_sheets"]

FIRST: Final = "main.js"
"""The module that runs by itself, after all others."""

_STATIC: Final = re.compile(r"""^import \{([\w\s,]*)\} from '([^']+)';$""", re.MULTILINE)
_LATER: Final = re.compile(r"\bimport\('([^']+)'\)")
_EXPORT: Final = re.compile(r"^export (?=(?:async function|function|const|class) (\w+))", re.MULTILINE)
_LEFT: Final = re.compile(r"^\s*(?:import|export)\b.*$", re.MULTILINE)
_COMMENT: Final = re.compile(r"^[ \t]*/\*\*.*?\*/\n", re.MULTILINE | re.DOTALL)


def imported(name: str, text: str) -> tuple[list[str], list[str]]:
    r"""The modules that a module needs before it, and those that it asks for later, by their paths.

    >>> imported("pages/rep.js", "import { el } from '../dom.js';\nconst more = () => import('./more.js');\n")
    (['dom.js'], ['pages/more.js'])
    """
    text = _COMMENT.sub("", text)
    return (
        [_path(name, found[2]) for found in _STATIC.finditer(text)],
        [_path(name, found[1]) for found in _LATER.finditer(text)],
    )


def pack_modules(modules: Mapping[str, str]) -> str:
    r"""One script of modules by their paths, `main.js` the last; comments that stand on lines of their own are left out.

    >>> print(pack_modules({"a.js": "export const one = 1;", "main.js": "import { one } from './a.js';\nconsole.log(one);"}))
    const modules = {};
    // a.js
    modules["a.js"] = (() => {
    const one = 1;
    return { one };
    })();
    // main.js
    modules["main.js"] = (() => {
    const { one } = modules["a.js"];
    console.log(one);
    return {  };
    })();
    <BLANKLINE>

    Raises:
        ValueError: a module says `import` or `export` in a way that is not known here, or needs one that needs it.
        KeyError: one is imported that there is not.
    """
    packed = [_function(name, modules[name]) for name in _in_order(modules)]
    return "".join(["const modules = {};\n", *packed])


def pack_sheets(sheets: Mapping[str, str]) -> str:
    """One sheet of all, in the order of their paths."""
    return "".join(sheets[name] for name in sorted(sheets))


def _in_order(modules: Mapping[str, str]) -> Iterator[str]:
    done: set[str] = set()
    waiting: list[str] = []

    def take(name: str) -> Iterator[str]:
        if name in waiting:
            raise ValueError(f"{name} needs itself: {' -> '.join([*waiting, name])}; move what both need into a third")
        if name in done:
            return
        waiting.append(name)
        for needed in imported(name, modules[name])[0]:
            yield from take(needed)
        waiting.pop()
        done.add(name)
        yield name

    for name in sorted(modules, key=lambda name: (name == FIRST, name)):
        yield from take(name)


def _function(name: str, text: str) -> str:
    text = _COMMENT.sub("", text)
    exported = [found[1] for found in _EXPORT.finditer(text)]
    text = _STATIC.sub(lambda found: f'const {{{found[1]}}} = modules["{_path(name, found[2])}"];', text)
    text = _LATER.sub(lambda found: f'Promise.resolve(modules["{_path(name, found[1])}"])', text)
    text = _EXPORT.sub("", text)
    if left := _LEFT.search(text):
        raise ValueError(
            f"{name}: {left[0].strip()!r} cannot be packed: expected import {{ names }} from 'path', import('path'), "
            "or export before function, const or class"
        )
    return f'// {name}\nmodules["{name}"] = (() => {{\n{text.strip()}\nreturn {{ {", ".join(exported)} }};\n}})();\n'


def _path(name: str, named: str) -> str:
    """Where an import leads, from the module that has it."""
    parts: list[str] = []
    for part in (PurePosixPath(name).parent / named).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
