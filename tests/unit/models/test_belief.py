"""What is believed of a record: what its owner may have written, of tasks and models that somebody knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contracts.codec import decode, time_ms
from contracts.topics import METRICS, MODELS, OUTCOMES, PREDICTIONS, TRUTH, Topic
from contracts.views import OutcomeLosses, PredictionHead
from models.belief import OF_ANY_TIME, Known, believed
from tests.odd_records import told


class ThirdOfJanuary:
    """A main input of ten records that has come to the third of January."""

    def has(self, partition: int, offset: int) -> bool:
        return offset < 10

    def has_come_to(self, partition: int, at_ms: int) -> bool:
        return at_ms <= time_ms("2026-01-04T00:00:00.000Z")


KNOWN = Known(lambda task, model: (task, model) == ("conversion", "a@1"), partitions=2)
ANSWERS = {"second-order": 0.25, "a@1": 0.5}


def judged(topic: Topic, partition: int, known: Known = KNOWN, /, **fields: object) -> Any:
    return believed(decode(topic, told(topic, **fields)), partition, known)


@pytest.mark.parametrize(
    ("topic", "partition", "fields"),
    [
        (OUTCOMES, 1, {"type": "Outcome", "answers": ANSWERS, "losses": ANSWERS}),
        (OUTCOMES, 1, {"type": "Outcome", "answers": ANSWERS, "losses": {}, "label": None}),
        (OUTCOMES, 1, {"type": "LateLabel"}),
        (PREDICTIONS, 1, {"answers": ANSWERS, "model": "a@1"}),
        (PREDICTIONS, 1, {"answers": ANSWERS, "model": None}),
        (MODELS, 0, {"type": "ModelQuarantined", "model": "linear", "partition": 1}),
        (MODELS, 0, {"type": "ModelInForce", "model": "a@1"}),
        (MODELS, 0, {"type": "ModelChanged", "model": "a@1"}),
        (METRICS, 0, {"models": {"second-order": {"log_loss": 0.3}}}),
        (TRUTH, 1, {"type": "Truth"}),
    ],
)
def test_what_its_owner_may_have_written_is_believed_whole(
    topic: Topic, partition: int, fields: dict[str, object]
) -> None:
    assert judged(topic, partition, **fields) == decode(topic, told(topic, **fields))
    if topic is not TRUTH:
        assert judged(topic, partition + 1, **fields) is None


@pytest.mark.parametrize(
    ("topic", "partition", "fields"),
    [
        (OUTCOMES, 1, {"type": "Outcome", "answers": {"ghost": 0.5}}),
        (OUTCOMES, 1, {"type": "Outcome", "answers": {"b@1": 0.5}}),
        (OUTCOMES, 1, {"type": "Outcome", "answers": ANSWERS, "task": "fortune"}),
        (OUTCOMES, 1, {"type": "Outcome", "answers": ANSWERS, "label": 0.5}),
        (OUTCOMES, 1, {"type": "Outcome", "answers": ANSWERS, "label": 900.0}),
        (PREDICTIONS, 1, {"answers": ANSWERS, "model": "ghost"}),
        (PREDICTIONS, 1, {"answers": ANSWERS, "model": "b@1"}),
        (PREDICTIONS, 1, {"answers": ANSWERS, "task": "fortune"}),
        (MODELS, 0, {"type": "ModelQuarantined", "model": "ghost"}),
        (MODELS, 0, {"type": "ModelQuarantined", "model": "linear", "partition": 2}),
        (MODELS, 0, {"type": "ModelQuarantined", "model": "linear", "task": "fortune"}),
        (MODELS, 0, {"type": "ModelInForce", "model": "b@1"}),
        (MODELS, 0, {"type": "ModelInForce", "model": "logistic"}),  # online models are not activated
        (MODELS, 0, {"type": "ModelChanged", "model": "b@1"}),
        (METRICS, 0, {"models": {"ghost": {}}}),
        (METRICS, 0, {"models": {"linear": {}}, "task": "fortune"}),
    ],
)
def test_what_nobody_knows_is_not_believed(topic: Topic, partition: int, fields: dict[str, object]) -> None:
    assert judged(topic, partition, **fields) is None


def test_models_that_nobody_knows_are_left_out_of_a_record_that_speaks_of_others_too() -> None:
    some = {**ANSWERS, "ghost": 0.1, "b@1": None}
    outcome = judged(OUTCOMES, 1, type="Outcome", answers=some, losses=some)
    assert (outcome.answers, outcome.losses) == (ANSWERS, ANSWERS)
    metrics = judged(METRICS, 0, models={"second-order": {}, "ghost": {}})
    assert metrics.models == {"second-order": {}}


def test_who_tells_what_once_was_believes_of_models_that_are_no_more_but_of_no_other_partition() -> None:
    assert judged(PREDICTIONS, 1, OF_ANY_TIME, answers={"ghost": 0.5}, model="ghost") is not None
    assert judged(PREDICTIONS, 0, OF_ANY_TIME, answers=ANSWERS) is None
    assert judged(PREDICTIONS, 1, OF_ANY_TIME, answers=ANSWERS, task="fortune") is None


def test_views_are_believed_as_the_records_that_they_are_of() -> None:
    value = told(PREDICTIONS, answers={"second-order": 0.5}, model="second-order")
    head = decode(PREDICTIONS, value, PredictionHead)
    assert believed(head, 1, KNOWN) is head
    assert believed(head, 0, KNOWN) is None
    losses = decode(OUTCOMES, told(OUTCOMES, type="Outcome", losses={"ghost": 0.5}), OutcomeLosses)
    assert believed(losses, 1, KNOWN) is None


def test_what_is_ahead_of_the_main_input_is_not_believed() -> None:
    known = replace(KNOWN, log=ThirdOfJanuary())
    asked = {"partition": 1, "answers": ANSWERS, "losses": ANSWERS, "time": "2026-01-02T08:00:00.000Z"}
    for time, is_so in (("2026-01-03T23:59:59.999Z", True), ("2026-01-04T00:00:00.001Z", False)):
        settled = asked | {"type": "Outcome", "settled_time": time}
        assert (judged(OUTCOMES, 1, known, **settled) is not None) == is_so
        losses = decode(OUTCOMES, told(OUTCOMES, **settled), OutcomeLosses)
        assert (believed(losses, 1, known) is not None) == is_so
        said = {"partition": 1, "answers": ANSWERS, "model": None, "time": time}
        assert (judged(PREDICTIONS, 1, known, **said) is not None) == is_so
    for offset, is_so in ((9, True), (10, False)):
        out = {"type": "ModelQuarantined", "model": "linear", "partition": 1, "offset": offset}
        assert (judged(MODELS, 0, known, **out) is not None) == is_so
