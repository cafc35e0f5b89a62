"""Labels and truth in any order, counted once, with nothing that waits for ever."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from consumers.scoreboard.fold import Fold, State
from consumers.scoreboard.fold import Input as Record
from contracts.codec import encode, rfc3339
from contracts.labels import SILENCE_MS
from contracts.records import (
    DriftBegan,
    LateLabel,
    ModelQuarantined,
    Outcome,
    Prediction,
    TaskTruth,
    Truth,
)
from models.belief import Known, any_batch
from models.kinds import Clustering, ScoredLabel
from models.tasks import TASKS
from models.tasks.label_rules import Never

T0 = 1_767_600_000_000
MINUTE = 60_000
KNOWN = Known(any_batch, partitions=4)


def truth(n: int, *, at_ms: int = 0, partition: int = 0) -> Record:
    value = Truth(
        event_id=f"u-{n}",
        session_id=f"s-{n}",
        time=rfc3339(T0 + at_ms),
        clairvoyant=0.9,
        bayes=0.5 + n / 1000,
        intent="buy",
        persona="hunter",
    )
    return "truth", partition, n, encode(value)


def outcome(
    n: int,
    *,
    at_ms: int = 0,
    settled_ms: int | None = None,
    partition: int = 0,
    task: str = "conversion",
    label: float | None = 1.0,
) -> Record:
    value = Outcome(
        task=task,
        partition=partition,
        offset=n,
        event_id=f"u-{n}",
        user_id="ann",
        session_id=f"s-{n}",
        time=rfc3339(T0 + at_ms),
        label=label,
        why="order",
        settled_offset=n,
        settled_time=rfc3339(T0 + (at_ms if settled_ms is None else settled_ms)),
        answers={"logistic" if task == "conversion" else "linear": 0.7},
        losses={},
    )
    return "outcomes", partition, n, encode(value)


def folded(*batches: list[Record]) -> tuple[Fold, list[ScoredLabel]]:
    fold = Fold(State(), KNOWN)
    labels: list[ScoredLabel] = []
    for batch in batches:
        fold.take(batch)
        labels += fold.taken_changes().labels
    return fold, labels


def test_a_label_finds_the_truth_that_came_before_in_the_same_batch_or_an_earlier_one():
    for batches in ([[truth(1), outcome(1)]], [[truth(1)], [outcome(1)]]):
        fold, (label,) = folded(*batches)
        assert label.lines is not None
        assert label.lines.bayes == 0.501
        assert fold.state.truths == {0: {}}


def test_truth_that_comes_after_completes_the_label_that_is_stored():
    fold = Fold(State(), KNOWN)
    fold.take([outcome(1)])
    (stored,) = fold.taken_changes().labels
    assert stored.lines is None
    fold.take([truth(1)])
    changes = fold.taken_changes()
    assert changes.labels == []
    assert changes.completed == [stored]
    assert stored.lines is not None
    assert changes.truths == {}


def test_truth_is_stored_while_it_waits_and_deleted_with_its_label():
    fold = Fold(State(), KNOWN)
    fold.take([truth(1), truth(2), outcome(2)])
    first = fold.taken_changes()
    assert list(first.truths) == [(0, ("conversion", "u-1"))]
    assert first.truths_gone == []
    fold.take([outcome(1)])
    assert fold.taken_changes().truths_gone == [(0, ("conversion", "u-1"))]


def test_truth_of_another_partition_is_not_taken():
    _, (label,) = folded([truth(1, partition=1), outcome(1)])
    assert label.lines is None


def test_baskets_do_not_wait_for_truth_and_do_not_take_it_away():
    fold, labels = folded([truth(1), outcome(1, task="basket", label=30.0), outcome(1)])
    assert [label.lines is None for label in labels] == [True, False]
    assert fold.state.labels == {}


def test_an_outcome_without_label_is_counted_and_not_scored():
    fold, labels = folded([outcome(1, task="basket", label=None), outcome(2, task="basket", label=5.0)])
    assert [label.label for label in labels] == [5.0]
    assert fold.state.totals["outcomes", "basket", 0] == 2
    assert fold.state.totals["labels", "basket", 0] == 1


def test_everything_is_counted_by_what_it_is():
    given = {"time": rfc3339(T0), "event_id": "u-1", "user_id": "ann", "session_id": "s-1"}
    prediction = Prediction(
        task="conversion",
        partition=3,
        offset=1,
        answers={"logistic": 0.5},
        model="logistic",
        prediction=0.5,
        **given,
    )
    late = LateLabel(partition=3, offset=1, event="ProductViewed", **given)
    drift = DriftBegan(drift="abrupt", event_number=7, event_id="u-1", time=rfc3339(T0))
    out = ModelQuarantined(task="conversion", model="logistic", partition=3, offset=1, reason="broken")
    fold = Fold(State(), KNOWN)
    fold.take(
        [
            ("truth", 3, 1, encode(drift)),
            ("predictions", 3, 1, encode(prediction)),
            ("models", 0, 1, encode(out)),
            ("dead-letters", 3, 1, b"\xff"),
            ("outcomes", 3, 1, encode(late)),
        ]
    )
    changes = fold.taken_changes()
    assert fold.state.totals == {
        ("predictions", "conversion", 3): 1,
        ("dead_letters", "", 3): 1,
        ("late", "", 3): 1,
    }
    assert changes.drifts == [(3, drift)]
    assert changes.quarantines == [out]
    assert fold.state.served == {("conversion", 3): "logistic"}
    assert changes.served == {("conversion", 3)}


@pytest.mark.parametrize("kind", ["truth", "predictions", "models", "outcomes"])
@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\xff",
        b"{",
        b"[" * 100_000,
        b'{"type":"Outcome"}',
        b'{"type":"Nonsense","task":"a"}',
        b"NaN",
    ],
    ids=repr,
)
def test_what_cannot_be_read_is_counted_and_the_rest_goes_on(kind, value):
    if value is not None and len(value) > 100:
        value = value[:100_000]
    fold, labels = folded([(kind, 0, 0, value), truth(1), outcome(1)])
    assert len(labels) == 1
    assert fold.state.totals["unreadable", kind, 0] == 1


@pytest.mark.parametrize("spoilt", ["time", "settled_time", "session_id"])
def test_a_record_that_could_not_be_stored_is_unreadable(spoilt):
    bad = b'"2026-02-31T00:00:00.000Z"' if "time" in spoilt else rb'"a\u0000b"'
    value = outcome(1)[3]
    assert value is not None
    field, _, rest = value.partition(f'"{spoilt}":'.encode())
    broken = field + f'"{spoilt}":'.encode() + bad + rest[rest.index(b",") :]
    fold, labels = folded([("outcomes", 0, 0, broken), outcome(2)])
    assert [label.event_id for label in labels] == ["u-2"]
    assert fold.state.totals["unreadable", "outcomes", 0] == 1


def test_a_number_that_no_column_can_hold_is_unreadable():
    drift = DriftBegan(drift="abrupt", event_number=2**63, event_id="u-1", time=rfc3339(T0))
    fold, _ = folded([("truth", 0, 0, encode(drift))])
    assert fold.state.totals["unreadable", "truth", 0] == 1


def test_labels_of_all_partitions_are_taken_in_the_order_of_settlement():
    batch = [outcome(n, partition=0, settled_ms=n * 10) for n in (1, 3, 5)]
    batch += [outcome(n, partition=1, settled_ms=n * 10) for n in (2, 3, 4)]
    _, labels = folded(batch)
    assert [(label.settled_ms - T0, label.partition) for label in labels] == [
        (10, 0),
        (20, 1),
        (30, 0),
        (30, 1),
        (40, 1),
        (50, 0),
    ]


def test_the_clock_of_settlement_never_goes_back():
    _, labels = folded([outcome(1, settled_ms=50), outcome(2, settled_ms=20), outcome(3, settled_ms=60)])
    assert [label.settled_ms - T0 for label in labels] == [50, 50, 60]


def test_truth_whose_label_never_comes_is_dropped_after_a_day_and_counted():
    day = 24 * 60 * MINUTE
    fold, _ = folded([truth(1), truth(2, at_ms=MINUTE), outcome(9, settled_ms=day)])
    assert list(fold.state.truths[0]) == [("conversion", "u-1"), ("conversion", "u-2")]
    fold.take([outcome(10, settled_ms=day + 1)])
    changes = fold.taken_changes()
    assert list(fold.state.truths[0]) == [("conversion", "u-2")]
    assert changes.truths_gone == [(0, ("conversion", "u-1"))]
    assert fold.state.totals["truths_dropped", "", 0] == 1


def test_a_label_waits_for_its_truth_until_no_visit_of_then_can_be_open():
    fold, _ = folded([outcome(1, at_ms=5), truth(2, at_ms=5)])
    assert list(fold.state.labels[0]) == [("conversion", "u-1")]
    fold.take([truth(3, at_ms=SILENCE_MS + 5)])
    fold.taken_changes()
    assert list(fold.state.labels[0]) == [("conversion", "u-1")]
    fold.take([truth(4, at_ms=SILENCE_MS + 6)])
    assert fold.taken_changes().completed == []
    assert fold.state.labels == {0: {}}


def test_any_order_of_truth_and_labels_gives_the_same_scores():
    records = [truth(n, at_ms=n) for n in range(200)] + [
        outcome(n, at_ms=n, settled_ms=n + 50) for n in range(200)
    ]
    expected = {label.event_id: label.lines for label in folded(records)[1]}
    for seed in range(20):
        rng = random.Random(seed)
        left, right = records[:200], records[200:]
        batches: list[list[Record]] = []
        while left or right:
            source = left if right == [] or (left and rng.random() < 0.5) else right
            size = rng.randrange(1, 40)
            batches.append(source[:size])
            del source[:size]
        # No label may be given up while its truth is still to come, whoever is ahead.
        assert {label.event_id: label.lines for label in folded(*batches)[1]} == expected


def test_a_model_that_answers_behind_its_quarantine_is_not_out() -> None:
    def out(n: int, model: str, offset: int) -> Record:
        value = ModelQuarantined(task="conversion", model=model, partition=0, offset=offset, reason="r")
        return "models", 0, n, encode(value)

    fold = Fold(State(), KNOWN)
    fold.take([out(0, "logistic", 3), out(1, "logistic", 8), out(2, "prior", 3), outcome(3)])
    assert not fold.changes.back  # what broke it, it may have answered
    fold.take([outcome(5), outcome(6)])
    assert fold.taken_changes().back == [("conversion", "logistic", 0, 5)]
    assert fold.state.out == {("conversion", 0): {"logistic": {8}, "prior": {3}}}


def test_an_outcome_of_a_day_to_come_is_foreign_and_moves_no_clock() -> None:
    class AtT0:
        def has(self, partition: int, offset: int) -> bool:
            return True

        def has_come_to(self, partition: int, time_ms: int) -> bool:
            return time_ms <= T0

    fold = Fold(State(), Known(any_batch, log=AtT0()))
    fold.take([truth(1), outcome(1, settled_ms=1), outcome(1)])
    assert fold.state.totals["foreign", "outcomes", 0] == 1
    assert fold.state.settled_ms == {0: T0} and len(fold.taken_changes().labels) == 1


def grouped(n: int, answer: object) -> Record:
    value = {
        "type": "Prediction",
        "task": "groups",
        "partition": 0,
        "offset": n,
        "event_id": f"u-{n}",
        "user_id": "ann",
        "session_id": f"s-{n}",
        "time": rfc3339(T0 + n),
        "model": "linear",
        "prediction": answer,
        "answers": {"linear": answer},
    }
    return "predictions", 0, n, encode(value)


def test_a_task_without_labels_is_scored_by_its_predictions_alone():
    groups = replace(TASKS["basket"], name="groups", kind=Clustering(), batch=None, label=Never())
    fold = Fold(State(), replace(KNOWN, tasks={"groups": groups}))
    fold.take([grouped(1, {"cluster": 2, "distance": 0.5}), grouped(2, 0.5), grouped(3, {"cluster": 1.5})])
    (label,) = fold.taken_changes().labels
    assert (label.task, label.position, label.settled_ms) == ("groups", 1, T0 + 1)
    assert label.answers == {"linear": [2.0, 0.5]}
    assert fold.state.totals["labels", "groups", 0] == 1
    assert fold.state.totals["foreign", "predictions", 0] == 2


def told(n: int, truth: object, *, task: str = "groups") -> Record:
    value = TaskTruth(
        task=task,
        event_id=f"u-{n}",
        session_id=f"s-{n}",
        time=rfc3339(T0 + n),
        truth=truth,
    )
    return "truth", 0, n, encode(value)


def test_the_truth_of_a_task_is_joined_to_its_own_answers_in_either_order() -> None:
    groups = replace(
        TASKS["basket"], name="groups", kind=Clustering(), batch=None, label=Never(), has_truth=True
    )
    fold = Fold(State(), replace(KNOWN, tasks={**TASKS, "groups": groups}))
    answer = {"cluster": 2, "distance": 0.5}
    fold.take([truth(1), told(1, "a"), grouped(1, answer), grouped(2, answer)])
    assert [label.lines is not None for label in fold.taken_changes().labels] == [True, False]
    fold.take([told(2, "b"), told(3, "a"), told(4, 0.5), told(5, "a", task="basket"), told(6, "a", task="x")])
    changes = fold.taken_changes()
    (completed,) = changes.completed
    assert completed.event_id == "u-2" and completed.lines is not None and completed.lines.truth is not None
    assert list(changes.truths) == [(0, ("groups", "u-3"))]
    # Truth of conversion at the same event still waits for its own label.
    assert list(fold.state.truths[0]) == [("conversion", "u-1"), ("groups", "u-3")]
    # A number is no name of a group; of basket nothing is told; x is no task.
    assert fold.state.totals["foreign", "truth", 0] == 3
