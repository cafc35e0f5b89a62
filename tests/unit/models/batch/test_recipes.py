"""What the recipes do where the data are unlike those that they learnt from."""

from __future__ import annotations

import numpy as np

from models.batch import training_of
from models.batch.columns import Columns
from models.tasks import TASKS


def test_a_logistic_model_does_not_go_on_beyond_what_it_has_seen() -> None:
    random = np.random.default_rng(0)
    seen = random.uniform(0.9, 1.0, size=(500, 1))  # the cosine of the hour, on one morning
    label = random.random(500) < 10.0 * (seen[:, 0] - 0.9)
    recipe = training_of(TASKS["conversion"]).by_name["batch-logistic"]
    model = recipe.make(Columns(("hour_cos",), numbers=(0,)), 0, {"C": 1.0}).fit(seen, label)
    at_night, lowest, highest = model.predict_proba([[-1.0], [seen.min()], [seen.max()]])[:, 1]
    assert at_night == lowest < highest
