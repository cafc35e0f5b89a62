"""Labels surprise where answers are wrong, and not where they are merely unsure."""

from __future__ import annotations

import random

from models.online.surprise import Surprise


def on_after(truth_of: dict[float, float], visits: int, seed: int = 0) -> list[bool]:
    """Answers and what comes of them: visits of three equal answers with one label."""
    rng = random.Random(seed)
    surprise, seen = Surprise(memory_visits=300), []
    for _ in range(visits):
        answer = rng.choice(list(truth_of))
        surprise.add([answer] * 3, float(rng.random() < truth_of[answer]))
        seen.append(surprise.is_on)
    return seen


def test_answers_that_come_true_as_often_as_they_say_do_not_surprise() -> None:
    seen = [on for seed in range(5) for on in on_after({0.05: 0.05, 0.5: 0.5, 0.8: 0.8}, 4_000, seed)]
    assert sum(seen) / len(seen) < 0.03


def test_answers_that_are_too_sure_surprise_before_long_and_go_on_to() -> None:
    seen = on_after({0.05: 0.25, 0.8: 0.5}, 2_000)
    assert seen.index(True) < 300
    assert all(seen[500:])


def test_a_label_that_was_thought_impossible_is_one_surprise_among_many() -> None:
    surprise = Surprise(memory_visits=300)
    surprise.add([0.0], 1.0)
    assert not surprise.is_on
