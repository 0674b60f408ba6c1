"""Rules about the stream and its workers: who does not get on, what is refused, what is shown twice."""

from __future__ import annotations

from typing import Final

from dashboards.rules.choices import Choice, Choices
from dashboards.rules.drops import MISSING
from dashboards.rules.spec import Alert, Group, Recording
from dashboards.rules.wording import link
from schemas import metrics
from schemas.metrics import MetricSpec

__all__ = ["stream_groups"]

LAG: Final = f"topic:{metrics.GROUP_LAG.name}:max"
SHOWN: Final = f"rep:{metrics.REP_SCORE.name}:count"
_SLOW_SECONDS: Final = 60

_STREAM: Final = link("upscore-stream")
_WORKERS: Final = link("upscore-workers")
_OF_TOPIC: Final = "{{ $labels.topic }}"
_OF_WORKER: Final = "{{ $labels.instance }}"
_COUNT: Final = '{{ $value | printf "%.0f" }}'


def stream_groups(choices: Choices) -> list[Group]:
    """The stream, its workers, and, more rarely, a day against the same one a week before."""
    return [
        Group(
            name="upscore-stream",
            interval=choices.evaluation_seconds.span,
            rules=[Recording(LAG, f"max by (topic) ({metrics.GROUP_LAG.name})"), *_lags(choices), *_refusals(choices)],
        ),
        Group(
            name="upscore-workers",
            interval=choices.evaluation_seconds.span,
            rules=[
                Recording(SHOWN, f"count by (rep) ({metrics.REP_SCORE.name})"),
                *_lives(choices),
                *_workers(choices),
            ],
        ),
        Group(
            name="upscore-feeds",
            interval=f"{min(_SLOW_SECONDS, 4 * choices.evaluation_seconds.value):.0f}s",
            rules=[Recording(MISSING, _missing(choices)), _feed_missing(choices)],
        ),
    ]


def _missing(choices: Choices) -> str:
    """What came of each topic in a day, as a part of what came on the same day a week before; there only if it is too little."""
    counted = f"sum by (topic) (increase({metrics.RECORDS.name}[{choices.usual_seconds.span}]))"
    before = f"sum by (topic) (increase({metrics.RECORDS.name}[{choices.usual_seconds.span}] offset 1w))"
    return f"{counted} / ({before} > {choices.usual_records.text}) < {choices.usual_ratio.text}"


def _feed_missing(choices: Choices) -> Alert:
    return Alert(
        name="UpscoreDataMissing",
        expr=f"{MISSING} < {choices.usual_ratio.text}",
        wait=choices.missing_wait.span,
        severity="warning",
        summary=f"Few records of {_OF_TOPIC} come in",
        description=(
            f"{_OF_TOPIC} brought {{{{ $value | humanizePercentage }}}} of the records of the same day a week before; "
            f"below {choices.usual_ratio.value:.0%} something is missing, or it is a holiday. "
            f"New drop alerts are held back until {choices.missing_hold_seconds.span} after it is over."
        ),
        board=_STREAM,
    )


def _lags(choices: Choices) -> list[Alert]:
    records = f"{_COUNT} records"
    slope = f"deriv({LAG}[{choices.growing_span.span}]) > {choices.growing_per_second.text}"
    return [
        Alert(
            name="UpscoreStalled",
            expr=f"max(max_over_time({metrics.STALLED_PARTITIONS.name}[{choices.stalled_span.span}])) > 0",
            wait=choices.stalled_wait.span,
            severity="critical",
            summary="{{ $value }} partitions stand still",
            description="A worker has {{ $value }} partitions with records waiting whose position does not move, and a restart "
            "has not helped. Scores of their subjects are old; new drop alerts are held back.",
            board=_STREAM,
        ),
        Alert(
            name="UpscoreLagHigh",
            expr=f"{LAG} > {choices.lag_records.text}",
            wait=choices.lag_wait.span,
            severity="warning",
            summary=f"{records} of {_OF_TOPIC} wait",
            description=f"{records} of {_OF_TOPIC} are not taken yet, more than {choices.lag_records.value:,.0f} for "
            f"{choices.lag_wait.span}: scores are that much behind.",
            board=_STREAM,
        ),
        Alert(
            name="UpscoreLagGrowing",
            expr=f"{slope} and {LAG} > {choices.growing_records.text}",
            wait=choices.growing_wait.span,
            severity="warning",
            summary=f"The lag of {_OF_TOPIC} keeps growing",
            description=f'The lag of {_OF_TOPIC} grows by {{{{ $value | printf "%.0f" }}}} records a second over '
            f"{choices.growing_span.span}: more comes in than workers take.",
            board=_STREAM,
        ),
    ]


def _refusals(choices: Choices) -> list[Alert]:
    span = choices.letters_span.span
    lost = _grown(metrics.GAP_RECORDS, choices.lost_span, "topic")
    return [
        Alert(
            name="UpscoreDeadLetters",
            expr=f"{_grown(metrics.DEAD_LETTER_RECORDS, choices.letters_span, 'reason')} > {choices.letters.text}",
            wait=choices.letters_wait.span,
            severity="warning",
            summary="Records are refused: {{ $labels.reason }}",
            description=f"{_COUNT} records were refused in {span} for the reason "
            "{{ $labels.reason }}. They are in the dead letters, byte for byte, and count in no score.",
            board=_STREAM,
        ),
        Alert(
            name="UpscoreSourceBroken",
            expr=f"max by (topic) ({metrics.INVALID_RATIO.name}) > {choices.invalid_ratio.text}",
            wait=choices.invalid_wait.span,
            severity="critical",
            summary=f"A source of {_OF_TOPIC} sends what cannot be read",
            description=f"{{{{ $value | humanizePercentage }}}} of the records of {_OF_TOPIC} are refused, for "
            f"{choices.invalid_wait.span} on end: scores lack them.",
            board=_STREAM,
        ),
        Alert(
            name="UpscoreRecordsLost",
            expr=f"{lost} > 0",
            wait=choices.lost_wait.span,
            severity="critical",
            summary=f"Records of {_OF_TOPIC} were deleted unread",
            description=f"{_COUNT} records of {_OF_TOPIC} were deleted by the broker before a worker "
            "read them: scores lack them until they are sent again.",
            board=_STREAM,
        ),
    ]


def _lives(choices: Choices) -> list[Alert]:
    return [
        Alert(
            name="UpscoreAbsent",
            # A worker of a generation that is silent answers too, but says nothing of being ready.
            expr=f'(count(up{{job="upscore"}} == 1 and on (instance) {metrics.READY.name}) or vector(0)) < 1',
            wait=choices.absent_wait.span,
            severity="critical",
            summary="No worker answers",
            description=f"Prometheus has reached {{{{ $value }}}} workers for {choices.absent_wait.span}: scores stand still, "
            "and drops are not told.",
            board=_WORKERS,
        ),
        Alert(
            name="UpscoreWorkerDown",
            expr='up{job="upscore"} == 0',
            wait=choices.down_wait.span,
            severity="warning",
            summary=f"Worker {_OF_WORKER} does not answer",
            description=f"Worker {_OF_WORKER} has not answered for {choices.down_wait.span} (up is {{{{ $value }}}}). "
            "Others take its partitions over.",
            board=_WORKERS,
        ),
        Alert(
            name="UpscoreNotReady",
            expr=f"{metrics.READY.name} == 0",
            wait=choices.not_ready_wait.span,
            severity="warning",
            summary=f"Worker {_OF_WORKER} does not become ready",
            description=f"Worker {_OF_WORKER} answers, but has not been ready for {choices.not_ready_wait.span} (ready is "
            "{{ $value }}): it recovers its state, waits for Kafka, or stands still.",
            board=_WORKERS,
        ),
    ]


def _workers(choices: Choices) -> list[Alert]:
    budget = f"{metrics.SERIES.name} / ({metrics.SERIES_LIMIT.name} > 0)"
    failures = _grown(metrics.TRANSACTIONS, choices.failed_span, "instance, outcome", '{outcome!="committed"}')
    return [
        Alert(
            name="UpscoreDoubleExposure",
            expr=f"count({SHOWN} > 1) > 0",
            wait=choices.doubled_wait.span,
            severity="warning",
            summary="{{ $value }} reps are shown more than once",
            description="{{ $value }} reps have their score from several workers, or in several teams: figures summed over "
            f'workers are wrong. Among them: {{{{ range $i, $rep := query "topk(3, {SHOWN} > 1)" | sortByLabel "rep" }}}}'
            "{{ if $i }}, {{ end }}{{ $rep.Labels.rep }}{{ end }}.",
            board=_WORKERS,
        ),
        Alert(
            name="UpscoreSeriesBudget",
            expr=f"{budget} > {choices.series_ratio.text}",
            wait=choices.series_wait.span,
            severity="warning",
            summary=f"Worker {_OF_WORKER} is close to its limit of series",
            description=f"Worker {_OF_WORKER} exports {{{{ $value | humanizePercentage }}}} of the series that it may: beyond "
            "100 % it leaves some out.",
            board=_WORKERS,
        ),
        Alert(
            name="UpscoreTransactionFailures",
            expr=f"{failures} > {choices.failed_transactions.text}",
            wait=choices.failed_wait.span,
            severity="warning",
            summary=f"Transactions of worker {_OF_WORKER} fail",
            description=f"{_COUNT} transactions of worker {_OF_WORKER} ended as {{{{ $labels.outcome }}}} in "
            f"{choices.failed_span.span}. Nothing is lost: they are done again, but scores are late.",
            board=_WORKERS,
        ),
        Alert(
            name="UpscoreClock",
            expr=f"{metrics.CLOCK_AHEAD.name} > {choices.clock_ahead.text}",
            wait=choices.clock_wait.span,
            severity="warning",
            summary=f"The clocks of worker {_OF_WORKER} and of Kafka differ",
            description=f'Records are stamped {{{{ $value | printf "%.1f" }}}} s later than the clock of worker {_OF_WORKER} says'
            ": one of the clocks is wrong, and with it what counts as today.",
            board=_WORKERS,
        ),
        Alert(
            name="UpscoreStoreFailing",
            expr=f"min_over_time({metrics.STORE_WAITING.name}[{choices.store_span.span}]) > 0",
            wait=choices.store_wait.span,
            severity="warning",
            summary=f"The score store takes nothing from worker {_OF_WORKER}",
            description=f"At least {_COUNT} scores have been waiting for the score store (Redis) in worker "
            f"{_OF_WORKER} for {choices.store_span.span}: its readers see old scores. Kafka and `/metrics` have the new ones.",
            board=_WORKERS,
        ),
    ]


def _grown(counter: MetricSpec, span: Choice, by: str, matchers: str = "") -> str:
    """What was counted within a span, also by a series that began in it: `increase` leaves out what a series begins with."""
    series = f"{counter.name}{matchers}"
    return f"sum by ({by}) (({series} unless {series} offset {span.span}) or increase({series}[{span.span}]))"
