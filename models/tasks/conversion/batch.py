"""How batch models of the conversion task are trained."""

from __future__ import annotations

from typing import Final

from models.batch.recipes import (
    INVERSE_PENALTIES,
    TREES,
    TREES_FIRST,
    Recipe,
    averaged,
    boosted_classifier,
    logistic,
)
from models.batch.training import BatchTraining

__all__ = ["BATCH"]

BATCH: Final = BatchTraining(
    recipes=(
        Recipe(
            "boosted-trees",
            "histogram gradient boosting on log loss, calibrated by a sigmoid",
            boosted_classifier,
            TREES_FIRST,
            TREES,
            is_calibrated=True,
        ),
        Recipe(
            "batch-logistic",
            "logistic regression on features scaled and held to the range of the training data",
            logistic,
            {"C": 0.003},
            {"C": INVERSE_PENALTIES},
        ),
        Recipe(
            "averaged",
            "mean of the probabilities of a logistic regression and of boosted trees",
            averaged,
            {"C": 0.003, **TREES_FIRST, "max_leaf_nodes": 7},
            {"C": INVERSE_PENALTIES, **TREES},
        ),
    )
)
