"""Who stands where by the changes that are done: as the fold has it, with the way back."""

from __future__ import annotations

import pytest

from consumers.lifecycle import DeploymentHistory, history_of
from contracts.bounds import Stage
from infra.postgres import Action, ModelChange
from models.deployments import Deployments
from tests.batch_models import activated


def change(action: Action, model: str, replaced: str | None = None, **more: object) -> ModelChange:
    fields: dict[str, object] = {
        "id": f"{action}-{model}",
        "task": "conversion",
        "digest": "",
        "state": "done",
    }
    return ModelChange(action=action, model=model, replaced=replaced, **(fields | more))


def stages_in_the_fold(moves: list[tuple[str, Stage]]) -> dict[str, str]:
    deployments = Deployments()
    for model, stage in moves:
        deployments.take(activated(model, stage, ""))
    return {s.name: "champion" if s.name == deployments.champion else "shadow" for s in deployments.answering}


def answering(history: DeploymentHistory) -> dict[str, str]:
    return {name: stage for name, stage in history.stages().items() if stage != "retired"}


SHADOW_A, PROMOTE_A = change("shadow", "a@1"), change("promote", "a@1")
PROMOTE_B = change("promote", "b@1", "a@1")


@pytest.mark.parametrize(
    ("changes", "moves"),
    [
        ([], []),
        ([SHADOW_A], [("a", "shadow")]),
        ([SHADOW_A, PROMOTE_A], [("a", "shadow"), ("a", "champion")]),
        ([PROMOTE_A, PROMOTE_B], [("a", "champion"), ("b", "champion")]),
        (
            [PROMOTE_A, PROMOTE_B, change("rollback", "b@1", "a@1")],
            [("a", "champion"), ("b", "champion"), ("b", "retired"), ("a", "champion")],
        ),
        ([PROMOTE_A, change("rollback", "a@1")], [("a", "champion"), ("a", "retired")]),
        (
            [PROMOTE_A, PROMOTE_B, change("rollback", "b@1")],
            [("a", "champion"), ("b", "champion"), ("b", "retired")],
        ),
        (
            [PROMOTE_A, PROMOTE_B, change("retire", "a@1"), change("rollback", "b@1")],
            [("a", "champion"), ("b", "champion"), ("a", "retired"), ("b", "retired")],
        ),
    ],
)
def test_the_changes_say_what_the_fold_has(
    changes: list[ModelChange], moves: list[tuple[str, Stage]]
) -> None:
    assert answering(history_of(changes, "conversion")) == stages_in_the_fold(moves)


def test_a_rollback_goes_back_one_champion_at_a_time() -> None:
    history = history_of([PROMOTE_A, PROMOTE_B], "conversion")
    assert (history.champion, history.before) == ("b@1", "a@1")
    history.take(change("rollback", "b@1", "a@1"))
    assert (history.champion, history.before) == ("a@1", None)


def test_a_rollback_passes_over_whoever_broke_and_they_are_no_champions_later() -> None:
    broken = {"b@1"}
    changes = [PROMOTE_A, PROMOTE_B, change("promote", "c@1", "b@1")]
    history = history_of(changes, "conversion")
    assert (history.before_but(broken), history.before_but({"a@1", "b@1"})) == ("a@1", None)
    history.take(change("rollback", "c@1", "a@1"))
    assert (history.champion, history.before) == ("a@1", None)
    assert answering(history) == {"a@1": "champion", "b@1": "shadow"}
    to_online = history_of([*changes, change("rollback", "c@1")], "conversion")
    assert answering(to_online) == {"a@1": "shadow", "b@1": "shadow"}


def test_a_shadow_that_was_retired_is_no_champion_to_go_back_to() -> None:
    history = history_of([PROMOTE_A, PROMOTE_B, change("retire", "a@1")], "conversion")
    assert (history.champion, history.before) == ("b@1", None)


def test_a_model_answers_since_it_began_to_not_since_it_was_promoted() -> None:
    history = history_of([SHADOW_A, PROMOTE_A, PROMOTE_B], "conversion")
    assert history.since["a@1"] is SHADOW_A


def test_two_are_held_beside_each_other_from_where_both_answer() -> None:
    shadow_b = change("shadow", "b@1", offsets={0: 50, 1: 70})
    history = history_of([shadow_b], "conversion")
    assert history.both_since("b@1") == {0: 50, 1: 70}
    history = history_of([shadow_b, change("promote", "a@1", offsets={0: 90, 1: 60})], "conversion")
    assert history.both_since("b@1") == {0: 90, 1: 70}


def test_other_tasks_and_what_never_came_to_be_do_not_count() -> None:
    others = [change("promote", "a@1", task="basket"), change("promote", "a@1", state="void")]
    assert history_of([*others, change("shadow", "b@1", state="pending")], "conversion").stages() == {}
