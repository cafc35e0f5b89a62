"""What is compared since an activation: the same questions, the best first, and shares as the board has them."""

from __future__ import annotations

import pytest

from benchmarks.champion import compared
from contracts.records import Outcome


def outcome(number: int, label: float, answers: dict[str, float | None]) -> Outcome:
    return Outcome(
        task="conversion", partition=number % 2, offset=number, event_id=f"e{number}", user_id="u",
        session_id=f"s{number // 4}", time="2026-01-05T08:00:00.000Z", label=label, why="ended",
        settled_offset=number, settled_time="2026-01-05T08:00:00.000Z", answers=answers, losses={},
    )  # fmt: skip


def test_models_stand_beside_the_champion_and_the_oracle_on_the_same_questions() -> None:
    outcomes = [
        outcome(n, float(n % 8 < 2), {"online": 0.25, "champion@1": 0.6 if n % 8 < 2 else 0.2})
        for n in range(40)
    ]
    bayes = {(o.partition, o.event_id): 0.7 if o.label else 0.1 for o in outcomes}
    first, second = compared(outcomes, bayes, "champion@1")
    assert (first.model, second.model) == ("champion@1", "online")
    assert second.share == pytest.approx(0.0, abs=1e-9), "the mean of the labels knows nothing"
    assert first.share is not None and 0.5 < first.share < 1.0
    assert (first.difference, first.auc) == (0.0, 1.0)
    assert second.difference == pytest.approx(second.loss - first.loss)
    assert second.error > 0.0
