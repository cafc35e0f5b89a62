"""What a stranger writes does not hurt the models: none raises, none answers with infinity, none gets worse."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from consumers.learner import LearnerFold
from contracts.codec import decode_user_event
from contracts.errors import BadRecord
from contracts.records import Features, ModelQuarantined, Outcome, Prediction
from contracts.topics import USER_EVENTS
from infra.kafka import Record
from models.tasks import TASKS
from producers.simulator import Scenario, Simulator
from tests.corpus import Oddity, corpus, fortune, from_the_future

pytestmark = pytest.mark.long

BEFORE, AFTER = 3_000, 10_000
# Reviews come late, and one in ten has stars: a handful of labels here, of which each decides the mean.
RARE = {"sentiment"}
LEARNT = {
    (task.name, spec.name)
    for task in TASKS.values()
    for spec in task.models
    if spec.kind != "baseline" and task.name not in RARE
}


def record(offset: int, value: bytes | None) -> Record:
    return Record("shop.user-events", 0, offset, 0, b"k", value, ())


@dataclass(frozen=True)
class Shop:
    """A state that has learnt for a while, and the good events that come next."""

    state: bytes
    time: str
    values: list[bytes]

    def losses_after(self, oddities: Sequence[Oddity]) -> dict[tuple[str, str], float]:
        """Mean loss of each model on the next good events, `oddities` having come before them."""
        fold = LearnerFold(0)
        fold.restore(self.state)
        for number, oddity in enumerate(oddities):
            refused = None
            try:
                assert_finite(fold.step(record(BEFORE + number, oddity.value)).outputs)
            except BadRecord as bad:
                refused = bad.reason
            assert refused == oddity.reason, oddity.name
        first = BEFORE + len(oddities)
        losses: dict[tuple[str, str], list[float]] = {}
        for number, value in enumerate(self.values):
            outputs = fold.step(record(first + number, value)).outputs
            assert_finite(outputs)
            for output in outputs:
                if isinstance(output, Outcome) and output.offset >= first and output.task not in RARE:
                    for model, loss in output.losses.items():
                        assert loss is not None
                        losses.setdefault((output.task, model), []).append(loss)
        return {name: sum(found) / len(found) for name, found in losses.items()}


def assert_finite(outputs: Sequence[object]) -> None:
    for output in outputs:
        assert not isinstance(output, ModelQuarantined), output
        if isinstance(output, Prediction | Outcome):
            assert all(answer is not None and math.isfinite(answer) for answer in output.answers.values())
        if isinstance(output, Features):
            assert all(map(math.isfinite, output.values))


@pytest.fixture(scope="module")
def shop() -> Shop:
    emissions = Simulator(Scenario(seed=11, events=BEFORE + AFTER))
    values = [e.value for e in emissions if e.topic == USER_EVENTS.name]
    fold = LearnerFold(0)
    for offset, value in enumerate(values[:BEFORE]):
        fold.step(record(offset, value))
    # The clock stands here: what is odd comes at this very time.
    time = decode_user_event(values[BEFORE])[0].time
    return Shop(fold.snapshot(), time, values[BEFORE:])


@pytest.fixture(scope="module")
def undisturbed(shop: Shop) -> dict[tuple[str, str], float]:
    losses = shop.losses_after([])
    assert set(losses) >= LEARNT
    return losses


def test_after_the_corpus_every_model_is_as_good_as_without_it(
    shop: Shop, undisturbed: dict[tuple[str, str], float]
) -> None:
    losses = shop.losses_after([*corpus(shop.time), *from_the_future("2099-12-31T23:59:59.999Z")])
    assert losses == {name: pytest.approx(loss, rel=0.01) for name, loss in undisturbed.items()}


def test_after_a_fortune_was_paid_every_model_that_learns_is_as_good_as_without_it(
    shop: Shop, undisturbed: dict[tuple[str, str], float]
) -> None:
    losses = shop.losses_after(fortune(shop.time))
    # A baseline that is a mean of amounts is dragged along by any amount: that is what it is.
    assert {name: losses[name] for name in LEARNT} == {
        name: pytest.approx(undisturbed[name], rel=0.01) for name in LEARNT
    }
