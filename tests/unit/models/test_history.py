"""Features over the history are those that a learner logs, and no model is asked."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from msgspec import structs

from consumers.learner import LearnerFold
from contracts.codec import NOT_SIGNED, decode_user_event, encode
from contracts.errors import BadRecord
from contracts.events import ModelActivated, ReviewPosted, SessionEnded
from contracts.records import Features, Prediction
from contracts.topics import USER_EVENTS
from infra.kafka import Record
from infra.keyring import Keyring
from infra.signatures import Signatures
from models.history import FeatureHistory
from models.tasks import TASKS, ModelSpec
from producers.simulator import Scenario, Simulator
from tests.corpus import corpus

SIGNATURES = Signatures(lambda: Keyring(bytes(32)), "log")


def never() -> None:
    raise AssertionError


def log() -> list[bytes | None]:
    """A shop's partition with odd bytes in it, and a batch model that is activated half way."""
    shop = Simulator(Scenario(seed=3, events=2_500, partitions=1))
    values: list[bytes | None] = [one.value for one in shop if one.topic == USER_EVENTS.name]
    activated = ModelActivated(
        id="a", time="2026-01-05T08:00:00.000Z", source="s", task="conversion", model="trees", version="1",
        stage="champion", digest="0" * 64,
    )  # fmt: skip
    # A forged one, an hour ahead: it must not move the clock.
    forged = structs.replace(activated, time=decode_user_event(values[len(values) * 3 // 4])[0].time)
    values.insert(len(values) // 2, encode(SIGNATURES.signed(activated, 0)))
    values.insert(len(values) // 2, encode(forged))
    ahead = SessionEnded(id="b", time="2026-01-12T08:00:00.000Z", source="s", user_id="u", session_id="x")
    values.insert(len(values) - 200, encode(ahead))
    # Of its own the shop has one review in so short a time.
    for number in range(60):
        written = ReviewPosted(
            id=f"r-{number}", time=activated.time, source="s", user_id="u", session_id=None, product_id="p",
            text="it is good and not heavy", stars=5 if number % 10 == 0 else None,
        )  # fmt: skip
        values.insert(300 + 20 * number, encode(written))
    for place, odd in enumerate(corpus()):
        values.insert(40 + 20 * place, odd.value)
    return values


@pytest.mark.parametrize("task", TASKS)
def test_it_asks_and_sees_what_the_learner_did(task: str) -> None:
    spec = replace(TASKS[task], models=(ModelSpec("none", "online", never),))
    history, learner = FeatureHistory(spec, 0), LearnerFold(0, signatures=SIGNATURES)
    asked, refused = 0, Counter[str]()
    for offset, value in enumerate(log()):
        try:
            step = learner.step(Record("t", 0, offset, 0, None, value, ()))
        except BadRecord as error:
            refused[error.reason] += 1
            if error.reason == NOT_SIGNED:
                assert history.step(value, offset) == []
                continue
            with pytest.raises(BadRecord) as caught:
                history.step(value, offset)
            assert caught.value.reason == error.reason
            continue
        logged = [one for one in step.outputs if isinstance(one, Prediction) and one.task == task]
        found = history.step(value, offset)
        assert [(one.event_id, one.offset) for one in found] == [(one.event_id, one.offset) for one in logged]
        # As text: it tells the zeros apart.
        seen = [one.values for one in step.outputs if isinstance(one, Features) and one.task == task]
        assert repr([one.values for one in found]) == repr(seen)
        asked += len(found)
    assert asked > 50
    assert refused[NOT_SIGNED] == 1 and refused["too-far-ahead"] and refused.total() > 20
