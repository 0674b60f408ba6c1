"""The live table: scores of the company, the teams and the reps, in whatever room the terminal has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rich import box
from rich.console import Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from streams.demo.board_page import link
from streams.demo.course import Course
from streams.demo.figures import Row
from streams.demo.pacing import Player
from streams.demo.scene import Scene
from streams.local import Addresses

__all__ = ["View", "render"]

NARROW = 96
"""Below so many columns, names and sparklines get less room."""
FRAME_LINES = 4
"""What the table has around the teams and reps: titles, a rule, the company and a space."""
FEWEST_REPS = 4
"""The reps are what moves: where there is room for fewer beside the teams, the teams are left out."""
_CLEARLY = 0.5
"""Points of change that are worth a colour."""


@dataclass(frozen=True, slots=True)
class View:
    """What is shown: the scene, how far it is, how the figures went, and where to look for more."""

    scene: Scene
    player: Player
    course: Course
    speed: float
    url: str
    addresses: Addresses
    settings: str
    """Variables by which commands in another terminal find the demo's Kafka."""

    def knows(self, key: str) -> bool:
        """Whether a subject has a page: one that its worker does not know yet would be told to be nobody."""
        return self.course.snapshot is not None and key in self.course.snapshot.rows

    def link(self, key: str) -> str:
        """The board's page of a subject; of one whose figures have turned, with what has changed since."""
        snapshot = self.course.snapshot
        as_of = None
        if snapshot is not None and snapshot.as_of is not None and self.course.first_scores_at is not None:
            as_of = date.fromisoformat(snapshot.as_of)
        return link(self.url, key, self.scene.turns.get(key), as_of)


def render(view: View, width: int, height: int) -> RenderableType:
    """The view for a terminal of this size; reps that find no room are counted, those who moved least first to go."""
    above, below = _head(view), _foot(view)
    course = view.course
    reps = course.rows("rep")
    with_reps = {row.team_id for row in reps}
    teams = [row for row in course.rows("team") if row.key.removeprefix("team:") in with_reps]
    room = height - len(above) - len(below) - FRAME_LINES
    if room - len(teams) - 1 >= FEWEST_REPS:
        room -= len(teams) + 1
    else:
        teams = []
    shown = _chosen(view, reps, max(1, room))
    table = _table(width)
    for row in course.rows("company"):
        _add(table, view, row, "", "company", bold=True)
    for row in teams:
        _add(table, view, row, "", _name(view.scene, row), end_section=row is teams[-1])
    ranks = {row.key: f"{place}" for place, row in enumerate(reps, start=1)}
    for row in shown:
        _add(table, view, row, ranks[row.key], _name(view.scene, row))
    left = len(reps) - len(shown)
    if left:
        below[0].append(f" · {left} more reps that moved less")
    return Group(*above, table, *below)


def _chosen(view: View, reps: Sequence[Row], room: int) -> list[Row]:
    """As many reps as there is room for, those to watch and those that moved most, in the order of their scores."""
    if len(reps) <= room:
        return [*reps]
    watched, change = view.scene.watched, view.course.change
    movers = sorted(reps, key=lambda row: (row.key not in watched, -abs(change(row.key) or 0.0)))
    kept = {row.key for row in movers[:room]}
    return [row for row in reps if row.key in kept]


def _head(view: View) -> list[Text]:
    scene, player, course = view.scene, view.player, view.course
    snapshot = course.snapshot
    counted, dead_letters = (0, 0) if snapshot is None else (snapshot.counted, snapshot.dead_letters)
    first = Text("upscore demo", style="bold", no_wrap=True, overflow="ellipsis")
    as_of = snapshot.as_of if snapshot is not None and course.first_scores_at is not None else None
    first.append(f"  {as_of or 'no scores yet'}", style="bold cyan")
    first.append(f"  {_phase(view)}", style="not bold")
    second = Text(no_wrap=True, overflow="ellipsis")
    second.append(f"{counted:,} records · {course.records_a_second:,.0f} a second · ")
    lag = max(0, player.sent - counted)
    second.append(f"lag {lag:,}", style="yellow" if lag > 1_000 else "")  # noqa: PLR2004 - what a worker takes in a blink
    second.append(" · ")
    second.append(f"dead letters {dead_letters:,}", style="red" if dead_letters else "")
    if scene.refused:
        second.append(f" · {len(scene.refused):,} lines are no records", style="red")
    third = Text("the worker does not answer yet", style="dim") if snapshot is None else Text.assemble(
        ("board ", "dim"), (f"{view.url}/", "underline"), ("   metrics ", "dim"), "/metrics", ("   API ", "dim"),
        "/api/v1/scores", no_wrap=True, overflow="ellipsis",
    )  # fmt: skip
    fourth = Text.assemble(
        ("Kafka ", "dim"), view.addresses.broker, ("   Redis ", "dim"), view.addresses.redis_url,
        no_wrap=True, overflow="ellipsis",
    )  # fmt: skip
    return [first, second, third, fourth]


def _phase(view: View) -> str:
    scene, player = view.scene, view.player
    if player.phase == "over":
        return "all has been played; ctrl-C ends it"
    if player.phase != "live":
        return f"history up to {scene.live_from}, as fast as it goes"
    total = scene.day_number(scene.last)
    number = 0 if player.day is None else scene.day_number(player.day)
    return f"live: day {number} of {total}, {view.speed:g} day{'' if view.speed == 1 else 's'} a second"


def _foot(view: View) -> list[Text]:
    foot = [Text("Change and course since the live part began", style="dim", no_wrap=True, overflow="ellipsis")]
    for key, hint in view.scene.watched.items():
        watch = Text("Watch: ", style="bold", no_wrap=True, overflow="ellipsis")
        watch.append(f"{hint}  ", style="not bold")
        if view.knows(key):
            # Terminals that know links open the one with dates, which is long.
            watch.append(link(view.url, key), style=Style(bold=False, underline=True, link=view.link(key)))
        foot.append(watch)
    other = Text("Try: ", style="bold", no_wrap=True, overflow="ellipsis")
    foot.append(other.append(f"export {view.settings}; upscore scores", style="not bold"))
    return foot


def _table(width: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("", width=2 if width < NARROW else 3, justify="right", style="dim", no_wrap=True)
    table.add_column("who", ratio=1, no_wrap=True, overflow="ellipsis", min_width=12)
    table.add_column("score", width=5, justify="right", no_wrap=True)
    table.add_column("change", width=7, justify="right", no_wrap=True)
    table.add_column("course", width=8 if width < NARROW else 20, no_wrap=True, style="cyan")
    for title, room in (("cover", 5), ("rev 28d", 7), ("win", 4), ("calls", 5), ("csat", 4)):
        table.add_column(title, width=room, justify="right", no_wrap=True)
    return table


def _add(
    table: Table, view: View, row: Row, rank: str, name: str, *, bold: bool = False, end_section: bool = False
) -> None:
    course = view.course
    figures = row.figures
    scored = row.score is not None
    spark = table.columns[4].width or 0
    table.add_row(
        rank,
        Text(name, style="bold" if row.key in view.scene.watched else ""),
        Text(f"{row.score:.1f}", style="bold") if scored else Text("-", style="dim"),
        _change(course.change(row.key)),
        course.sparkline(row.key, spark) if scored else Text("too little evidence"[:spark], style="dim"),
        _percent(row.coverage),
        _money(figures.get("net_revenue")),
        _percent(figures.get("win_rate")),
        "-" if (calls := figures.get("calls")) is None else f"{calls:,.0f}",
        _percent(figures.get("csat")),
        style="bold" if bold else None,
        end_section=end_section or bold,
    )


def _change(change: float | None) -> Text:
    """Points with an arrow; coloured where it is more than a flicker."""
    if change is None:
        return Text("")
    if abs(change) < _CLEARLY:
        return Text(f"{change:+.1f}  ", style="dim")
    return Text(f"{change:+.1f} ▲", style="green") if change > 0 else Text(f"{change:+.1f} ▼", style="red")


def _name(scene: Scene, row: Row) -> str:
    subject_id = row.key.partition(":")[2]
    name = scene.names.get(row.key)
    return subject_id if name is None else f"{subject_id} {name}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _money(value: float | None) -> str:
    """Short: 940, 12.3k, 4.56M.

    >>> [_money(value) for value in (None, -940.2, 12_345.0, 4_560_000.0)]
    ['-', '-940', '12.3k', '4.56M']
    """
    if value is None:
        return "-"
    if abs(value) < 1_000:  # noqa: PLR2004 - the name of a thousand
        return f"{value:.0f}"
    return f"{value / 1e3:.1f}k" if abs(value) < 1e6 else f"{value / 1e6:.2f}M"  # noqa: PLR2004 - a million
