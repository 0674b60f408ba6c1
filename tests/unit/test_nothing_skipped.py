from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WAYS = {
    "by a call": "import pytest\ndef test_it(): pytest.skip('no broker')",
    "by a mark": "import pytest\n@pytest.mark.skip(reason='no broker')\ndef test_it(): pass",
    "as a whole file": "import pytest\npytest.skip('no broker', allow_module_level=True)",
    "for a missing package": "import pytest\npytest.importorskip('no_such_package')",
    "by a fixture": "import pytest\n@pytest.fixture\ndef broker(): pytest.skip('no broker')\ndef test_it(broker): pass",
    "by an expected failure": "import pytest\n@pytest.mark.xfail(reason='no broker')\ndef test_it(): assert False",
    "by an unexpected success": "import pytest\n@pytest.mark.xfail(strict=False)\ndef test_it(): pass",
}


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What one run over all ways, and one test that passes, prints."""
    folder = tmp_path_factory.mktemp("suite")
    for way, text in WAYS.items():
        (folder / f"test_{way.replace(' ', '_')}.py").write_text(text)
    (folder / "test_well.py").write_text("def test_it(): pass")
    (folder / "pytest.ini").write_text("[pytest]\n")
    options = ["-c", str(folder / "pytest.ini"), "--continue-on-collection-errors", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "-p", "tests.nothing_skipped", *options, str(folder)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == pytest.ExitCode.TESTS_FAILED, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.parametrize("way", WAYS)
def test_what_is_skipped_fails(way: str, output: str) -> None:
    name = f"test_{way.replace(' ', '_')}.py"

    assert any(name in line and "every test must run and pass here" in line for line in output.splitlines()), output


def test_what_passes_passes(output: str) -> None:
    last = output.splitlines()[-1]

    assert "1 passed" in last
    assert "skipped" not in last
    assert "xfailed" not in last
    assert "xpassed" not in last
