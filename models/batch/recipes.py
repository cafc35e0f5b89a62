"""The portfolio of batch models: pipelines by name, and what may be varied of each.

All of them are plain scikit-learn, so that an export opens without Freshet, and of types that the registry allows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor, VotingClassifier
from sklearn.linear_model import LogisticRegression, SGDRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

from models.batch.columns import Columns

__all__ = ["RECIPES", "Parameters", "Recipe", "boosted_classifier"]

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


def _logistic(columns: Columns, seed: int, parameters: Parameters) -> Pipeline:
    model = LogisticRegression(max_iter=300, random_state=seed, **parameters)
    return Pipeline([("columns", _scaled(columns, _clipped)), ("model", model)])


def boosted_classifier(columns: Columns, seed: int, parameters: Parameters) -> Pipeline:
    """Histogram gradient boosting on columns as they are."""
    # Rows held out at random for early stopping would share sessions with those that are fitted.
    model = HistGradientBoostingClassifier(early_stopping=False, random_state=seed, **parameters)
    return Pipeline([("columns", _as_they_are(columns)), ("model", model)])


def _averaged(columns: Columns, seed: int, parameters: Parameters) -> Pipeline:
    """What a line misses trees find, and where trees jump between few rows the line holds them back."""
    trees = {name: value for name, value in parameters.items() if name != "C"}
    both = [
        ("logistic", _logistic(columns, seed, {"C": parameters["C"]})),
        ("trees", boosted_classifier(columns, seed, trees)),
    ]
    return Pipeline([("model", VotingClassifier(both, voting="soft"))])


def _boosted_regressor(columns: Columns, seed: int, parameters: Parameters) -> Pipeline:
    model = HistGradientBoostingRegressor(
        loss="absolute_error", early_stopping=False, random_state=seed, **parameters
    )
    return Pipeline([("columns", _as_they_are(columns)), ("model", model)])


def _linear(columns: Columns, seed: int, parameters: Parameters) -> Pipeline:
    # Most simulated carts don't grow at all: the scale that HuberRegressor estimates then falls to 0.
    model = SGDRegressor(loss="huber", tol=None, average=True, random_state=seed, **parameters)
    return Pipeline([("columns", _scaled(columns)), ("model", model)])


_INVERSE_PENALTIES: Final[Sequence[Any]] = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
_TREES: Final[dict[str, Sequence[Any]]] = {
    "max_iter": (100, 150, 250),
    "learning_rate": (0.03, 0.05, 0.08, 0.12),
    "max_leaf_nodes": (4, 7, 15, 31),
    "min_samples_leaf": (20, 60, 200),
    "l2_regularization": (0.0, 1.0, 10.0),
    "max_features": (0.3, 0.6, 1.0),
}
_TREES_FIRST: Final = {
    "max_iter": 150,
    "learning_rate": 0.05,
    "max_leaf_nodes": 15,
    "min_samples_leaf": 60,
    "l2_regularization": 1.0,
    "max_features": 0.6,
}

RECIPES: Final[Mapping[str, Mapping[str, Recipe]]] = MappingProxyType(
    {
        task: MappingProxyType({recipe.name: recipe for recipe in recipes})
        for task, recipes in {
            "conversion": (
                Recipe(
                    "boosted-trees",
                    "histogram gradient boosting on log loss, calibrated by a sigmoid",
                    boosted_classifier,
                    _TREES_FIRST,
                    _TREES,
                    is_calibrated=True,
                ),
                Recipe(
                    "batch-logistic",
                    "logistic regression on features scaled and held to the range of the training data",
                    _logistic,
                    {"C": 0.003},
                    {"C": _INVERSE_PENALTIES},
                ),
                Recipe(
                    "averaged",
                    "mean of the probabilities of a logistic regression and of boosted trees",
                    _averaged,
                    {"C": 0.003, **_TREES_FIRST, "max_leaf_nodes": 7},
                    {"C": _INVERSE_PENALTIES, **_TREES},
                ),
            ),
            "basket": (
                Recipe(
                    "boosted-trees",
                    "histogram gradient boosting on the absolute error of the log of how much the cart still grows",
                    _boosted_regressor,
                    _TREES_FIRST,
                    _TREES,
                ),
                Recipe(
                    "batch-linear",
                    "linear regression by Huber's loss on the log of how much the cart still grows",
                    _linear,
                    {"epsilon": 0.05, "alpha": 1e-5, "eta0": 0.003, "max_iter": 20},
                    {
                        "epsilon": (0.02, 0.05, 0.1, 0.3),
                        "alpha": (1e-6, 1e-5, 1e-4, 1e-3),
                        "eta0": (0.001, 0.003, 0.01),
                        "max_iter": (10, 20, 40),
                    },
                ),
            ),
        }.items()
    }
)
"""By task and name, in the order in which they are tried."""
