from __future__ import annotations

import random

import numpy as np
import pytest

from models.online.recursive_median import RecursiveMedianRegression


def fed(model: RecursiveMedianRegression, labels: int, noise: float = 0.0) -> RecursiveMedianRegression:
    rng = random.Random(7)
    for _ in range(labels):
        x = {"a": rng.uniform(-1, 1), "b": rng.uniform(-1, 1)}
        # One label in five is far off, always to the same side: the mean is drawn there, the median hardly.
        far = 50.0 if rng.random() < 0.2 else 0.0
        model.learn_one(x, 3.0 * x["a"] - 2.0 * x["b"] + 1.0 + noise * far)
    return model


def test_it_finds_the_line() -> None:
    model = fed(RecursiveMedianRegression(ridge=1e-6), 2_000)
    assert model.predict_one({"a": 1.0, "b": 0.0}) == pytest.approx(4.0, abs=0.01)
    assert model.predict_one({"a": 0.0, "b": 1.0}) == pytest.approx(-1.0, abs=0.01)


def test_it_aims_at_the_median_not_the_mean() -> None:
    model = fed(RecursiveMedianRegression(ridge=1e-6), 20_000, noise=1.0)
    assert model.predict_one({"a": 0.0, "b": 0.0}) == pytest.approx(1.0, abs=0.4)


def test_where_labels_are_nearly_certain_it_is_narrow_and_keeps_to_the_median() -> None:
    def answer(scale: float) -> float:
        rng, model = random.Random(5), RecursiveMedianRegression(0.999, ridge=1e-9, width=0.25)
        for _ in range(4_000):
            model.learn_one({"a": 1.0}, scale * rng.expovariate(1.0))
        return model.predict_one({"a": 1.0}) / scale

    # The median is at 0.69, the mean at 1: one width for all is at the mean where labels are small.
    assert answer(1.0) == pytest.approx(0.69, abs=0.1)
    assert answer(0.1) == pytest.approx(0.69, abs=0.1)


def test_its_solution_is_that_of_the_normal_equations() -> None:
    rng = random.Random(3)
    model = RecursiveMedianRegression(forgetting=1.0, ridge=0.5, width=1e9, every=40)
    rows, labels = [], []
    for _ in range(40):
        x = {name: rng.gauss(0.0, 1.0) for name in "abcdefgh"}
        rows.append([*x.values(), 1.0])
        labels.append(rng.gauss(0.0, 1.0))
        model.learn_one(x, labels[-1])
    matrix = np.array(rows)
    expected = np.linalg.solve(matrix.T @ matrix + 0.5 * np.eye(9), matrix.T @ np.array(labels))
    assert [
        model.predict_one(dict.fromkeys("abcdefgh", 0.0) | {name: 1.0}) for name in "abcdefgh"
    ] == pytest.approx(list(expected[:8] + expected[8]))


def test_weights_count_like_repetitions() -> None:
    twice, once = (
        RecursiveMedianRegression(forgetting=1.0, width=1e9, every=6),
        RecursiveMedianRegression(forgetting=1.0, width=1e9, every=3),
    )
    for y in (1.0, 2.0, 4.0):
        once.learn_one({"a": y}, y, w=2.0)
        for _ in range(2):
            twice.learn_one({"a": y}, y)
    assert once.predict_one({"a": 3.0}) == pytest.approx(twice.predict_one({"a": 3.0}))
    assert once.predict_one({"a": 3.0}) != 0.0


def test_features_that_no_longer_move_do_it_no_harm_however_long() -> None:
    # A covariance that fades without a ridge grows without bound here.
    model = fed(RecursiveMedianRegression(forgetting=0.99, ridge=0.3), 500)
    for _ in range(20_000):
        model.learn_one({"a": 0.0, "b": 0.0}, 1.0)
    assert model.predict_one({"a": 0.0, "b": 0.0}) == pytest.approx(1.0, abs=0.05)
    assert abs(model.predict_one({"a": 1.0, "b": 1.0})) < 5.0


def test_it_answers_zero_before_the_first_solution_and_takes_names_it_knows() -> None:
    model = RecursiveMedianRegression(every=2)
    model.learn_one({"a": 1.0}, 5.0)
    assert model.predict_one({"a": 1.0}) == 0.0
    model.learn_one({"a": 1.0}, 5.0)
    assert model.predict_one({"new": 9.0, "a": 1.0}) == model.predict_one({"a": 1.0}) != 0.0
