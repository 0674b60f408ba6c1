"""Pieces of Go templates for the texts of alerts: causes in words, scores with their interval, links with escaped ids."""

from __future__ import annotations

__all__ = ["CAUSE", "POINTS", "link", "score_now"]

POINTS = '{{ $value | printf "%.1f" }} points'
"""The value of a drop."""

CAUSE = (
    '{{ if or (not $labels.cause) (eq $labels.cause "unknown") }}no single part'
    '{{ else if eq $labels.cause "corrections" }}corrected records'
    '{{ else }}{{ with reReplaceAll "^.*/" "" $labels.cause }}'
    '{{ if eq . "volume" }}how many records stand behind it'
    '{{ else if match "^(csat|nps|ces|roi)$" . }}{{ toUpper . }}'
    '{{ else }}{{ reReplaceAll "_" " " . }}{{ end }}{{ end }}'
    ' (pillar {{ reReplaceAll "/.*$" "" $labels.cause }}){{ end }}'
)
"""The label `cause`, `pillar/metric`, in words."""


def score_now(metric: str, subject: str) -> str:
    """A sentence with the score and its 80 % interval as they are now; nothing where there is no score.

    Args:
        metric: name of the gauge of scores; its ends are `_low` and `_high`.
        subject: the label that holds the id; empty for the company.
    """
    figure = '{{ . | first | value | printf "%.1f" }}'
    low, high = _with(f"{metric}_low", subject), _with(f"{metric}_high", subject)
    interval = f"{low} (80 % interval {figure}{{{{ end }}}}{high} to {figure}){{{{ end }}}}"
    return f"{_with(metric, subject)} The score is now {figure}{interval}.{{{{ end }}}}"


def _with(metric: str, subject: str) -> str:
    if not subject:
        return f'{{{{ with query "{metric}" }}}}'
    # %q quotes an id as PromQL reads it back, whatever signs are in it.
    return f'{{{{ with printf "{metric}{{{subject}=%q}}" $labels.{subject} | query }}}}'


def link(board: str, *labels: str) -> str:
    """Path of a board with variables of the alert's labels.

    >>> link("upscore-team", "team")
    '/d/upscore-team?var-team={{ urlquery $labels.team }}'
    """
    query = "&".join(f"var-{label}={{{{ urlquery $labels.{label} }}}}" for label in labels)
    return f"/d/{board}" + (f"?{query}" if query else "")
