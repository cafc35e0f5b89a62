"""One event followed through the topics, and its answers explained by folding the log again."""

from __future__ import annotations

import uuid
from dataclasses import replace

import msgspec
import pytest

from consumers.learner import LearnerFold
from consumers.trace import AskedTask, Explained, Trace, explain, trace
from contracts.codec import decode, decode_user_event
from contracts.errors import FreshetError, UsageError
from contracts.events import SessionEnded
from contracts.records import Outcome, Prediction
from contracts.topics import OUTCOMES, PREDICTIONS, USER_EVENTS
from tests.integration.rehearsal import GROUP, Rehearsal
from tests.integration.test_audit_histories import VALUES


@pytest.fixture(scope="module")
def learnt(bootstrap: str) -> Rehearsal:
    shop = Rehearsal(bootstrap, f"trace-{uuid.uuid4().hex[:8]}.")
    shop.publish(VALUES)
    shop.learn(turn=100, every_events=300)
    assert len(shop.snapshots.kept) >= 2
    return shop


def followed(shop: Rehearsal, event_id: str) -> Trace:
    return trace(shop.bootstrap, GROUP, shop.namespace, event_id)


def explained(shop: Rehearsal, found: Trace, tasks: list[AskedTask] | None = None) -> list[Explained]:
    def snapshots(partition: int, log: str) -> list:
        return list(shop.snapshots.newest(GROUP, partition, log))

    fold = LearnerFold(0, namespace=shop.namespace)
    return explain(
        shop.bootstrap, found, found.tasks if tasks is None else tasks, fold, snapshots, lambda *_: None
    )


def settled(shop: Rehearsal) -> list[Outcome]:
    told = [decode(OUTCOMES, record.value) for record in shop.records(OUTCOMES)]
    return [one for one in told if isinstance(one, Outcome) and one.label is not None]


def test_an_event_is_followed_to_its_answers_its_labels_and_the_turns_of_both(learnt: Rehearsal) -> None:
    outcome = settled(learnt)[-1]
    found = followed(learnt, outcome.event_id)
    assert (found.record.offset, found.event.id) == (outcome.offset, outcome.event_id)
    assert found.turn is not None and found.dead_letter is None
    assert found.turn.start <= outcome.offset < found.turn.end
    said = {one.prediction.task: one for one in found.tasks}
    told = [decode(PREDICTIONS, record.value) for record in learnt.records(PREDICTIONS)]
    assert list(said) == [one.task for one in told if one.offset == outcome.offset]
    one = said[outcome.task]
    assert one.outcome == outcome and one.features is not None and one.learnt_in is not None
    assert one.learnt_in.start <= outcome.settled_offset < one.learnt_in.end
    assert found.as_json()["tasks"][0]["prediction"]["event_id"] == outcome.event_id


def test_an_event_that_asks_nothing_is_followed_too_and_one_that_is_not_there_is_told(
    learnt: Rehearsal,
) -> None:
    events = [decode_user_event(record.value)[0] for record in learnt.records(USER_EVENTS)]
    ended = next(one for one in events if isinstance(one, SessionEnded))
    assert followed(learnt, ended.id).turn is not None
    with pytest.raises(UsageError, match="There must be an event 'u-none'"):
        followed(learnt, "u-none")


def test_answers_are_explained_from_the_first_record_and_from_a_snapshot_alike(learnt: Rehearsal) -> None:
    snapshot = learnt.snapshots.kept[-1]
    late = next(one for one in reversed(settled(learnt)) if one.offset > snapshot.end_offset)
    early = settled(learnt)[0]
    bare = replace(learnt, snapshots=type(learnt.snapshots)())
    for outcome in (early, late):
        found = followed(learnt, outcome.event_id)
        given = explained(learnt, found)
        assert given == explained(bare, found)
        assert [one.asked for one in given] == found.tasks
        for one in given:
            answers = one.asked.prediction.answers
            for model, said in one.models.items():
                if said is not None:
                    assert said.answer == pytest.approx(answers[model], rel=1e-9, abs=1e-4)
    assert any(said is not None and said.parts for one in given for said in one.models.values())


def test_what_can_not_be_had_again_is_told(learnt: Rehearsal) -> None:
    found = followed(learnt, settled(learnt)[-1].event_id)
    assert found.turn is not None
    with pytest.raises(UsageError, match="by other code, in generation 1"):
        explained(learnt, replace(found, turn=replace(found.turn, fingerprint="other")))
    with pytest.raises(UsageError, match="No learner has come to offset"):
        explained(learnt, replace(found, turn=None))
    asked = found.tasks[0]
    model = asked.prediction.model or ""
    forged = replace(asked, prediction=_with_answer(asked.prediction, model))
    with pytest.raises(FreshetError, match=f"{model} must have answered"):
        explained(learnt, found, [forged])


def _with_answer(prediction: Prediction, model: str) -> Prediction:
    return msgspec.structs.replace(prediction, answers=prediction.answers | {model: 0.123})
