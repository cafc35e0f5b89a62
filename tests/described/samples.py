"""A real record of each topic: one decision point of a small simulated shop, from the event to its label."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache
from typing import Any, Final, NamedTuple

from consumers.engine import dead_letter
from consumers.learner import LearnerFold
from contracts.errors import BadRecord
from contracts.journal import journal_key
from contracts.topics import (
    CONTROL,
    DEAD_LETTERS,
    FEATURES,
    JOURNAL,
    METRICS,
    MODELS,
    OUTCOMES,
    PREDICTIONS,
    PRODUCT_EVENTS,
    TRUTH,
    USER_EVENTS,
    Topic,
)
from infra.kafka import Record
from producers.simulator import Scenario, Simulator
from tests.odd_records import golden

__all__ = ["Sample", "samples"]

_TASK: Final = "conversion"


class Sample(NamedTuple):
    """One record as it stands on its topic."""

    key: str
    value: str


@cache
def samples() -> dict[Topic, Sample]:
    """By topic. What no shop in memory gives (metrics, a turn, a switch) is a golden record."""
    found: dict[str, dict[int, Sample]] = defaultdict(dict)
    by_event: dict[str, Sample] = {}
    fold, offset = LearnerFold(0), 0
    for out in fold.opening():
        found[MODELS.name].setdefault(0, _sample(out.key, out.value))
    for sent in Simulator(Scenario(seed=1, events=1_000, partitions=1)):
        sample = Sample(sent.key, sent.value.decode())
        if sent.topic == TRUTH.name:
            by_event[sent.event_id] = sample
        elif sent.topic == PRODUCT_EVENTS.name:
            found[sent.topic].setdefault(0, sample)
        elif sent.topic == USER_EVENTS.name:
            found[sent.topic][offset] = sample
            record = Record(sent.topic, 0, offset, 0, sent.key.encode(), sent.value, ())
            offset += 1
            outputs = fold.step(record).outputs
            for one, out in zip(outputs, fold.outgoing(outputs, record, now_ms=12), strict=True):
                if getattr(one, "task", None) == _TASK:
                    found[out.topic].setdefault(one.offset, _sample(out.key, out.value))
            fold.complete()
    at = next(
        at for at, one in sorted(found[OUTCOMES.name].items()) if json.loads(one.value)["why"] == "order"
    )
    asked = json.loads(found[PREDICTIONS.name][at].value)
    return {
        USER_EVENTS: found[USER_EVENTS.name][at],
        PRODUCT_EVENTS: found[PRODUCT_EVENTS.name][0],
        TRUTH: by_event[asked["event_id"]],
        CONTROL: _golden(CONTROL, "drift"),
        PREDICTIONS: found[PREDICTIONS.name][at],
        FEATURES: found[FEATURES.name][at],
        OUTCOMES: found[OUTCOMES.name][at],
        METRICS: _golden(METRICS, _TASK),
        MODELS: found[MODELS.name][0],
        JOURNAL: _golden(JOURNAL, journal_key("learner", 1).decode()),
        DEAD_LETTERS: _letter(),
    }


def _sample(key: bytes | None, value: bytes | None) -> Sample:
    return Sample((key or b"").decode(), (value or b"").decode())


def _golden(topic: Topic, key: str) -> Sample:
    fields: dict[str, Any] = golden(topic)[-1]
    return Sample(key, json.dumps(fields, separators=(",", ":")))


def _letter() -> Sample:
    """Its headers are told in `tests.described.page`."""
    broken = Record(USER_EVENTS.name, 0, 41, 0, b"user-000001", b'{"type":"ProductViewed","price":', ())
    return _sample(
        broken.key, dead_letter(DEAD_LETTERS.name, broken, BadRecord("not-json", ""), "learner").value
    )
