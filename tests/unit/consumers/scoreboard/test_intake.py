"""Who is read on: truth and outcomes of a partition side by side."""

from __future__ import annotations

import pytest

from consumers.scoreboard.fold import State
from consumers.scoreboard.intake import held_back
from models.kinds import Lines, ScoredLabel


def state(*, truth_ms: int = 0, settled_ms: int = 0, truths: int = 0, labels: int = 0) -> State:
    waiting = {("conversion", f"u-{n}"): Lines(0, 0.5, 0.5, None) for n in range(truths)}
    unmatched = {
        ("conversion", f"v-{n}"): ScoredLabel("conversion", 3, n, settled_ms, 0, f"v-{n}", "s", 1.0, {})
        for n in range(labels)
    }
    return State(
        settled_ms={3: settled_ms}, truth_ms={3: truth_ms}, truths={3: waiting}, labels={3: unmatched}
    )


def unread() -> bool:
    return False


def read() -> bool:
    return True


@pytest.mark.parametrize(
    ("held", "truths", "expected"),
    [(None, 100, None), (None, 101, "truth"), ("truth", 51, "truth"), ("truth", 50, None)],
)
def test_truth_that_is_far_ahead_waits_until_half_of_it_is_used(held, truths, expected):
    found = held_back(state(truth_ms=9, settled_ms=5, truths=truths), 3, held, unread, truth_ahead=100)
    assert found == expected


def test_truth_that_is_behind_the_labels_is_read_on_however_much_waits():
    behind = state(truth_ms=5, settled_ms=5, truths=1_000)
    assert held_back(behind, 3, "truth", unread, truth_ahead=100) is None


def test_labels_whose_truth_is_still_to_be_read_wait_until_it_leads_again():
    ahead = state(truth_ms=5, settled_ms=9, labels=1)
    assert held_back(ahead, 3, None, unread, truth_ahead=100) == "outcomes"
    close = state(truth_ms=10, settled_ms=9, truths=19)
    assert held_back(close, 3, "outcomes", unread, truth_ahead=100) == "outcomes"
    assert held_back(close, 3, None, unread, truth_ahead=100) is None
    assert (
        held_back(state(truth_ms=10, settled_ms=9, truths=20), 3, "outcomes", unread, truth_ahead=100) is None
    )


def test_nothing_waits_for_truth_that_is_read_to_its_end():
    ahead = state(truth_ms=5, settled_ms=9, labels=1)
    assert held_back(ahead, 3, None, read) is None
    assert held_back(state(), 3, "outcomes", read) is None


def test_at_rest_nobody_asks_for_the_end_of_the_truth():
    def asked() -> bool:
        raise AssertionError

    assert held_back(state(truth_ms=9, settled_ms=9, truths=10), 3, None, asked) is None
    assert held_back(State(), 3, None, asked) is None
