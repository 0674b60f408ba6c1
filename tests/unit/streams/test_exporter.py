from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.parser import text_string_to_metric_families

from schemas import metrics
from schemas.metrics import METRICS
from schemas.topics import EVENTS
from scoring.organisation import Organisation
from scoring.quarter import quarter_norms
from scoring.reference import Reference
from scoring.score import Scorer
from scoring.scorecard import Scorecard, parse
from streams.exporter import Exporter
from streams.open_drops import OpenDrops
from streams.program_metrics import ProgramMetrics
from streams.settings import Settings

AS_OF = date(2026, 3, 31).toordinal()


class PublishedWorker:
    """A worker that has published what it was given, and does nothing more."""

    def __init__(self, *scores: dict[str, Any]) -> None:
        self.settings = Settings()
        self.registry = CollectorRegistry()
        self.open: OpenDrops = {}
        self.territories: dict[str, str] = {}
        self.silent_because: str | None = None
        self.publish(*scores)

    def publish(self, *scores: dict[str, Any]) -> None:
        self.scores: Mapping[str, dict[str, Any]] = {f"{score['subject']}:{score['id']}": score for score in scores}

    def published(self) -> Mapping[str, dict[str, Any]]:
        return self.scores

    def drops(self) -> OpenDrops:
        return self.open

    def territory(self, rep_id: str) -> str | None:
        return self.territories.get(rep_id)

    def score(self, subject: str, subject_id: str) -> dict[str, Any] | None:
        return self.scores.get(f"{subject}:{subject_id}")

    def has_signal(self, _metric: str) -> bool | None:
        return None

    def silence(self) -> str | None:
        return self.silent_because

    def obstacles(self) -> list[str]:
        return []


def scorecard() -> Scorecard:
    return parse(files("scoring").joinpath("scorecards/default.toml").read_text(encoding="utf-8"))


def score_of(subject: str, subject_id: str, *, card: Scorecard | None = None, **changes: Any) -> dict[str, Any]:
    """A score object of the real scorer, of a subject with calls and meetings, changed as asked."""
    reference = Reference(Organisation(ZoneInfo("UTC"), "USD", {"USD": 2}))
    panes = {AS_OF: {"calls": 5, "meetings": 2}, AS_OF - 60: {"calls": 7}}
    card = card or scorecard()
    norms = quarter_norms(AS_OF, card, {}, {}, card.calendar)
    score = Scorer(reference, card, AS_OF, norms).score(f"{subject}:{subject_id}", panes, "2026-04-01T00:00:00Z")
    return score | {"score": 61.4} | changes


def samples(body: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by name and labels; fails on a series or family that stands twice."""
    found: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    families = set()
    for family in text_string_to_metric_families(body.decode()):
        assert family.name not in families
        families.add(family.name)
        for sample in family.samples:
            key = (sample.name, tuple(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


def names(body: bytes) -> set[str]:
    return {name for name, _ in samples(body)}


def test_every_kind_of_subject_has_its_score_with_its_labels():
    view = PublishedWorker(
        score_of("rep", "r-1", team_id="t-3", score=61.25),
        score_of("team", "t-3", score=50.5),
        score_of("territory", "north", score=40.0),
        score_of("company", "company", score=0.1 + 0.2),
    )
    found = samples(Exporter(view).render())
    assert found["sales_rep_score_points", (("rep", "r-1"), ("team", "t-3"))] == 61.25
    assert found["sales_team_score_points", (("team", "t-3"),)] == 50.5
    assert found["sales_territory_score_points", (("territory", "north"),)] == 40.0
    assert found["sales_company_score_points", ()] == 0.1 + 0.2  # not rounded


@pytest.mark.parametrize("bound", ["low", "high"])
@pytest.mark.parametrize("subject", ["rep", "team", "territory", "company"])
def test_bounds_are_there_only_where_they_are_known(subject: str, bound: str):
    name = f"sales_{subject}_score_points_{bound}"
    unknown = score_of(subject, "company")
    known = {**unknown, bound: 55.5}
    assert name not in names(Exporter(PublishedWorker(unknown)).render())
    assert [value for key, value in samples(Exporter(PublishedWorker(known)).render()).items() if key[0] == name] == [
        55.5
    ]


def test_a_subject_without_a_score_has_no_score_series_but_keeps_its_metrics():
    view = PublishedWorker(score_of("rep", "r-1", score=None, status="insufficient_evidence"))
    found = names(Exporter(view).render())
    assert "sales_rep_score_points" not in found
    assert "sales_rep_metric" in found


def test_metrics_of_the_scorecard_are_exported_for_28_and_91_days_where_they_have_a_value():
    found = samples(Exporter(PublishedWorker(score_of("rep", "r-1"))).render())
    exported = {
        (dict(labels)["metric"], dict(labels)["window"]): value
        for (name, labels), value in found.items()
        if name == "sales_rep_metric"
    }
    # Of the scorecard's eleven, the sums alone have a value without evidence.
    assert exported == {
        ("calls", "28d"): 5.0,
        ("calls", "91d"): 12.0,
        ("meetings", "28d"): 2.0,
        ("meetings", "91d"): 2.0,
        ("net_revenue", "28d"): 0.0,
        ("net_revenue", "91d"): 0.0,
    }


def test_a_long_scorecard_is_cut_to_25_series_a_rep_keeping_the_longer_window_of_every_metric():
    many = ["calls", "emails", "meetings", "leads_created", "deals_won", "deals_lost", "feedback_count", "net_revenue"]
    score = score_of("rep", "r-1")
    for number, metric in enumerate([*many, *(f"evaluation_{name}" for name in "abcdefghij")]):
        figure = {"windows": {window: {"value": float(number), "n": 1} for window in ("7d", "28d", "91d", "364d")}}
        score["metrics"][metric] = {**figure, "pillar": "process"}
    found = samples(Exporter(PublishedWorker(score)).render())
    exported = [dict(labels) for name, labels in found if name == "sales_rep_metric"]
    scored = {name for name, figure in score["metrics"].items() if figure["pillar"]}
    assert len(scored) > 25 / 2
    with_value = {name for name in scored if score["metrics"][name]["windows"]["91d"]["value"] is not None}
    assert len(exported) <= 25
    assert {labels["metric"] for labels in exported if labels["window"] == "91d"} == with_value


def test_pillars_with_a_value_are_exported():
    score = score_of("rep", "r-1", team_id="t-3")
    found = samples(Exporter(PublishedWorker(score)).render())
    exported = {
        dict(labels)["pillar"]: value for (name, labels), value in found.items() if name == "sales_rep_pillar_ratio"
    }
    expected = {name: pillar["value"] for name, pillar in score["pillars"].items() if pillar["value"] is not None}
    assert exported == expected
    assert "improvement" not in exported


@pytest.mark.parametrize(
    "subject_id",
    [
        'quo"te',
        "back\\slash",
        "line\nend",
        "\\n",
        'all\\"\n"',
        "Jürgen / 東京",
        "a{b}=c,d",
        " ",
        "cr\rlf",
        "# HELP x y",
    ],
)
def test_any_id_survives_as_a_label(subject_id: str):
    view = PublishedWorker(
        score_of("rep", subject_id, team_id=subject_id, low=1.0), score_of("team", subject_id), score_of("rep", "other")
    )
    found = samples(Exporter(view).render())
    assert found["sales_rep_score_points", (("rep", subject_id), ("team", subject_id))] == 61.4
    assert found["sales_rep_score_points_low", (("rep", subject_id), ("team", subject_id))] == 1.0
    assert found["sales_team_score_points", (("team", subject_id),)] == 61.4
    assert ("sales_rep_pillar_ratio", (("rep", subject_id), ("team", subject_id), ("pillar", "process"))) in found
    labels = (("rep", subject_id), ("team", subject_id), ("metric", "calls"), ("window", "28d"))
    assert found["sales_rep_metric", labels] == 5.0


@pytest.mark.parametrize("subject", ["team", "company"])
def test_a_team_and_the_company_have_metrics_and_pillars_too(subject: str):
    score = score_of(subject, "company")
    found = samples(Exporter(PublishedWorker(score)).render())
    identity = (("team", "company"),) if subject == "team" else ()
    assert found[f"sales_{subject}_metric", (*identity, ("metric", "calls"), ("window", "28d"))] == 5.0
    assert found[f"sales_{subject}_metric", (*identity, ("metric", "calls"), ("window", "91d"))] == 12.0
    of_pillars = {
        dict(labels)["pillar"]: value
        for (name, labels), value in found.items()
        if name == f"sales_{subject}_pillar_ratio"
    }
    assert of_pillars == {name: at["value"] for name, at in score["pillars"].items() if at["value"] is not None} != {}


def test_who_is_where_is_said_of_every_rep_also_without_a_score():
    view = PublishedWorker(score_of("rep", "r-1", team_id="t-3", score=None), score_of("rep", "r-2", team_id="t-4"))
    view.territories = {"r-1": "no/rth"}
    found = samples(Exporter(view).render(["sales_rep_info"]))
    assert found == {
        ("sales_rep_info", (("rep", "r-1"), ("team", "t-3"), ("territory", "no/rth"))): 1.0,
        ("sales_rep_info", (("rep", "r-2"), ("team", "t-4"), ("territory", ""))): 1.0,
    }


def test_open_drops_are_shown_by_cause_and_vanish_with_their_end():
    view = PublishedWorker(
        score_of("rep", "r-1", team_id="t-3"),
        score_of("team", "t-3"),
        score_of("territory", "x"),
        score_of("company", "company"),
    )
    causes = {"customer/csat": 9.5, "process/calls": 0.1 + 0.2}
    view.open = {"rep:r-1": causes, "team:t-3": {"a": 6.0}, "territory:x": {"b": 7.0}, "company:company": {"c": 8.0}}
    exporter = Exporter(view)
    dropped = {key: value for key, value in samples(exporter.render()).items() if "dropped" in key[0]}
    assert dropped == {
        ("sales_rep_dropped_points", (("rep", "r-1"), ("team", "t-3"), ("cause", "customer/csat"))): 9.5,
        ("sales_rep_dropped_points", (("rep", "r-1"), ("team", "t-3"), ("cause", "process/calls"))): 0.1 + 0.2,
        ("sales_team_dropped_points", (("team", "t-3"), ("cause", "a"))): 6.0,
        ("sales_territory_dropped_points", (("territory", "x"), ("cause", "b"))): 7.0,
        ("sales_company_dropped_points", (("cause", "c"),)): 8.0,
    }
    view.open = {"rep:r-1": {"customer/csat": 9.5}}
    assert [key[1] for key in samples(exporter.render()) if "dropped" in key[0]] == [
        (("rep", "r-1"), ("team", "t-3"), ("cause", "customer/csat"))
    ]
    view.open = {}
    assert not [key for key in samples(exporter.render()) if "dropped" in key[0]]


def test_a_drop_of_a_subject_whose_score_is_not_shown_is_not_shown_either():
    view = PublishedWorker(score_of("rep", "r-1"))
    view.open = {"rep:r-2": {"customer/csat": 9.5}, "team:r-1": {"customer/csat": 9.5}}
    assert not [key for key in samples(Exporter(view).render()) if "dropped" in key[0]]


def test_the_programs_metrics_follow_and_nothing_undeclared_is_exported():
    view = PublishedWorker(score_of("rep", "r-1"), score_of("company", "company"))
    Counter("upscore_records", "Records.", ["outcome", "topic"], registry=view.registry).labels("applied", "t").inc(3)
    body = Exporter(view).render()
    assert samples(body)["upscore_records_total", (("outcome", "applied"), ("topic", "t"))] == 3.0
    assert names(body) <= {spec.name for spec in METRICS}


def test_labels_and_help_are_as_declared():
    declared = {spec.name: spec for spec in METRICS}
    view = PublishedWorker(score_of("rep", "r-1", low=1.0, high=2.0), score_of("team", "t"), score_of("territory", "x"))
    for family in text_string_to_metric_families(Exporter(view).render().decode()):
        spec = declared[family.name]
        assert (family.documentation, family.type) == (spec.help, spec.kind)
        assert all(tuple(sample.labels) == spec.labels for sample in family.samples)


def test_names_restrict_what_is_rendered():
    view = PublishedWorker(score_of("rep", "r-1"), score_of("team", "t-1"))
    Counter("upscore_records", "Records.", registry=view.registry)
    Counter("upscore_gap_records", "Gaps.", registry=view.registry)
    exporter = Exporter(view)
    assert names(exporter.render(["sales_team_score_points"])) == {"sales_team_score_points"}
    wanted = {"sales_rep_score_points", "upscore_records_total"}
    assert names(exporter.render(wanted)) == wanted
    assert exporter.render(["no_such_metric"]) == b""
    assert names(exporter.render([])) == names(exporter.render(None))


def test_series_of_subjects_are_counted_whatever_is_asked_for():
    view = PublishedWorker(score_of("rep", "r-1"), score_of("rep", "r-2"), score_of("company", "company"))
    exporter = Exporter(view)
    everything = samples(exporter.render())
    of_subjects = [key for key in everything if key[0].startswith("sales_")]
    assert everything["upscore_series", ()] == len(of_subjects) > 0
    assert samples(exporter.render(["upscore_series"])) == {("upscore_series", ()): len(of_subjects)}


def test_changed_scores_moved_reps_and_lost_subjects_show_at_the_next_rendering():
    first = score_of("rep", "r-1", team_id="t-1", score=10.0)
    view = PublishedWorker(first, score_of("rep", "r-2", team_id="t-1"))
    exporter = Exporter(view)
    exporter.render()
    view.publish({**first, "team_id": "t-2", "score": 20.0})
    scores = {key: value for key, value in samples(exporter.render()).items() if key[0] == "sales_rep_score_points"}
    assert scores == {("sales_rep_score_points", (("rep", "r-1"), ("team", "t-2"))): 20.0}
    view.publish()
    assert names(exporter.render()) == {"upscore_series", "upscore_series_limit", "upscore_scrape_seconds"}


def test_an_unchanged_score_renders_to_the_same_bytes():
    view = PublishedWorker(score_of("rep", "r-1"), score_of("team", "t-1"))
    exporter, wanted = Exporter(view), {spec.name for spec in METRICS} - {"upscore_scrape_seconds"}
    assert exporter.render(wanted) == exporter.render(wanted) == Exporter(view).render(wanted)


def test_threads_may_render_while_scores_change():
    view = PublishedWorker(score_of("rep", "r-1", score=1.0))
    exporter = Exporter(view)
    values: list[float] = []
    failures: list[BaseException] = []

    def render() -> None:
        try:
            for _ in range(100):
                values.extend(samples(exporter.render(["sales_rep_score_points"])).values())
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=render) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(200):
        view.publish(score_of("rep", "r-1", score=float(number % 2)))
    for thread in threads:
        thread.join()
    assert not failures
    assert set(values) <= {0.0, 1.0}
    assert len(values) == 400


def test_figures_are_those_of_the_json_to_the_last_digit():
    score = score_of("rep", "r-1", score=1 / 3, low=1e-7, high=99.99999999999999)
    found = samples(Exporter(PublishedWorker(json.loads(json.dumps(score)))).render())
    labels = (("rep", "r-1"), ("team", "unassigned"))
    assert found["sales_rep_score_points", labels] == 1 / 3
    assert found["sales_rep_score_points_low", labels] == 1e-7
    assert found["sales_rep_score_points_high", labels] == 99.99999999999999


def test_a_silent_worker_shows_no_subject_and_nothing_that_counts_records_a_second_time() -> None:
    view = PublishedWorker(score_of("rep", "r-1"))
    view.registry = (program := ProgramMetrics()).registry
    program.speaking_partitions.labels(2).set(0)
    program.show_silent_lag(2, {EVENTS: 7})
    view.silent_because = "generation 2 is silent"
    text = Exporter(view).render().decode()
    shown = {family.name for family in text_string_to_metric_families(text)}
    assert shown == {spec.name.removesuffix("_total") for spec in metrics.OF_SILENT}
    assert f'upscore_silent_lag_records{{generation="2",topic="{EVENTS}"}} 7.0' in text
    assert Exporter(view).render([metrics.READY.name, metrics.REP_SCORE.name]) == b""
    view.silent_because = None
    assert b"sales_rep_score_points{" in Exporter(view).render()
