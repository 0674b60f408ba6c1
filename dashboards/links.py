"""Ways from a figure to what explains it; they keep the time, the data source and the address of upscore."""

from __future__ import annotations

from typing import Final

from dashboards import names

KEPT: Final = "${__url_time_range}&${datasource:queryparam}&${upscore_url:queryparam}"

Link = dict[str, object]


def _link(title: str, url: str, *, elsewhere: bool = False) -> Link:
    """Grafana needs title, url and targetBlank alone; the published schema wants the rest too."""
    return {
        "title": title,
        "url": url,
        "type": "link",
        "icon": "external link" if elsewhere else "dashboard",
        "tooltip": "",
        "tags": [],
        "asDropdown": False,
        "targetBlank": elsewhere,
        "includeVars": False,
        "keepTime": False,
    }


def board(title: str, uid: str, *more: str) -> Link:
    """To a board; `more` are parameters of its address, such as `var-team=t-1`."""
    return _link(title, "&".join([f"/d/{uid}?{KEPT}", *more]))


def _field(label: str, *, of_table: bool) -> str:
    return f"${{__data.fields.{label}:percentencode}}" if of_table else f"${{__field.labels.{label}:percentencode}}"


def team(*, of_table: bool = False) -> Link:
    """To the board of the team that a series or a table's row names."""
    return board("Open the team", names.TEAM, f"var-team={_field('team', of_table=of_table)}")


def rep(*, of_table: bool = False) -> tuple[Link, ...]:
    """To the board of the rep that a series or a row names, and to every number of its score."""
    chosen = _field("rep", of_table=of_table)
    return (
        board("Open the rep", names.REP, f"var-team={_field('team', of_table=of_table)}", f"var-rep={chosen}"),
        page("Every number of the score", f"api/v1/standing/rep/{chosen}"),
    )


def page(title: str, path: str = "") -> Link:
    """To what a worker serves, in a window of its own."""
    return _link(title, f"${{upscore_url}}/{path}", elsewhere=True)
