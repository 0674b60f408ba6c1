"""Choices of the rules: every threshold and every wait, declared once, with its reason."""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["PRODUCTION", "QUICK", "Choice", "Choices", "duration"]

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


class Choice(NamedTuple):
    """A figure and why it is this one; waits are in seconds."""

    value: float
    reason: str

    @property
    def text(self) -> str:
        """As PromQL writes a number.

        >>> Choice(50_000, "").text, Choice(0.9, "").text
        ('50000', '0.9')
        """
        return f"{self.value:g}" if self.value < 10**6 and self.value % 1 else f"{self.value:.0f}"

    @property
    def span(self) -> str:
        """As PromQL writes a time span; see `duration`."""
        return duration(self.value)


def duration(seconds: float) -> str:
    """A time span of whole seconds, in the largest unit that divides it.

    >>> duration(300), duration(90), duration(86_400)
    ('5m', '90s', '1d')
    """
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size:.0f}{unit}"
    return f"{seconds:.0f}s"


class Choices(NamedTuple):
    """What the rules are made with. A size is what its name ends with; `_wait` is the `for` of an alert, `_seconds` a span."""

    evaluation_seconds: Choice = Choice(15, "as often as workers are scraped: oftener shows nothing new")

    # Drops. The stream's own detector decides them; the rules only wait until it is sure who has to be told.
    team_wait: Choice = Choice(60, "a worker that hands over its partitions is done by then")
    rep_wait: Choice = Choice(
        120, "longer than its team's by several evaluations: the team's alert is there first and inhibits"
    )
    several_reps: Choice = Choice(3, "two of a team may coincide; three are a matter of the team")
    handover_seconds: Choice = Choice(
        15 * MINUTE, "an open drop that no worker shows is kept so long: a restart with recovery takes less"
    )

    # Data that are late or missing: what looks like a drop may be what has not come yet.
    late_mean_seconds: Choice = Choice(10 * MINUTE, "one record sent late in a quiet minute is no late feed")
    late_by_seconds: Choice = Choice(
        2 * HOUR, "CRM systems send within minutes; more is a batch, or a feed that was stuck"
    )
    late_wait: Choice = Choice(60, "the mean over ten minutes has waited already")
    late_hold_seconds: Choice = Choice(1 * HOUR, "scores follow within minutes; less than between two batches of a day")
    usual_seconds: Choice = Choice(
        1 * DAY, "nights and weekends are no gap if a day is compared with the same one a week before"
    )
    usual_ratio: Choice = Choice(
        0.25, "quiet days have half of it, holidays less: these are told too, and ops knows why"
    )
    usual_records: Choice = Choice(100, "of fewer, a quarter is chance")
    missing_wait: Choice = Choice(15 * MINUTE, "the edges of two days need not fit to the minute")
    missing_hold_seconds: Choice = Choice(1 * DAY, "a day's drops are decided once; what came late is in the next one")

    # The stream.
    absent_wait: Choice = Choice(60, "four scrapes; a restart takes less")
    down_wait: Choice = Choice(120, "a rolling restart is over by then")
    not_ready_wait: Choice = Choice(10 * MINUTE, "a recovery of a million records takes less")
    stalled_span: Choice = Choice(
        2 * MINUTE, "a stalled worker ends itself after a minute: the next stall falls into the span"
    )
    stalled_wait: Choice = Choice(3 * MINUTE, "a stall that a restart has ended is over by then")
    lag_records: Choice = Choice(
        100_000, "five seconds of one worker; what is left of that after five minutes is no burst"
    )
    lag_wait: Choice = Choice(5 * MINUTE, "bursts and restarts are worked off by then")
    growing_records: Choice = Choice(5_000, "below it, growth is noise of what is on its way")
    growing_per_second: Choice = Choice(10, "a tenth of a second's work more every minute: it will not end by itself")
    growing_span: Choice = Choice(15 * MINUTE, "a slope over less follows single bursts")
    growing_wait: Choice = Choice(10 * MINUTE, "together 25 minutes in which workers did not keep up")
    letters: Choice = Choice(20, "a few bad records are everyday life; more are a source that has changed")
    letters_span: Choice = Choice(15 * MINUTE, "long enough for a source that sends in batches")
    letters_wait: Choice = Choice(60, "the count over fifteen minutes has waited already")
    invalid_ratio: Choice = Choice(0.1, "where one record in ten is refused, scores lack what they need")
    invalid_wait: Choice = Choice(5 * MINUTE, "one bad batch is over by then")
    lost_span: Choice = Choice(15 * MINUTE, "long enough to be seen; the loss itself does not go away")
    lost_wait: Choice = Choice(15, "records that are lost are lost: nothing to wait for")
    doubled_wait: Choice = Choice(120, "while partitions move, both workers may show a subject for a scrape or two")
    series_ratio: Choice = Choice(0.9, "a tenth is left to act before series are left out")
    series_wait: Choice = Choice(10 * MINUTE, "subjects come in slowly: there is time")
    failed_transactions: Choice = Choice(
        5, "each rebalance fences one a partition; more of them are the broker's trouble"
    )
    failed_span: Choice = Choice(10 * MINUTE, "a rebalance is over by then")
    failed_wait: Choice = Choice(60, "the count over ten minutes has waited already")
    clock_ahead: Choice = Choice(5, "hosts with NTP differ by milliseconds")
    clock_wait: Choice = Choice(5 * MINUTE, "a clock that is being set is right by then")
    store_span: Choice = Choice(5 * MINUTE, "scores wait for a second between two writes; never for minutes")
    store_wait: Choice = Choice(60, "the five minutes before have waited already")

    # The watch itself.
    meta_span: Choice = Choice(5 * MINUTE, "long enough to be seen at any evaluation interval")
    meta_wait: Choice = Choice(120, "a reload or a restart is over by then")
    backlog_ratio: Choice = Choice(0.5, "a queue that is half full is not being emptied")

    def hurried(self, factor: float, least: float) -> Choices:
        """The same choices with every time span divided by `factor`, but not below `least` seconds; sizes stay."""
        spans = {
            name: Choice(max(least, round(choice.value / factor)), choice.reason)
            for name, choice in zip(self._fields, self, strict=True)
            if name.endswith(("_seconds", "_wait", "_span")) and name != "late_by_seconds"
        }
        return self._replace(**spans)


PRODUCTION: Final = Choices()
"""What the committed rules are made with."""

QUICK: Final = PRODUCTION.hurried(60, 5)._replace(
    evaluation_seconds=Choice(5, "scrapes every 5 s"),
    rep_wait=Choice(10, "one evaluation longer than its team's"),
    handover_seconds=Choice(60, "the recovery of a test's worker takes less"),
    late_mean_seconds=Choice(15, "three scrapes"),
)
"""For tests with real programs that scrape and evaluate every 5 s: waits of seconds."""
