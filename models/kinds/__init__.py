"""Kinds of tasks, one a file: how an answer is checked, what it loses, and how many of them are scored."""

from collections.abc import Mapping
from typing import Final

from models.kinds.bandit import Bandit
from models.kinds.classification import Classification
from models.kinds.clustering import Clustering
from models.kinds.kind import Kind, Metric, NoAnswer, Role, Scalar, Scores
from models.kinds.ranking import Ranking
from models.kinds.regression import Regression
from models.kinds.scored import Columns, Lines, ScoredLabel, decode_answers

__all__ = [
    "METRICS",
    "Bandit",
    "Classification",
    "Clustering",
    "Columns",
    "Kind",
    "Lines",
    "Metric",
    "NoAnswer",
    "Ranking",
    "Regression",
    "Role",
    "Scalar",
    "ScoredLabel",
    "Scores",
    "decode_answers",
]

METRICS: Final[Mapping[str, Metric]] = {
    metric.name: metric
    for kind in (Classification, Regression, Ranking, Clustering, Bandit)
    for metric in kind.metrics
}
"""The metrics of all kinds by name."""
