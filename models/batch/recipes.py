"""Recipes of batch models: pipelines, and what may be varied of them; a task chooses among these, or makes its own.

All of them are plain scikit-learn, so that an export opens without Freshet, and of types that the registry allows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor, VotingClassifier
from sklearn.linear_model import LogisticRegression, SGDRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

from models.batch.columns import Columns

__all__ = [
    "INVERSE_PENALTIES",
    "TREES",
    "TREES_FIRST",
    "Parameters",
    "Recipe",
    "averaged",
    "boosted_classifier",
    "boosted_regressor",
    "linear",
    "logistic",
]

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Recipe:
    """One kind of model.

    Parameters
    ----------
    name : str
        Under which it is registered.
    what : str
        In a few words, for the card.
    make : callable
        Of (columns, seed, parameters): an unfitted pipeline whose last step is called ``model``.
    defaults : mapping
        Parameters that are tried first.
    choices : mapping
        What each parameter may be instead.
    is_calibrated : bool
        Whether its probabilities are calibrated afterwards, by a sigmoid on rows it was not fitted to.
    """

    name: str
    what: str
    make: Callable[[Columns, int, Parameters], Pipeline]
    defaults: Parameters
    choices: Mapping[str, Sequence[Any]]
    is_calibrated: bool = False


def _clipped() -> Pipeline:
    """Scaled, and held to what was seen in training.

    A model of the morning's hours meets the night: there a line goes on, ten standard deviations outside of all data.
    """
    return Pipeline([("clip", MinMaxScaler(clip=True)), ("scale", StandardScaler())])


def _scaled(
    columns: Columns, scaler: Callable[[], StandardScaler | Pipeline] = StandardScaler
) -> ColumnTransformer:
    """For linear models."""
    amounts = Pipeline([("log", FunctionTransformer(np.log1p)), ("scale", scaler())])
    return ColumnTransformer(
        [
            ("numbers", scaler(), list(columns.numbers)),
            ("amounts", amounts, list(columns.amounts)),
            ("flags", "passthrough", list(columns.flags)),
        ],
        sparse_threshold=0.0,
    )


def _as_they_are(columns: Columns) -> ColumnTransformer:
    """For trees, which look at the order of values only."""
    places = sorted((*columns.numbers, *columns.amounts, *columns.flags))
    return ColumnTransformer([("all", "passthrough", places)], sparse_threshold=0.0)


def logistic(columns: Columns, seed: int, parameters: Parameters) -> Pipeline:
    """Logistic regression on columns scaled and held to the range of the training data."""
    model = LogisticRegression(max_iter=300, random_state=seed, **parameters)
    return Pipeline([("columns", _scaled(columns, _clipped)), ("model", model)])


def boosted_classifier(columns: Columns, seed: int, parameters: Parameters) -> Pipeline:
    """Histogram gradient boosting on columns as they are."""
    # Rows held out at random for early stopping would share sessions with those that are fitted.
    model = HistGradientBoostingClassifier(early_stopping=False, random_state=seed, **parameters)
    return Pipeline([("columns", _as_they_are(columns)), ("model", model)])


def averaged(columns: Columns, seed: int, parameters: Parameters) -> Pipeline:
    """Mean of `logistic` and `boosted_classifier`.

    What a line misses trees find, and where trees jump between few rows the line holds them back.
    """
    trees = {name: value for name, value in parameters.items() if name != "C"}
    both = [
        ("logistic", logistic(columns, seed, {"C": parameters["C"]})),
        ("trees", boosted_classifier(columns, seed, trees)),
    ]
    return Pipeline([("model", VotingClassifier(both, voting="soft"))])


def boosted_regressor(columns: Columns, seed: int, parameters: Parameters) -> Pipeline:
    """Histogram gradient boosting on the absolute error, on columns as they are."""
    model = HistGradientBoostingRegressor(
        loss="absolute_error", early_stopping=False, random_state=seed, **parameters
    )
    return Pipeline([("columns", _as_they_are(columns)), ("model", model)])


def linear(columns: Columns, seed: int, parameters: Parameters) -> Pipeline:
    """Linear regression by Huber's loss on scaled columns."""
    # Most simulated carts don't grow at all: the scale that HuberRegressor estimates then falls to 0.
    model = SGDRegressor(loss="huber", tol=None, average=True, random_state=seed, **parameters)
    return Pipeline([("columns", _scaled(columns)), ("model", model)])


INVERSE_PENALTIES: Final[Sequence[Any]] = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
TREES: Final[dict[str, Sequence[Any]]] = {
    "max_iter": (100, 150, 250),
    "learning_rate": (0.03, 0.05, 0.08, 0.12),
    "max_leaf_nodes": (4, 7, 15, 31),
    "min_samples_leaf": (20, 60, 200),
    "l2_regularization": (0.0, 1.0, 10.0),
    "max_features": (0.3, 0.6, 1.0),
}
TREES_FIRST: Final = {
    "max_iter": 150,
    "learning_rate": 0.05,
    "max_leaf_nodes": 15,
    "min_samples_leaf": 60,
    "l2_regularization": 1.0,
    "max_features": 0.6,
}
