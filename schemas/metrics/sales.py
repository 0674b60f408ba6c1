"""What the business reads: scores, their metrics and pillars, and drops. A worker exports the subjects that it owns."""

from __future__ import annotations

from typing import Final

from schemas.metrics.spec import MetricSpec, gauge

REP_SCORE: Final = gauge(
    "sales_rep_score_points",
    "points",
    "Score of a rep, 0..100; absent while the evidence is insufficient.",
    "rep",
    "team",
)
REP_SCORE_LOW: Final = gauge(
    "sales_rep_score_points_low", "points", "Lower end of the 80 % interval of the score of a rep.", "rep", "team"
)
REP_SCORE_HIGH: Final = gauge(
    "sales_rep_score_points_high", "points", "Upper end of the 80 % interval of the score of a rep.", "rep", "team"
)
TEAM_SCORE: Final = gauge(
    "sales_team_score_points", "points", "Score of a team, 0..100; absent while the evidence is insufficient.", "team"
)
TEAM_SCORE_LOW: Final = gauge(
    "sales_team_score_points_low", "points", "Lower end of the 80 % interval of the score of a team.", "team"
)
TEAM_SCORE_HIGH: Final = gauge(
    "sales_team_score_points_high", "points", "Upper end of the 80 % interval of the score of a team.", "team"
)
TERRITORY_SCORE: Final = gauge(
    "sales_territory_score_points",
    "points",
    "Score of a territory, 0..100; absent while the evidence is insufficient.",
    "territory",
)
TERRITORY_SCORE_LOW: Final = gauge(
    "sales_territory_score_points_low",
    "points",
    "Lower end of the 80 % interval of the score of a territory.",
    "territory",
)
TERRITORY_SCORE_HIGH: Final = gauge(
    "sales_territory_score_points_high",
    "points",
    "Upper end of the 80 % interval of the score of a territory.",
    "territory",
)
COMPANY_SCORE: Final = gauge(
    "sales_company_score_points", "points", "Score of the company, 0..100; absent while the evidence is insufficient."
)
COMPANY_SCORE_LOW: Final = gauge(
    "sales_company_score_points_low", "points", "Lower end of the 80 % interval of the score of the company."
)
COMPANY_SCORE_HIGH: Final = gauge(
    "sales_company_score_points_high", "points", "Upper end of the 80 % interval of the score of the company."
)
REP_METRIC: Final = gauge(
    "sales_rep_metric",
    "mixed",
    "Raw value of a metric of a rep over a window, in the metric's own unit.",
    "rep",
    "team",
    "metric",
    "window",
)
REP_PILLAR: Final = gauge(
    "sales_rep_pillar_ratio", "ratio", "A pillar of a rep's score, 0..1.", "rep", "team", "pillar"
)
TEAM_METRIC: Final = gauge(
    "sales_team_metric",
    "mixed",
    "Raw value of a metric of a team over a window, in the metric's own unit.",
    "team",
    "metric",
    "window",
)
TEAM_PILLAR: Final = gauge("sales_team_pillar_ratio", "ratio", "A pillar of a team's score, 0..1.", "team", "pillar")
COMPANY_METRIC: Final = gauge(
    "sales_company_metric",
    "mixed",
    "Raw value of a metric of the company over a window, in the metric's own unit.",
    "metric",
    "window",
)
COMPANY_PILLAR: Final = gauge("sales_company_pillar_ratio", "ratio", "A pillar of the company's score, 0..1.", "pillar")
REP_INFO: Final = gauge(
    "sales_rep_info", "info", "1, with the rep's team and territory in the labels.", "rep", "team", "territory"
)
REP_DROPPED: Final = gauge(
    "sales_rep_dropped_points",
    "points",
    "Points a rep's score has lost in a drop that is open, by what lost most (pillar/metric); absent where there is none.",
    "rep",
    "team",
    "cause",
)
TEAM_DROPPED: Final = gauge(
    "sales_team_dropped_points",
    "points",
    "Points a team's score has lost in a drop that is open, by what lost most (pillar/metric); absent where there is none.",
    "team",
    "cause",
)
TERRITORY_DROPPED: Final = gauge(
    "sales_territory_dropped_points",
    "points",
    "Points a territory's score has lost in a drop that is open, by what lost most (pillar/metric); absent where there is none.",
    "territory",
    "cause",
)
COMPANY_DROPPED: Final = gauge(
    "sales_company_dropped_points",
    "points",
    "Points the company's score has lost in a drop that is open, by what lost most (pillar/metric); absent where there is none.",
    "cause",
)

SALES: Final[tuple[MetricSpec, ...]] = (
    REP_SCORE,
    REP_SCORE_LOW,
    REP_SCORE_HIGH,
    TEAM_SCORE,
    TEAM_SCORE_LOW,
    TEAM_SCORE_HIGH,
    TERRITORY_SCORE,
    TERRITORY_SCORE_LOW,
    TERRITORY_SCORE_HIGH,
    COMPANY_SCORE,
    COMPANY_SCORE_LOW,
    COMPANY_SCORE_HIGH,
    REP_METRIC,
    REP_PILLAR,
    TEAM_METRIC,
    TEAM_PILLAR,
    COMPANY_METRIC,
    COMPANY_PILLAR,
    REP_INFO,
    REP_DROPPED,
    TEAM_DROPPED,
    TERRITORY_DROPPED,
    COMPANY_DROPPED,
)
