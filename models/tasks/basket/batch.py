"""How batch models of the basket task are trained."""

from __future__ import annotations

from typing import Final

from models.batch.recipes import TREES, TREES_FIRST, Recipe, boosted_regressor, linear
from models.batch.target import Target
from models.batch.training import BatchTraining
from models.tasks.basket.features import AMOUNTS

__all__ = ["BATCH"]

BATCH: Final = BatchTraining(
    recipes=(
        Recipe(
            "boosted-trees",
            "histogram gradient boosting on the absolute error of the log of how much the cart still grows",
            boosted_regressor,
            TREES_FIRST,
            TREES,
        ),
        Recipe(
            "batch-linear",
            "linear regression by Huber's loss on the log of how much the cart still grows",
            linear,
            {"epsilon": 0.05, "alpha": 1e-5, "eta0": 0.003, "max_iter": 20},
            {
                "epsilon": (0.02, 0.05, 0.1, 0.3),
                "alpha": (1e-6, 1e-5, 1e-4, 1e-3),
                "eta0": (0.001, 0.003, 0.01),
                "max_iter": (10, 20, 40),
            },
        ),
    ),
    target=Target(base=AMOUNTS[0], weigh_by=(AMOUNTS[0], AMOUNTS[1])),
    left_out=AMOUNTS,
)
