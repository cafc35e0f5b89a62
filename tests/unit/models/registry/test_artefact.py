"""An artefact comes back as it was, and what is none is refused without running any of it."""

from __future__ import annotations

import copy
import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeClassifier

from contracts.errors import ArtefactRefused
from models.registry import dump, load
from tests.unit.models.registry.made import bomb, fitted, rows, with_first_class, with_schema


@pytest.mark.parametrize(
    ("kind", "ask"),
    [
        ("trees", "predict_proba"),
        ("logistic", "predict_proba"),
        ("averaged", "predict_proba"),
        ("amount", "predict"),
    ],
)
def test_what_was_dumped_answers_the_same_to_the_last_bit(kind: str, ask: str):
    back = load(dump(fitted(kind)))
    assert np.array_equal(getattr(back, ask)(rows()), getattr(fitted(kind), ask)(rows()))


@pytest.mark.parametrize("estimator", [KNeighborsClassifier(algorithm="kd_tree"), DecisionTreeClassifier()])
def test_compiled_classes_that_take_their_memory_from_the_file_are_not_even_written(estimator):
    x = rows()
    with pytest.raises(ArtefactRefused, match="known types only") as caught:
        dump(estimator.fit(x, x[:, 0] > 1.0))
    assert caught.value.reason == "unknown-type"


def test_a_pickle_in_its_place_is_refused_and_not_run(tmp_path: Path):
    target = tmp_path / "made by a pickle"
    payload = bomb(target)
    pickle.loads(payload)
    assert target.exists(), "the pickle must be a live one"
    target.unlink()
    with pytest.raises(ArtefactRefused, match="never read") as caught:
        load(payload)
    assert caught.value.reason == "not-skops"
    assert not target.exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [("os", "system"), ("posix", "system"), ("subprocess", "Popen"), ("models.portfolio", "Portfolio")],
)  # fmt: skip
def test_a_type_that_is_not_on_the_list_is_named_and_refused(module: str, name: str):
    with pytest.raises(ArtefactRefused, match=f"{module}.{name}") as caught:
        load(with_first_class(dump(fitted("logistic")), module, name))
    assert caught.value.reason == "unknown-type"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"protocol": ', '"protocol": 99'),
        lambda text: text[:-20],
        lambda text: "[]",
        lambda text: text.replace("NdArrayNode", "NoSuchNode"),
    ],
)
def test_an_archive_that_is_not_whole_is_broken(change):
    with pytest.raises(ArtefactRefused) as caught:
        load(with_schema(dump(fitted("logistic")), change))
    assert caught.value.reason == "broken"


def test_an_archive_of_something_else_is_no_artefact():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("letter.txt", "dear all")
    with pytest.raises(ArtefactRefused, match=r"without schema\.json") as caught:
        load(packed.getvalue())
    assert caught.value.reason == "not-skops"


def test_an_archive_that_unpacks_to_more_than_an_artefact_may_is_not_unpacked(monkeypatch):
    monkeypatch.setattr("models.registry.artefact.MOST_BYTES", 1_000)
    with pytest.raises(ArtefactRefused, match="within 1,000 bytes"):
        load(dump(fitted("logistic")))


@pytest.mark.parametrize(
    ("field", "value"),
    [("left", 2**31), ("right", 0), ("feature_idx", 3), ("feature_idx", -1), ("value", np.nan), ("is_categorical", 1)],
)  # fmt: skip
def test_a_tree_that_leads_out_of_its_array_or_in_circles_is_refused(field: str, value: float):
    crafted = copy.deepcopy(fitted("amount"))
    crafted[-1]._predictors[0][0].nodes[field][0] = value
    with pytest.raises(ArtefactRefused, match="A tree must lead") as caught:
        load(dump(crafted))
    assert caught.value.reason == "broken"


def _as_objects(parts: list[Any]) -> np.ndarray:
    packed = np.empty(len(parts), dtype=object)
    packed[:] = parts
    return packed


@pytest.mark.parametrize("hidden_in", [list, tuple, _as_objects])
def test_a_tree_is_found_wherever_scikit_learn_would_find_it(hidden_in: Callable[[list[Any]], Any]):
    crafted = copy.deepcopy(fitted("averaged"))
    voting = crafted[-1]
    voting.estimators_[1]._predictors[0][0].nodes["left"][0] = 2**31
    del voting.named_estimators_
    voting.estimators_ = hidden_in(voting.estimators_)
    with pytest.raises(ArtefactRefused, match="A tree must lead"):
        load(dump(crafted))

    crafted = copy.deepcopy(fitted("amount"))
    forest = crafted[-1]
    forest._predictors[0][0].nodes["left"][0] = 2**31
    forest._predictors = hidden_in([hidden_in(trees) for trees in forest._predictors])
    with pytest.raises(ArtefactRefused, match="A tree must lead"):
        load(dump(crafted))


def test_a_forest_that_does_not_say_how_many_columns_it_takes_is_refused():
    crafted = copy.deepcopy(fitted("amount"))
    del crafted[-1].n_features_in_
    with pytest.raises(ArtefactRefused, match="by features that there are"):
        load(dump(crafted))


def _binned_elsewhere(forest: Any) -> None:
    forest._preprocessor = FunctionTransformer()


def _as_in_training(forest: Any) -> None:
    forest._in_fit = True


def _without_its_check(forest: Any) -> None:
    forest._preprocess_X = FunctionTransformer()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_binned_elsewhere, "take its matrix as it comes"),
        (_as_in_training, "take its matrix as it comes"),
        (_without_its_check, "in place of a method"),
    ],
)
def test_a_forest_whose_matrix_nobody_would_hold_to_its_columns_is_refused(
    change: Callable[[Any], None], said: str
):
    crafted = copy.deepcopy(fitted("amount"))
    change(crafted[-1])
    with pytest.raises(ArtefactRefused, match=said) as caught:
        load(dump(crafted))
    assert caught.value.reason == "broken"


def test_what_takes_its_bounds_from_the_file_is_refused():
    with pytest.raises(ArtefactRefused, match=r"what answers by NumPy.* Got sklearn\.svm") as caught:
        load(dump(SVR().fit(rows(), rows()[:, 0])))
    assert caught.value.reason == "unknown-type"


def test_an_archive_of_a_future_kind_is_refused_too():
    payload = bytearray(dump(fitted("logistic")))
    entry = payload.index(b"PK\x01\x02")  # of the directory
    payload[entry + 6] = 99  # the version that is needed to extract it
    with pytest.raises(ArtefactRefused, match=r"zip file version 9\.9"):
        load(bytes(payload))
