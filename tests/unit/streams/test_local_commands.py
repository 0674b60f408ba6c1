"""`upscore local` where nothing runs."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import pytest

from streams.local.commands import register
from streams.local.detached import default_directory


def _run(*words: str) -> int:
    parser = argparse.ArgumentParser("upscore")
    register(parser.add_subparsers(required=True))
    arguments = parser.parse_args(["local", *words])
    code = arguments.func(arguments)
    assert isinstance(code, int)
    return code


def test_status_tells_of_both_and_makes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("status", "--dir", os.fspath(tmp_path / "new")) == 0
    assert capsys.readouterr().out.splitlines() == ["kafka  stopped", "redis  stopped"]
    assert not (tmp_path / "new").exists()


def test_stopping_what_does_not_run_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("stop", "--dir", os.fspath(tmp_path / "new")) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "nothing ran" in err


def test_a_directory_that_cannot_be_made_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert _run("start", "--dir", os.fspath(tmp_path / "file" / "below")) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("words", [[], ["restart"], ["start", "--folder", "x"]])
def test_wrong_use_ends_with_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        _run(*words)
    assert left.value.code == 2


def test_the_default_directory_is_in_the_users_data_folder() -> None:
    assert default_directory({"XDG_DATA_HOME": "data"}) == Path("data/upscore/local")
    assert default_directory({}) == Path.home() / ".local/share/upscore/local"
