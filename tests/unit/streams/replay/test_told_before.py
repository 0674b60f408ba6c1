from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from streams.errors import UpscoreError
from streams.replay.told_before import told_before

DAY = date(2026, 3, 31).toordinal()
TOLD = {("rep:a", DAY): 61.4, ("team:t", DAY): None}


@pytest.mark.parametrize(
    "content",
    [
        "subject,id,as_of,score\nrep,a,2026-03-31,61.4\nteam,t,2026-03-31,\n",
        (
            '[{"subject":"rep","id":"a","as_of":"2026-03-31","score":61.4},\n'
            '{"subject":"team","id":"t","as_of":"2026-03-31","score":null}]\n'
        ),
        (
            '{"subject":"rep","id":"a","as_of":"2026-03-31","score":1.0}\n'
            '{"subject":"rep","id":"a","as_of":"2026-03-31","score":61.4}\n\n'
            '{"subject":"team","id":"t","as_of":"2026-03-31","score":null}\n'
        ),
    ],
    ids=["csv", "array", "lines"],
)
def test_scores_are_read_in_any_form_they_are_written_in(tmp_path: Path, content: str) -> None:
    path = tmp_path / "told"
    path.write_text(content)
    assert told_before(path) == TOLD


def test_what_holds_no_scores_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "told"
    for content in ("[1]", "nonsense", '[{"subject": "rep"}]', "subject,id\nrep,a\n"):
        path.write_text(content)
        with pytest.raises(UpscoreError, match="holds no scores"):
            told_before(path)
    with pytest.raises(UpscoreError, match="cannot read"):
        told_before(tmp_path / "nowhere")
