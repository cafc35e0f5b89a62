"""What is compared since an activation: the same questions, the best first, and shares as the board has them."""

from __future__ import annotations

import pytest

from benchmarks.champion import compared, main
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


def test_who_came_later_was_retired_or_broke_is_not_compared() -> None:
    outcomes = []
    for n in range(40):
        answers: dict[str, float | None] = {
            "champion@1": 0.3,
            "online": 0.25,
            "broke": 0.2 if n < 30 else None,
        }
        if n < 20:
            answers["retired@1"] = 0.4
        if n > 10:
            answers["later@2"] = 0.4
        outcomes.append(outcome(n, float(n % 8 < 2), answers))
    bayes = {(o.partition, o.event_id): 0.7 if o.label else 0.1 for o in outcomes}
    assert {line.model for line in compared(outcomes, bayes, "champion@1")} == {"champion@1", "online"}


def test_where_there_is_nothing_to_compare_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["champion"])
    monkeypatch.setenv("FRESHET_BOOTSTRAP", "nowhere")
    assert main() == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("FRESHET_BOOTSTRAP (environment) must ")
