"""When the trainer trains, who is on trial, and whose trial is over."""

from __future__ import annotations

from math import nan

import pytest

from consumers.lifecycle import history_of
from consumers.trainer.trials import NO_FEWER, answering_name, is_new, labels_wanted, newest_trained, over
from contracts.model_version import ModelVersion, Signature
from infra.postgres import Action, ModelChange
from models.batch import LEAST_LABELS


def version(number: int, *, labels: int | None = 6_000, **other: object) -> ModelVersion:
    fields: dict[str, object] = {
        "task": "conversion", "name": "trees", "version": number, "digest": "0" * 64, "libraries": {},
        "signature": Signature(features=("a", "b"), answer="probability"), "code_version": "0", "data_window": {},
        "parameters": {}, "metrics": {} if labels is None else {"labels": labels},
    }  # fmt: skip
    return ModelVersion(**(fields | other))


def change(action: Action, number: int, replaced: str | None = None) -> ModelChange:
    return ModelChange(
        id=f"{action}-{number}", task="conversion", action=action, model=f"trees@{number}", digest="", state="done",
        replaced=replaced,
    )  # fmt: skip


ONE, TWO, THREE, FOUR = map(version, (1, 2, 3, 4))


def test_the_newest_that_was_trained_here_on_what_is_logged_now_counts():
    imported = version(3, imported=True)
    other = version(4, signature=Signature(features=("a", "c"), answer="probability"))
    turned = version(2, signature=Signature(features=("b", "a"), answer="probability"))
    assert newest_trained([ONE, turned, imported, other], ["a", "b"]) is turned
    assert newest_trained([imported, other], ["a", "b"]) is None
    assert newest_trained([], []) is None


@pytest.mark.parametrize(
    ("newest", "wanted"),
    [
        (None, 5_000),
        (version(1, labels=6_001), 9_002),
        (version(1, labels=2_000), 5_000),
        (version(1, labels=None), 5_000),
    ],
)
def test_the_first_training_asks_for_the_least_and_each_further_one_for_half_as_many_again(newest, wanted):
    assert labels_wanted(newest, 5_000) == wanted


def test_who_was_ever_decided_on_is_not_new():
    history = history_of([change("shadow", 1), change("retire", 1), change("shadow", 2)], "conversion")
    assert [is_new(one, history) for one in (ONE, TWO, THREE)] == [False, False, True]


def test_older_shadows_are_over_but_for_the_one_a_rollback_goes_back_to():
    promoted = [
        change("shadow", 1), change("promote", 1), change("shadow", 2), change("promote", 2, "trees@1"),
        change("shadow", 3), change("shadow", 4),
    ]  # fmt: skip
    versions = [ONE, TWO, THREE, FOUR]
    history = history_of(promoted, "conversion")
    assert (history.champion, history.before) == ("trees@2", "trees@1")
    assert list(map(answering_name, over(versions, FOUR, history))) == ["trees@3"]
    # Read at another moment: another stage, and a metric that is equal to nothing, itself included.
    assert over([ONE, TWO, THREE], version(4, stage="shadow", metrics={"r2": nan}), history) == [THREE]
    third = history_of([*promoted, change("promote", 4, "trees@2")], "conversion")
    assert list(map(answering_name, over(versions, FOUR, third))) == ["trees@1", "trees@3"]


def test_whom_a_person_lets_answer_after_the_newest_is_left_alone_until_the_next():
    changes = [change("shadow", 1), change("shadow", 2), change("retire", 1), change("shadow", 1)]
    history = history_of(changes, "conversion")
    assert over([ONE, TWO, THREE], TWO, history) == []
    history.take(change("shadow", 3))
    assert over([ONE, TWO, THREE], THREE, history) == [ONE, TWO]
    history.take(change("retire", 3))
    assert over([ONE, TWO, THREE], THREE, history) == []


def test_newer_ones_imported_ones_and_who_does_not_answer_are_left_alone():
    imported = version(2, imported=True)
    changes = [change("shadow", 2), change("shadow", 3), change("shadow", 4), change("shadow", 1)]
    history = history_of([*changes, change("retire", 1)], "conversion")
    assert over([ONE, imported, THREE, FOUR], THREE, history) == []


def test_no_fewer_are_asked_for_than_a_training_takes():
    assert NO_FEWER == LEAST_LABELS
