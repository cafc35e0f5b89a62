"""A stored model is verified before it is read, and answers as it did when it was made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from contracts.errors import ArtefactRefused
from models.losses import CLIP
from models.registry import BatchModel, libraries, open_model
from tests.unit.models.registry.made import bomb, fitted, rows, version_of


@pytest.mark.parametrize("kind", ["trees", "logistic", "averaged", "amount"])
def test_a_genuine_model_answers_a_matrix_as_it_answers_row_by_row(kind: str):
    version, payload = version_of(kind)
    model = open_model(version, payload, lambda: True)
    whole = model.answer(rows())
    assert whole.shape == (300,)
    assert np.allclose(whole, [model.answer(row[None])[0] for row in rows()], rtol=1e-12)
    assert model.features == version.signature.features
    assert model.answer(np.empty((0, 3))).shape == (0,)


def test_what_is_not_genuine_is_not_even_looked_at(tmp_path: Path):
    target = tmp_path / "made by a pickle"
    version, _ = version_of()
    with pytest.raises(ArtefactRefused, match="key signed") as caught:
        open_model(version, bomb(target), lambda: False)
    assert caught.value.reason == "not-genuine"
    with pytest.raises(ArtefactRefused, match="never read"):
        open_model(version, bomb(target), lambda: True)
    assert not target.exists()


@pytest.mark.parametrize("name", ["python", "scikit-learn", "numpy", "skops"])
def test_other_versions_are_refused_naming_both(name: str):
    version, payload = version_of(libraries=libraries() | {name: "0.1"})
    with pytest.raises(ArtefactRefused) as caught:
        open_model(version, payload, lambda: True)
    assert caught.value.reason == "other-versions"
    assert f"{name} 0.1 (here: {libraries()[name]})" in str(caught.value)


def test_a_version_that_nobody_noted_is_refused():
    version, payload = version_of(libraries={})
    with pytest.raises(ArtefactRefused, match="skops of no known version"):
        open_model(version, payload, lambda: True)


def test_another_model_in_its_place_is_found_out_by_the_examples():
    version, _ = version_of("trees")
    _, other = version_of("logistic")
    with pytest.raises(ArtefactRefused, match="must answer its examples") as caught:
        open_model(version, other, lambda: True)
    assert caught.value.reason == "broken"


def test_what_is_no_model_at_all_is_refused():
    version, _ = version_of("trees")
    _, regression = version_of("amount")
    with pytest.raises(ArtefactRefused, match="can't answer: AttributeError"):
        open_model(version, regression, lambda: True)


def test_amounts_are_never_below_the_base_nor_far_above_what_was_seen():
    version, _ = version_of("amount")
    x = rows()
    for most in (0.5, 0.01):
        given = BatchModel(replace(version.signature, most=most), fitted("amount")).answer(x)
        assert ((given >= x[:, 0]) & (given <= x[:, 0] + most)).all()


def test_probabilities_stay_off_0_and_1():
    class Sure:
        def predict_proba(self, x):
            return np.column_stack([np.zeros(len(x)), np.ones(len(x))])

    version, _ = version_of("trees")
    assert BatchModel(version.signature, Sure()).answer(rows(2)).tolist() == [1.0 - CLIP] * 2


@pytest.mark.parametrize("shape", [(3,), (2, 4), (1, 2, 3)])
def test_a_matrix_of_another_shape_is_a_mistake(shape):
    version, _ = version_of("trees")
    with pytest.raises(ValueError, match="must have 3 columns"):
        BatchModel(version.signature, fitted("trees")).answer(np.zeros(shape))


def test_an_amount_without_a_base_is_the_estimators_own_word_and_not_below_0():
    version, _ = version_of("amount")
    given = BatchModel(replace(version.signature, base=None), fitted("amount")).answer(rows())
    assert np.array_equal(given, np.maximum(fitted("amount").predict(rows()), 0.0))


def test_a_classifier_of_other_classes_than_0_and_1_is_refused():
    class Turned:
        classes_ = np.array([1, 2])

    version, payload = version_of("logistic")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.registry.batch_model.load", lambda payload: Turned())
        with pytest.raises(ArtefactRefused, match=r"must know classes 0 and 1\. Got"):
            open_model(version, payload, lambda: True)
