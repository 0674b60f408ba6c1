"""Rules about the watch itself: rules, templates and messages that fail, and a sign of life."""

from __future__ import annotations

from typing import Final

from dashboards.rules.choices import Choices
from dashboards.rules.spec import Alert, Group
from dashboards.rules.wording import link

__all__ = ["watch_groups"]

_BOARD: Final = link("upscore-alerts")
_TIMES: Final = '{{ $value | printf "%.0f" }} times'


def watch_groups(choices: Choices) -> list[Group]:
    """Prometheus's and Alertmanager's own metrics, scraped as the jobs `prometheus` and `alertmanager`."""
    span = choices.meta_span.span
    grown = f"increase({{name}}[{span}])"
    rules = grown.format(name="prometheus_rule_evaluation_failures_total")
    texts = grown.format(name="prometheus_template_text_expansion_failures_total")
    messages = grown.format(name="alertmanager_notifications_failed_total")
    dropped = grown.format(name="prometheus_notifications_dropped_total")
    queue = "prometheus_notifications_queue_length / prometheus_notifications_queue_capacity"
    reloads = '{__name__=~"(prometheus|alertmanager)_config_last_reload_successful"}'

    def alert(name: str, expr: str, summary: str, description: str, wait: str = choices.meta_wait.span) -> Alert:
        return Alert(
            name=name, expr=expr, wait=wait, severity="critical", summary=summary, description=description, board=_BOARD
        )

    return [
        Group(
            name="upscore-watch",
            interval=choices.evaluation_seconds.span,
            rules=[
                alert(
                    "UpscoreRuleFailures",
                    f"sum by (rule_group) ({rules}) > 0",
                    "Rules of {{ $labels.rule_group }} fail",
                    f"Rules of {{{{ $labels.rule_group }}}} failed {_TIMES} in {span}: alerts of it may be missing.",
                ),
                alert(
                    "UpscoreTemplateFailures",
                    f"sum({texts}) > 0",
                    "Texts of alerts cannot be written",
                    f"Texts of alerts or boards failed {_TIMES} in {span}: messages come with an error in place of the text.",
                ),
                alert(
                    "UpscoreNotificationFailures",
                    f"sum by (integration) ({messages}) > 0",
                    "Messages by {{ $labels.integration }} cannot be sent",
                    f"Alertmanager failed {_TIMES} in {span} to send messages by {{{{ $labels.integration }}}}: an address, a "
                    "password or a template is wrong, or who should take them is down.",
                ),
                alert(
                    "UpscoreNotificationBacklog",
                    f"sum({dropped}) > 0 or max({queue}) > {choices.backlog_ratio.text}",
                    "Prometheus does not get rid of its alerts",
                    "Alerts do not reach Alertmanager, {{ $value }} of them: so many were dropped, or, below 1, that part of "
                    "the queue is full.",
                ),
                alert(
                    "UpscoreReloadFailed",
                    f"{reloads} == 0",
                    "The configuration of {{ $labels.job }} was not taken",
                    "{{ $labels.job }} at {{ $labels.instance }} runs with an old configuration (last reload: {{ $value }}): the "
                    "new one is wrong.",
                ),
                Alert(
                    name="UpscoreWatchdog",
                    expr="vector(1) == 1",
                    wait=choices.evaluation_seconds.span,
                    severity="none",
                    summary="Alerts are evaluated and sent",
                    description="A sign of life (value {{ $value }}), always there: if it stays away, nobody is watching.",
                    board=_BOARD,
                ),
            ],
        )
    ]
