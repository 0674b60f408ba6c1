"""The live table and the journal, in terminals of all sizes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from streams.demo import journal
from streams.demo.course import Course
from streams.demo.figures import Row, Snapshot
from streams.demo.pacing import Player
from streams.demo.scene import Scene
from streams.demo.table import View, render
from streams.local import Addresses

FIRST = date(2026, 1, 1)


def snapshot(scores: Iterable[float | None], as_of: str = "2026-01-20") -> Snapshot:
    figures = {"net_revenue": 12_345.0, "win_rate": 0.4, "calls": 1_234.0, "csat": 0.9}
    rows = [Row("company:company", None, 50.0, 0.85, figures)]
    rows += [Row(f"team:{team}", None, 55.0, 0.85, figures) for team in ("t-1", "t-2", "t-parent")]
    rows += [Row(f"rep:r-{n}", f"t-{n % 2 + 1}", score, 0.5, {}) for n, score in enumerate(scores)]
    return Snapshot(as_of, {row.key: row for row in rows}, 1_000, 2)


def view_of(*snapshots: Snapshot, watched: dict[str, str] | None = None, turns: dict[str, date] | None = None) -> View:
    course = Course()
    for n, taken in enumerate(snapshots):
        course.take(taken, float(n))
        if n == 0:
            course.begin_live()
    names = {"rep:r-0": "Łucja [bold]Ødegård[/bold]", "team:t-1": "東京"}
    scene = Scene(
        title="",
        first=FIRST,
        last=date(2026, 3, 1),
        live_from=FIRST,
        days=iter(()),
        names=names,
        watched=watched or {},
        turns=turns or {},
    )
    addresses = Addresses(broker="127.0.0.1:20001", redis_url="redis://127.0.0.1:20002/0")
    player = Player(scene, 1.0)
    player.sent = 1_250
    return View(scene, player, course, 1.0, "http://127.0.0.1:6066", addresses, "UPSCORE_BROKER=127.0.0.1:20001")


def drawn(view: View, width: int, height: int) -> list[str]:
    out = StringIO()
    Console(file=out, width=width, height=height).print(render(view, width, height))
    return out.getvalue().splitlines()


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 40), (200, 60), (80, 15)])
@pytest.mark.parametrize("reps", [0, 1, 12, 300])
def test_the_table_fits_the_terminal(width: int, height: int, reps: int) -> None:
    lines = drawn(view_of(snapshot([float(n % 100) for n in range(reps)])), width, height)
    assert len(lines) <= height
    assert max(cell_len(line) for line in lines) <= width


def test_before_the_first_answer_it_says_so() -> None:
    lines = drawn(view_of(watched={"rep:r-1": "r-1 slides from 2026-01-15 on"}), 80, 24)
    assert "no scores yet" in lines[0]
    assert "history up to 2026-01-01" in lines[0]
    assert lines[2].strip() == "the worker does not answer yet"
    assert "Watch: r-1 slides from 2026-01-15 on" in "\n".join(lines)
    assert "http" not in "\n".join(lines)


def test_a_page_to_watch_is_linked_once_its_subject_is_known() -> None:
    watched = {"rep:r-1": "r-1 slides from 2026-01-15 on", "rep:r-7": "r-7 improves from 2026-02-01 on"}
    text = "\n".join(drawn(view_of(snapshot([40.0, 60.0]), watched=watched), 120, 40))
    assert "r-1 slides from 2026-01-15 on  http://127.0.0.1:6066/#/rep/r-1" in text
    assert "r-7 improves from 2026-02-01 on" in text
    assert "#/rep/r-7" not in text


def test_scores_changes_figures_and_addresses_are_shown() -> None:
    view = view_of(snapshot([40.0, 60.0, None]), snapshot([47.5, 52.0, None], "2026-01-21"))
    text = "\n".join(drawn(view, 120, 40))
    assert "2026-01-21" in text
    assert "lag 250" in text
    assert "dead letters 2" in text
    assert "http://127.0.0.1:6066/ " in text
    assert "redis://127.0.0.1:20002/0" in text
    better, worse, unscored = [
        next(line for line in text.splitlines() if f" {rep} " in line) for rep in ("r-0", "r-1", "r-2")
    ]
    assert "r-0 Łucja [bold]Ødegård[/bold]" in better  # names are shown as they are, never as markup
    assert "+7.5 ▲" in better
    assert "-8.0 ▼" in worse
    assert "too little evidence" in unscored
    company = next(line for line in text.splitlines() if "company" in line)
    assert [word in company for word in ("50.0", "85%", "12.3k", "40%", "1,234", "90%")] == [True] * 6
    assert "t-1 東京" in text
    assert "t-parent" not in text  # nobody's own team: its reps are shown with their teams


def test_where_room_is_short_those_to_watch_and_those_that_moved_most_stay_with_their_true_rank() -> None:
    before = [50.0 - n / 10 for n in range(30)]
    after = [*before]
    after[20] += 3.0
    view = view_of(snapshot(before), snapshot(after), watched={"rep:r-29": "r-29 slides"})
    text = drawn(view, 80, 20)
    shown = {line.split()[1]: line.split()[0] for line in text if " r-" in line and line.split()[0].isdigit()}
    assert len(shown) < 30
    assert shown["r-20"] == "1"
    assert shown["r-29"] == "30"
    assert any(f"{30 - len(shown)} more reps" in line for line in text)
    assert any("r-29 slides  http://127.0.0.1:6066/#/rep/r-29" in line for line in text)


def test_once_somebody_has_turned_the_link_shows_what_changed_since_the_day_before() -> None:
    watched = {"rep:r-1": "r-1 slides from 2026-01-15 on", "rep:r-0": "r-0 improves from 2026-02-01 on"}
    turns = {"rep:r-1": date(2026, 1, 15), "rep:r-0": date(2026, 2, 1)}
    view = view_of(snapshot([50.0, 40.0]), watched=watched, turns=turns)
    out = StringIO()
    journal.write_links(view, out)
    assert out.getvalue().splitlines() == [
        "why r-1 slides from 2026-01-15 on: open http://127.0.0.1:6066/#/rep/r-1?from=2026-01-14&to=2026-01-20",
        "why r-0 improves from 2026-02-01 on: open http://127.0.0.1:6066/#/rep/r-0",
    ]
    terminal = StringIO()
    Console(file=terminal, width=80, height=40, force_terminal=True).print(render(view, 80, 40))
    assert ";http://127.0.0.1:6066/#/rep/r-1?from=2026-01-14&to=2026-01-20\x1b" in terminal.getvalue()


def test_the_journal_tells_date_company_movers_and_lag_on_one_line() -> None:
    view = view_of(snapshot([40.0] * 9), snapshot([40.0 + n for n in range(9)], "2026-01-21"))
    assert journal.entry(view).startswith(
        "2026-01-21 history: company 50.0 (+0.0); r-8 48.0 (+8.0) r-7 47.0 (+7.0) r-1 41.0 (+1.0) r-2 42.0 (+2.0) "
        "· 1000 records,"
    )
    assert journal.entry(view).endswith("lag 250, dead letters 2")
    assert "does not answer yet" in journal.entry(view_of())
