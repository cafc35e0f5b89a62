"""What each feature adds to the answer of a batch model: terms of a line, steps on the paths through trees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, SGDRegressor
from sklearn.pipeline import Pipeline

from models.explanation import Explanation

if TYPE_CHECKING:
    from models.registry.batch_model import BatchModel

__all__ = ["batch_explanation"]

Floats = NDArray[np.float64]
Parts = dict[str, float]


def batch_explanation(model: BatchModel, x: dict[str, float]) -> Explanation | None:
    """What a batch model answers to one row, as a sum.

    Parameters
    ----------
    model : BatchModel
        Of a recipe of `models.batch.recipes`.
    x : dict of str to float
        What was seen.

    Returns
    -------
    Explanation or None
        Of linear models and trees by feature, of an average by its members; None for an estimator of another kind.

    References
    ----------
    A. Saabas, Interpreting random forests, 2014: a step on a path through a tree adds the mean of the rows below it
    less that of the rows above it, to the feature that is split on.
    """
    signature = model.signature
    row = np.array([x[name] for name in signature.features])
    try:
        start, parts, is_share = _word(model.estimator, row, signature.features)
    except _Unknown:
        return None
    if signature.answer == "probability":
        return Explanation(start, parts, "identity" if is_share else "logistic")
    if signature.base is None:
        return Explanation(start, parts)
    most = inf if signature.most is None else signature.most
    return Explanation(start, parts, "growth", onto=x[signature.base], most=most)


class _Unknown(Exception):  # noqa: N818 - a finding, not an error
    """No estimator of the recipes."""


def _word(estimator: Any, row: Floats, names: Sequence[str]) -> tuple[float, Parts, bool]:
    """Start and parts of what an estimator says, log odds for a class; whether it is a share instead."""
    if isinstance(estimator, FrozenEstimator):
        return _word(estimator.estimator, row, names)
    if isinstance(estimator, CalibratedClassifierCV) and len(estimator.calibrated_classifiers_) == 1:
        (one,) = estimator.calibrated_classifiers_
        sigmoid = one.calibrators[0]  # 1 / (1 + exp(a * log odds + b))
        start, parts, _ = _word(one.estimator, row, names)
        a, b = float(sigmoid.a_), float(sigmoid.b_)
        return -(a * start + b), {name: -a * part for name, part in parts.items()}, False
    if isinstance(estimator, Pipeline):
        *before, (_, last) = estimator.steps
        if not before:
            return _word(last, row, names)
        ((_, columns),) = before
        places = [place for _, _, chosen in columns.transformers_ for place in chosen]
        return _word(last, columns.transform(row[np.newaxis])[0], [names[place] for place in places])
    if isinstance(estimator, VotingClassifier):
        members = estimator.named_estimators_
        shares = {n: float(m.predict_proba(row[np.newaxis])[0, 1]) / len(members) for n, m in members.items()}
        return 0.0, shares, True
    if isinstance(estimator, LogisticRegression | SGDRegressor):
        terms = np.ravel(estimator.coef_) * row
        return float(np.ravel(estimator.intercept_)[0]), dict(zip(names, terms.tolist(), strict=True)), False
    if isinstance(estimator, HistGradientBoostingClassifier | HistGradientBoostingRegressor):
        return *_trees(estimator, row, names), False
    raise _Unknown


def _trees(estimator: Any, row: Floats, names: Sequence[str]) -> tuple[float, Parts]:
    # scikit-learn shows its trees nowhere else. Its version is locked, and a test holds the sum to the answer.
    start, parts = float(np.ravel(estimator._baseline_prediction)[0]), dict.fromkeys(names, 0.0)  # noqa: SLF001
    for (tree,) in estimator._predictors:  # noqa: SLF001
        means = _means(tree.nodes)
        start += means[0]
        for feature, step in _path(tree.nodes, means, row):
            parts[names[feature]] += step
    return start, parts


def _means(nodes: Any) -> list[float]:
    """Of each node, the mean of the leaves below it, each by its rows; nodes stand before those below them."""
    means = [float(node["value"]) for node in nodes]
    for place in reversed(range(len(nodes))):
        if not nodes[place]["is_leaf"]:
            left, right = int(nodes[place]["left"]), int(nodes[place]["right"])
            counts = float(nodes[left]["count"]), float(nodes[right]["count"])
            means[place] = (counts[0] * means[left] + counts[1] * means[right]) / sum(counts)
    return means


def _path(nodes: Any, means: list[float], row: Floats) -> Iterator[tuple[int, float]]:
    """Feature and change of the mean of each step down."""
    at = 0
    while not nodes[at]["is_leaf"]:
        feature = int(nodes[at]["feature_idx"])
        below = int(nodes[at]["left" if row[feature] <= nodes[at]["num_threshold"] else "right"])
        yield feature, means[below] - means[at]
        at = below
