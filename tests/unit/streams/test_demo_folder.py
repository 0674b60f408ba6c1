"""The folder of a demo."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from streams.demo.folder import UnusableFolder, demo_folder


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the system's temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", os.fspath(tmp_path))
    return tmp_path


def test_a_temporary_folder_goes_with_all_that_is_in_it_even_after_a_failure(temporary: Path) -> None:
    def fail() -> None:
        with demo_folder(None) as folder:
            (folder / "kafka").mkdir()
            (folder / "kafka" / "data").write_text("x")
            assert folder.parent == temporary
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [*temporary.iterdir()] == []


def test_what_killed_demos_left_is_removed_and_what_living_ones_use_stays(temporary: Path) -> None:
    killed = temporary / "upscore-demo-killed"
    (killed / "kafka").mkdir(parents=True)
    (killed / "in-use").touch()
    (temporary / "upscore-demo-just-being-made").mkdir()
    (temporary / "somebody-else").mkdir()
    with demo_folder(None) as living, demo_folder(None) as other:
        assert {folder.name for folder in temporary.iterdir()} == {
            living.name,
            other.name,
            "upscore-demo-just-being-made",
            "somebody-else",
        }


def test_a_named_folder_is_made_and_kept(tmp_path: Path) -> None:
    wished = tmp_path / "deep" / "demo"
    with demo_folder(wished) as folder:
        assert folder == wished
        (folder / "data").touch()
    assert (wished / "data").exists()
    with pytest.raises(UnusableFolder, match="is not empty"), demo_folder(wished):
        pass


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnusableFolder, match="cannot hold"), demo_folder(tmp_path / "file"):
        pass
