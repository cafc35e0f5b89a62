"""A made-up shop for tests of the scoreboard: predictions, outcomes and truth that fit together, by number."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from contracts.codec import encode, rfc3339
from contracts.records import DriftBegan, LateLabel, Outcome, Prediction, Truth
from contracts.topics import DEAD_LETTERS, OUTCOMES, PREDICTIONS, TRUTH, Topic

START_MS = 1_767_600_000_000
MODELS = ("second-order", "logistic", "prior", "second-order-frozen")


@dataclass(frozen=True)
class Sent:
    """One record, and the event time at which a real shop would have sent it."""

    at_ms: int
    topic: Topic
    partition: int
    key: str
    value: bytes


def shop(
    decisions: int, *, partitions: int = 2, seed: int = 1, drift_at: int | None = None
) -> Iterator[Sent]:
    """Records in the order of time; each decision point is settled about 50 decision points later.

    Every seventh session abandons its cart, every hundredth event is late, every two hundredth a dead letter.
    """
    random_ = random.Random(seed)
    later: list[Sent] = []
    for n in range(decisions):
        session = n // 3
        partition = session % partitions
        at_ms = START_MS + n * 100
        if n % 3 == 0:
            bayes = min(max(random_.betavariate(0.6, 3.0), 1e-4), 1 - 1e-4)
            ordered = random_.random() < bayes
        ids = {"event_id": f"u-{n:09d}", "user_id": f"user-{session}", "session_id": f"s-{session}"}
        key = ids["user_id"]
        if drift_at is not None and n == drift_at:
            for p in range(partitions):
                drift = DriftBegan(
                    drift="abrupt", event_number=2 * n, event_id=ids["event_id"], time=rfc3339(at_ms)
                )
                yield Sent(at_ms, TRUTH, p, key, encode(drift))
        truth = Truth(
            event_id=ids["event_id"],
            session_id=ids["session_id"],
            time=rfc3339(at_ms),
            clairvoyant=0.9 if ordered else 0.05,
            bayes=bayes,
            bayes_blind=bayes * 0.98 + 0.002 if n % 10 == 0 else None,
            intent="buy",
            persona="hunter",
        )
        yield Sent(at_ms, TRUTH, partition, key, encode(truth))
        answers: dict[str, float | None] = {
            model: min(max(bayes + random_.gauss(0, 0.02 * (i + 1)), 1e-4), 1 - 1e-4)
            for i, model in enumerate(MODELS)
        }
        for task in ("conversion", "basket") if n % 4 == 0 else ("conversion",):
            given = answers if task == "conversion" else {"linear": 20.0 + n % 9, "mean": 25.0}
            same = {
                "task": task,
                "partition": partition,
                "offset": n,
                "time": rfc3339(at_ms),
                **ids,
                "answers": given,
            }
            first = next(iter(given))
            yield Sent(
                at_ms,
                PREDICTIONS,
                partition,
                key,
                encode(Prediction(model=first, prediction=given[first], **same)),
            )
            label = (1.0 if ordered else 0.0) if task == "conversion" else (20.0 + n % 7 if ordered else None)
            settled_ms = at_ms + 5_000 - n % 3 * 100
            outcome = Outcome(
                label=label,
                why="order" if ordered else "ended",
                settled_offset=n + 50,
                settled_time=rfc3339(settled_ms),
                losses={} if label is None else dict.fromkeys(given, 0.5),
                **same,
            )
            later.append(Sent(settled_ms, OUTCOMES, partition, key, encode(outcome)))
        if n % 100 == 99:
            late = LateLabel(partition=partition, offset=n, time=rfc3339(at_ms), event="ProductViewed", **ids)
            later.append(Sent(at_ms, OUTCOMES, partition, key, encode(late)))
        if n % 200 == 199:
            yield Sent(at_ms, DEAD_LETTERS, partition, key, b"\xff")
        if n % 60 == 59:
            yield from sorted(later, key=lambda sent: sent.at_ms)
            later.clear()
    yield from sorted(later, key=lambda sent: sent.at_ms)
