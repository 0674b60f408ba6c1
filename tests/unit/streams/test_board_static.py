"""The board's files: what can be held of HTML, CSS and JavaScript without a browser. tests/whole drives them in one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import pytest

from schemas.catalogue import CATALOGUE
from scoring.wording import never_said
from streams.board.packing import FIRST, imported, pack_modules, pack_sheets
from streams.board.static_files import BEFORE, PAGE, SCRIPT, SHEET, VERSION, load_static, sources

BODIES = {name: body.decode() for name, body in sources().items()}
MODULES = {name: text for name, text in BODIES.items() if name.endswith(".js") and name != BEFORE}
LONGEST_FILE = 300
FILES_ZIPPED_BYTES = 45_000
READABLE = 4.5
"""Contrast of text, WCAG 2.2 AA."""

_IMPORT = re.compile(r"""(?:import\s+\{([^}]*)\}\s+from|import\(|export\s+\{([^}]*)\}\s+from)\s*['"]([^'"]+)['"]""")
_COMMENT = re.compile(r"/\*.*?\*/|(?<![:'\"`])//[^\n]*", re.DOTALL)
_EXPORT = re.compile(r"^export (?:async )?(?:function|const|class) (\w+)", re.MULTILINE)
_COLOUR = re.compile(r"--(\w+): light-dark\(#(\w{6})\w*, #(\w{6})\w*\)")


def imports(name: str) -> Iterator[tuple[str, list[str], bool]]:
    """What a module imports: the file, the names, and whether only when it is needed."""
    for found in _IMPORT.finditer(_COMMENT.sub("", MODULES[name])):
        path = (PurePosixPath(name).parent / found[3]).as_posix()
        parts: list[str] = []
        for part in path.split("/"):
            if part == "..":
                parts.pop()
            elif part != ".":
                parts.append(part)
        yield "/".join(parts), re.findall(r"\w+", found[1] or found[2] or ""), found[1] is None and found[2] is None


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_what_there_is_and_uses_it(name: str) -> None:
    code = _COMMENT.sub("", MODULES[name])
    for path, names, _ in imports(name):
        exported = _EXPORT.findall(MODULES[path])
        assert set(names) <= set(exported), f"{path} exports {exported}"
        unused = [each for each in names if len(re.findall(rf"\b{each}\b", code)) < 2]
        assert not unused, f"{name} imports {unused} from {path} for nothing"


def test_every_module_is_reached_from_the_first_one() -> None:
    found: set[str] = set()
    waiting = ["main.js"]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [path for path, _, _ in imports(name)]
    assert found == set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_what_a_module_exports_is_used_elsewhere_and_says_what_it_is(name: str) -> None:
    text = MODULES[name]
    used = {each for other in MODULES for path, names, _ in imports(other) if path == name for each in names}
    later = [other for other in MODULES for path, _, is_later in imports(other) if path == name and is_later]
    lazily = {each for each in _EXPORT.findall(text) for other in later if re.search(rf"\b{each}\b", MODULES[other])}
    for found in _EXPORT.finditer(text):
        assert text[: found.start()].rstrip().endswith("*/"), f"{found[1]} has no comment that says what it is"
        assert found[1] in used | lazily, f"{found[1]} is for nobody"


def test_the_page_needs_four_files_and_names_them_by_what_is_in_them() -> None:
    served = load_static()
    named = re.findall(r"(?:href|src)=\"board/([^\"]+)\"", served[PAGE].body.decode())
    assert named == [f"{name}?{VERSION}={served[name].etag}" for name in (BEFORE, "icon.svg", SHEET, SCRIPT)]
    assert set(served) == {PAGE, "icon.svg", BEFORE, SHEET, SCRIPT}


def test_what_runs_before_the_modules_finds_the_token_where_they_keep_it() -> None:
    key = re.search(r"const KEY = ('[^']+');", MODULES["frame/token.js"])
    assert key is not None
    assert f"sessionStorage.getItem({key[1]})" in BODIES[BEFORE]
    assert "window.firstAnswer = { path, token, answer };" in BODIES[BEFORE]
    assert "window.firstAnswer" in MODULES["api.js"]


def test_a_module_stands_in_the_script_after_what_it_needs() -> None:
    script = load_static()[SCRIPT].body.decode()
    place = {name: script.index(f'modules["{name}"] = ') for name in MODULES}
    assert max(place, key=place.__getitem__) == FIRST
    for name, text in MODULES.items():
        assert [needed for needed in imported(name, text)[0] if place[needed] > place[name]] == []
    assert re.findall(r"^\s*(?:import|export)\b|\bimport\(", script, re.MULTILINE) == []


def test_what_is_imported_is_the_same_for_who_packs_and_for_who_tests() -> None:
    for name, text in MODULES.items():
        at_once, later = imported(name, text)
        assert {(path, False) for path in at_once} | {(path, True) for path in later} == {
            (path, is_later) for path, _, is_later in imports(name)
        }


@pytest.mark.parametrize(
    "text", ["import * as all from './dom.js';", "export default 1;", "export { el };", "  import './dom.js';"]
)
def test_what_cannot_be_packed_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match=r"main\.js: .* cannot be packed: expected import \{ names \} from"):
        pack_modules({FIRST: text})


def test_modules_that_need_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match=r"a\.js needs itself: a\.js -> b\.js -> a\.js"):
        pack_modules({"a.js": "import { b } from './b.js';", "b.js": "import { a } from './a.js';"})


def test_sheets_come_in_the_order_of_their_names() -> None:
    assert pack_sheets({"b.css": "b {}\n", "a.css": "a {}\n"}) == "a {}\nb {}\n"


@pytest.mark.parametrize("name", BODIES)
def test_files_are_of_one_idea_and_plain(name: str) -> None:
    text = BODIES[name]
    assert text.count("\n") <= LONGEST_FILE
    assert "\t" not in text
    assert text.endswith("\n")


@pytest.mark.parametrize("name", [*MODULES, BEFORE])
def test_no_text_becomes_markup_or_code(name: str) -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|ContextualFragment|'style'"
    assert re.findall(forbidden, _COMMENT.sub("", BODIES[name])) == []


def test_nothing_comes_from_elsewhere_and_nothing_is_inline() -> None:
    for name, text in BODIES.items():
        assert set(re.findall(r"https?://[\w.]+", text)) <= {"http://www.w3.org"}, name
    page = BODIES["index.html"]
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page) == []


def test_all_files_together_stay_small() -> None:
    assert sum(len(file.zipped or file.body) for file in load_static().values()) < FILES_ZIPPED_BYTES


def test_metrics_are_called_as_the_catalogue_calls_them() -> None:
    block = re.search(r"const TITLES = \{(.*?)\};", MODULES["words.js"], re.DOTALL)
    assert block is not None
    assert dict(re.findall(r"(\w+): '([^']*)'", block[1])) == {figure.name: figure.title for figure in CATALOGUE}


@pytest.mark.parametrize("name", BODIES)
def test_no_text_of_the_board_says_what_is_never_said(name: str) -> None:
    assert never_said(BODIES[name]) == []


def luminance(colour: str) -> float:
    """Relative luminance. Source: WCAG 2.2."""
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4))
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in (red, green, blue)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Of two colours, 1 to 21. Source: WCAG 2.2."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_every_colour_of_text_can_be_read_on_every_ground(mode: int) -> None:
    found: Mapping[str, str] = {
        name: (light, dark)[mode] for name, light, dark in _COLOUR.findall(BODIES["style/board.css"])
    }
    for text in ("ink", "faint", "accent", "up", "down"):
        for ground in ("ground", "sheet", "tint", "warn"):
            assert contrast(found[text], found[ground]) >= READABLE, f"{text} on {ground}"


def test_the_folder_holds_what_is_served_and_nothing_else() -> None:
    folder = Path(__file__).parents[3] / "streams" / "board" / "static"
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == set(BODIES)
