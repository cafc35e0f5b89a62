"""The learner's fold: what it refuses, what the chain covers, what goes where, and that freezing loses nothing."""

from __future__ import annotations

import pickle

import pytest

from consumers.learner import LearnerFold
from consumers.learner.packing import pack
from contracts.codec import decode, encode
from contracts.errors import BadRecord
from contracts.features import feature_set_id
from contracts.records import Features, LateLabel, ModelInForce, ModelQuarantined, Outcome, Prediction
from contracts.topics import MODELS
from infra.kafka import Record
from infra.keyring import Keyring
from infra.signatures import Signatures
from models.portfolio import Portfolio
from models.tasks import TASKS
from producers.simulator import Scenario, Simulator
from tests.batch_models import activated


def tick(time: str) -> bytes:
    return encode({"type": "ClockTicked", "id": "t", "time": time, "source": "s"})


def record(value: bytes, offset: int = 0) -> Record:
    return Record("shop.user-events", 0, offset, 1_000, None, value, ())


PREDICTION = Prediction(
    task="conversion", partition=0, offset=7, event_id="e", user_id="u", session_id="s",
    time="2026-01-01T00:00:00.000Z", answers={"a": 0.5, "b": None}, model="a", prediction=0.5,
)  # fmt: skip
SEEN = Features(task="conversion", offset=7, feature_set=1, values=[0.5])
OUTCOME = Outcome(
    task="conversion", partition=0, offset=7, event_id="e", user_id="u", session_id="s",
    time="2026-01-01T00:00:00.000Z", label=1.0, why="order", settled_offset=9, settled_time="2026-01-01T00:00:01.000Z",
    answers={"a": 0.5}, losses={"a": 0.69},
)  # fmt: skip
LATE = LateLabel(
    partition=0,
    offset=8,
    event_id="e",
    user_id="u",
    session_id="s",
    time="2026-01-01T00:00:00.000Z",
    event="OrderPlaced",
)
QUARANTINED = ModelQuarantined(task="conversion", model="a", partition=0, offset=7, reason="why")
IN_FORCE = ModelInForce(
    task="conversion", model="a@1", stage="shadow", digest="0" * 64, change="c", partition=0, offset=7,
    time="2026-01-01T00:00:00.000Z",
)  # fmt: skip


def test_the_chain_covers_every_answer_and_label_and_no_clock() -> None:
    different = [
        [PREDICTION],
        [OUTCOME],
        [LATE],
        [QUARANTINED],
        [IN_FORCE],
        [PREDICTION, OUTCOME],
        [OUTCOME, PREDICTION],
        [],
    ]
    packed = [pack(outputs) for outputs in different]
    assert len(set(packed)) == len(packed)

    def changed(output: Prediction | Outcome | ModelInForce, **fields: object) -> bytes:
        values = {name: getattr(output, name) for name in output.__struct_fields__} | fields
        return pack([type(output)(**values)])

    assert changed(PREDICTION, latency_ms=3.0) == pack([PREDICTION])
    for field, value in {
        "answers": {"a": 0.5000000000000001, "b": None},
        "task": "basket",
        "offset": 8,
    }.items():
        assert changed(PREDICTION, **{field: value}) != pack([PREDICTION])
    for field, value in {"label": 0.0, "why": "ended", "offset": 8, "task": "basket"}.items():
        assert changed(OUTCOME, **{field: value}) != pack([OUTCOME])
    assert changed(OUTCOME, label=None) != pack([OUTCOME])
    for field, value in {
        "model": "b@1",
        "stage": "champion",
        "digest": "",
        "task": "basket",
        "offset": 8,
    }.items():
        assert changed(IN_FORCE, **{field: value}) != pack([IN_FORCE])


def test_outputs_go_to_their_topics_in_the_partition_of_their_input() -> None:
    fold = LearnerFold(3, namespace="blue.")
    out = fold.outgoing([PREDICTION, SEEN, OUTCOME, LATE, QUARANTINED, IN_FORCE], record(b""), now_ms=1_250)
    assert [(o.topic, o.partition) for o in out] == [
        ("blue.ml.predictions", 3),
        ("blue.ml.features", 3),
        ("blue.ml.outcomes", 3),
        ("blue.ml.outcomes", 3),
        ("blue.ml.models", 0),
        ("blue.ml.models", 0),
    ]
    assert b'"latency_ms":250' in (out[0].value or b"")
    assert [o.key for o in out] == [b"u", b"u", b"u", b"u", b"conversion", b"conversion"]


def test_a_generation_opens_with_the_names_of_all_features() -> None:
    told = LearnerFold(3, namespace="blue.").opening()
    assert [(o.topic, o.partition, o.key) for o in told] == [
        ("blue.ml.models", 0, task.encode()) for task in TASKS
    ]
    for out, task in zip(told, TASKS.values(), strict=True):
        declared = decode(MODELS, out.value)
        assert declared.names == tuple(feature.name for feature in task.features().declared)
        assert hash(declared)  # `freshet why` keeps what was told in a set
        assert declared.feature_set == feature_set_id(task.name, declared.names)


def test_a_frozen_fold_goes_on_to_the_last_bit() -> None:
    values = [
        e.value
        for e in Simulator(Scenario(seed=3, events=400, partitions=1))
        if e.topic == "shop.user-events"
    ]
    one, other = LearnerFold(0), LearnerFold(0)
    for offset, value in enumerate(values):
        chained = one.step(record(value, offset)).chained
        if offset == 500:
            other.restore(one.snapshot())
        elif offset > 500:
            assert other.step(record(value, offset)).chained == chained
    assert pickle.loads(one.snapshot())[1] == pickle.loads(other.snapshot())[1] is not None


def test_a_record_that_is_refused_leaves_the_state_as_it_was() -> None:
    fold = LearnerFold(0)
    fold.step(record(tick("2026-01-02T00:00:00.000Z")))
    before = fold.snapshot()
    for value in (b"", b"{", tick("2026-01-04T00:00:00.000Z")):
        with pytest.raises(BadRecord):
            fold.step(record(value))
    assert fold.snapshot() == before


def test_a_change_of_models_that_is_not_ours_leaves_the_state_as_it_was() -> None:
    ours = Signatures(lambda: Keyring(bytes(32)), "log")
    fold = LearnerFold(3, signatures=ours)
    fold.step(record(encode(ours.signed(activated("a", "shadow", ""), 3))))
    before = fold.snapshot()
    forged = activated("a", "champion", "")
    for value in (
        encode(forged),
        encode(ours.signed(forged, 2)),
        encode(Signatures(lambda: Keyring(bytes(32)), "other").signed(forged, 3)),
    ):
        with pytest.raises(BadRecord, match="not-signed"):
            fold.step(record(value))
    with pytest.raises(BadRecord, match="no key here"):
        LearnerFold(3).step(record(encode(ours.signed(forged, 3))))
    assert fold.snapshot() == before


def test_a_copy_of_a_change_of_models_is_refused_across_a_snapshot_too() -> None:
    ours = Signatures(lambda: Keyring(bytes(32)), "log")
    fold, next_one = LearnerFold(0, signatures=ours), LearnerFold(0, signatures=ours)
    taken = record(encode(ours.signed(activated("a", "champion", ""), 0)))
    fold.step(taken)
    fold.step(record(encode(ours.signed(activated("a", "retired", ""), 0))))
    next_one.restore(fold.snapshot())
    for one in (fold, next_one):
        with pytest.raises(BadRecord, match="was taken before"):
            one.step(taken)


def test_another_portfolio_has_another_fingerprint() -> None:
    basket = LearnerFold(0, portfolio=Portfolio(0, [TASKS["basket"]]))
    assert len({basket.fingerprint, LearnerFold(0).fingerprint, LearnerFold(1).fingerprint}) == 2
