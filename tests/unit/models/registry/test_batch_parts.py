"""The parts of a batch model's answer add up to it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from models.registry import BatchModel, open_model
from models.registry.batch_parts import batch_explanation
from tests.unit.models.registry.made import rows, version_of


@pytest.mark.parametrize("kind", ["trees", "logistic", "averaged", "amount"])
def test_parts_add_up_to_the_answer(kind: str) -> None:
    version, payload = version_of(kind)
    model = open_model(version, payload, lambda: True)
    for row in rows()[:40]:
        x = dict(zip(model.features, row.tolist(), strict=True))
        said = batch_explanation(model, x)
        assert said is not None and said.parts
        assert said.answer == pytest.approx(model.answer(row[None])[0], abs=1e-4, rel=1e-6)


def test_an_estimator_of_another_kind_has_none() -> None:
    version, _ = version_of("trees")
    other = BatchModel(version.signature, DummyClassifier().fit(rows(), np.arange(300) % 2))
    assert batch_explanation(other, dict.fromkeys(other.features, 0.5)) is None
