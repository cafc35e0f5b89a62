"""The loop that most examples teach: json, one record at a time, at least once, state in a dictionary.

It writes the same predictions and outcomes as the learner with `benchmarks.learner.linear_task`, field for field, and
loses its model with the process.
"""

from __future__ import annotations

import json
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeAlias

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from benchmarks.learner.linear_task import LINEAR_TASK, SESSIONS_KEPT, linear_model_of_river
from contracts.codec import time_ms
from contracts.features import feature_set_id
from contracts.labels import MEMORY_MS, SILENCE_MS

__all__ = ["run"]

Event: TypeAlias = dict[str, Any]
Waiting: TypeAlias = list[tuple[dict[str, float], float, Event, int]]

FEATURE_SET = feature_set_id("conversion", [feature.name for feature in LINEAR_TASK.features().declared])

OF_A_SESSION = {
    "SessionStarted", "ProductViewed", "Searched", "CartAdded", "CartRemoved", "OrderPlaced", "OfferShown",
    "OfferTaken", "SessionEnded",
}  # fmt: skip


class NaiveLoop:
    """Dictionaries in, dictionaries out."""

    def __init__(self, send: Callable[[str, Event, str], object]) -> None:
        self.send = send
        self.model = linear_model_of_river()
        self.clock = 0
        self.open: OrderedDict[str, tuple[int, Waiting]] = OrderedDict()
        self.settled: OrderedDict[str, int] = OrderedDict()
        self.seen: OrderedDict[str, tuple[int, int, int]] = OrderedDict()

    def settle(self, session: str, label: float, why: str, event: Event, offset: int) -> None:
        last, waiting = self.open.pop(session, (0, []))
        self.settled[session] = self.clock
        for x, p, asked, asked_at in waiting:
            loss = -math.log(p if label else 1.0 - p)
            self.send(
                "ml.outcomes",
                {
                    "type": "Outcome",
                    "task": "conversion",
                    "partition": 0,
                    "offset": asked_at,
                    "event_id": asked["id"],
                    "user_id": asked["user_id"],
                    "session_id": session,
                    "time": asked["time"],
                    "label": label,
                    "why": why,
                    "settled_offset": offset,
                    "settled_time": event["time"],
                    "answers": {"logistic": p},
                    "losses": {"logistic": loss},
                },
                asked["user_id"],
            )
            self.model.learn_one(x, label == 1.0)

    def features(self, event: Event, now: int) -> dict[str, float]:
        views, adds, last = self.seen.get(event["session_id"], (0, 0, now))
        product = event["product"]
        return {
            "is_view": 1.0 if event["type"] == "ProductViewed" else 0.0,
            "views": min(100.0, float(views)),
            "adds": min(100.0, float(adds)),
            "log_price": min(14.0, math.log1p(product["price"])),
            "discount": product.get("discount", 0.0),
            "log_dwell_s": min(10.0, math.log1p(max(0, now - last) / 1000)),
            "has_stock": 1.0 if product.get("stock") else 0.0,
            "minute": now // 60_000 % 1440 / 60,
        }

    def handle(self, message: Any) -> None:
        event = json.loads(message.value)
        kind, now, offset = event["type"], time_ms(event["time"]), message.offset
        self.clock = max(self.clock, now)
        while self.open and self.clock - next(iter(self.open.values()))[0] >= SILENCE_MS:
            self.settle(next(iter(self.open)), 0.0, "silence", event, offset)
        while self.settled and self.clock - next(iter(self.settled.values())) >= MEMORY_MS:
            self.settled.popitem(last=False)
        session = event.get("session_id")
        if kind not in OF_A_SESSION or session is None:
            return
        if session not in self.settled:
            if kind == "OrderPlaced":
                self.settle(session, 1.0, "order", event, offset)
            elif kind == "SessionEnded":
                if session in self.open:
                    self.settle(session, 0.0, "ended", event, offset)
            else:
                _, waiting = self.open.pop(session, (0, []))
                self.open[session] = (self.clock, waiting)
                if kind in ("ProductViewed", "CartAdded"):
                    self.predict(event, now, message, waiting)
        views, adds, _ = self.seen.pop(session, (0, 0, now))
        self.seen[session] = (views + (kind == "ProductViewed"), adds + (kind == "CartAdded"), now)
        if len(self.seen) > SESSIONS_KEPT:
            self.seen.popitem(last=False)

    def predict(self, event: Event, now: int, message: Any, waiting: Waiting) -> None:
        x = self.features(event, now)
        p = min(max(self.model.predict_proba_one(x)[True], 1e-4), 1 - 1e-4)
        self.send(
            "ml.predictions",
            {
                "type": "Prediction",
                "task": "conversion",
                "partition": 0,
                "offset": message.offset,
                "event_id": event["id"],
                "user_id": event["user_id"],
                "session_id": event["session_id"],
                "time": event["time"],
                "model": "logistic",
                "prediction": p,
                "answers": {"logistic": p},
                "latency_ms": time.time() * 1000 - message.timestamp,
            },
            event["user_id"],
        )
        self.send(
            "ml.features",
            {
                "type": "Features",
                "task": "conversion",
                "offset": message.offset,
                "feature_set": FEATURE_SET,
                "values": list(x.values()),
            },
            event["user_id"],
        )
        waiting.append((x, p, event, message.offset))


def run(bootstrap: str, topic: str, namespace: str, group: str, end: int) -> float:
    """Work `topic` off up to offset `end`; seconds from the first record to the last one flushed."""
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap, group_id=group, auto_offset_reset="earliest", enable_auto_commit=True
    )
    consumer.assign([TopicPartition(topic, 0)])
    producer = KafkaProducer(
        bootstrap_servers=bootstrap, acks="all", value_serializer=lambda value: json.dumps(value).encode()
    )
    loop = NaiveLoop(
        lambda name, value, user_id: producer.send(
            namespace + name, value=value, key=user_id.encode(), partition=0
        )
    )
    started = None
    for message in consumer:
        started = started or time.perf_counter()
        loop.handle(message)
        if message.offset >= end - 1:
            break
    producer.flush()
    seconds = time.perf_counter() - (started or 0.0)
    consumer.close()
    producer.close()
    return seconds
