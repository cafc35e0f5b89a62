"""Centres that start in the first points and go along with what comes."""

from __future__ import annotations

import pickle
from random import Random

from models.online.mini_batch_kmeans import MiniBatchKMeans

PLACES = ((0.0, 0.0), (4.0, 0.0), (8.0, 1.0))


def points(count: int, shift: float = 0.0, seed: int = 1) -> list[tuple[int, dict[str, float]]]:
    rng = Random(seed)
    found = []
    for _ in range(count):
        group = rng.randrange(3)
        a, b = PLACES[group]
        found.append(
            (
                group,
                {"a": a + shift + rng.gauss(0.0, 0.3), "b": b + rng.gauss(0.0, 0.3), "c": rng.random() * 99},
            )
        )
    return found


def fed(model: MiniBatchKMeans, given: list[tuple[int, dict[str, float]]]) -> list[int]:
    answers = []
    for _, x in given:
        answers.append(int(model.predict_one(x)[0]))
        model.learn_unlabelled(x)
    return answers


def made() -> MiniBatchKMeans:
    return MiniBatchKMeans(3, {"a": 1.0, "b": 0.5}, batch=50, first=200, memory=200)


def test_groups_are_found_and_numbered_by_the_first_feature() -> None:
    given = points(1_000)
    answers = fed(made(), given)
    assert answers[:200] == [0] * 200
    assert answers[200:] == [group for group, _ in given[200:]]


def test_centres_follow_and_keep_their_numbers_when_all_shoppers_change_slowly() -> None:
    model = made()
    for step in range(40):
        given = points(200, shift=0.1 * step, seed=step)
        answers = fed(model, given)
    assert answers == [group for group, _ in given]
    assert abs(model.centres[0][0] - 3.9) < 0.4


def test_it_goes_on_to_the_last_bit_behind_a_snapshot_in_the_middle_of_a_batch() -> None:
    one = made()
    fed(one, points(333))
    other = pickle.loads(pickle.dumps(one))
    more = points(400, seed=2)
    assert fed(one, more) == fed(other, more)
    assert pickle.dumps(one.centres) == pickle.dumps(other.centres)


def test_its_state_does_not_grow() -> None:
    model = made()
    fed(model, points(1_000))
    size = len(pickle.dumps(model))
    fed(model, points(2_000, seed=3))
    assert abs(len(pickle.dumps(model)) - size) < 100


def test_a_feature_that_never_changes_says_nothing() -> None:
    model = MiniBatchKMeans(2, {"a": 1.0, "b": 1.0}, batch=10, first=20)
    for at in range(40):
        model.learn_unlabelled({"a": float(at % 2), "b": 3.0})
    assert [model.predict_one({"a": a, "b": 3.0}) for a in (0.0, 1.0)] == [(0.0, 0.0), (1.0, 0.0)]
