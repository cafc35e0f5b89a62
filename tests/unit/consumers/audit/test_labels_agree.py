"""The learner's fold and the audit's two passes are two implementations of the same rules: they must agree."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from consumers.audit.labels import History, Verdict
from consumers.audit.sightings import Reader
from contracts import events as e
from contracts.codec import decode_user_event, encode, rfc3339
from contracts.errors import BadRecord
from contracts.labels import MEMORY_MS, SILENCE_MS
from contracts.records import LateLabel, Outcome, Prediction
from models.features.declared import Feature
from models.kinds import Bandit, Ranking
from models.online import Prior
from models.portfolio import Portfolio
from models.tasks import TASKS, ModelSpec
from models.tasks.label_rules import AtNext, AtOnce, AtVisitEnd, Never
from models.visits import visit_of

START_MS = 1_767_600_000_000
PRODUCT = e.Product(product_id="p1", price=10.0)


def quantity(event: e.UserEvent) -> float | None:
    return float(event.quantity) if isinstance(event, e.CartAdded) else None


def product(event: e.UserEvent) -> str | None:
    return (
        event.product.product_id if isinstance(event, e.ProductViewed | e.CartAdded | e.CartRemoved) else None
    )


def ordered(order: e.OrderPlaced) -> float:
    return order.total


def arm(event: e.UserEvent) -> dict[str, Any]:
    return {"arm": event.id[-1], "propensity": 0.5}


def of_a_visit(event: e.UserEvent) -> bool:
    return visit_of(event) is not None


def is_touch(event: e.UserEvent) -> bool:
    return product(event) is not None


def is_review(event: e.UserEvent) -> bool:
    return isinstance(event, e.ReviewPosted)


def stars(event: e.UserEvent) -> float | None:
    return getattr(event, "stars", None)


class Nothing:
    """Features that any event has: none."""

    declared: tuple[Feature, ...] = ()

    def values(self, event: e.UserEvent, time_ms: int) -> dict[str, float]:
        return {}

    def fold(self, event: e.UserEvent, time_ms: int) -> None:
        pass


# Labels do not depend on models: one that costs nothing stands for all. Of rules that no task of ours has, one each.
DECLARED = (
    *TASKS.values(),
    replace(TASKS["basket"], name="pieces", label=AtOnce(quantity)),
    replace(TASKS["basket"], name="nothing", label=Never()),
    replace(TASKS["basket"], name="next", kind=Ranking(), batch=None, label=AtNext(product)),
    replace(
        TASKS["basket"], name="whole", asks=of_a_visit, label=Never(), at_visit_end=True, features=Nothing
    ),
    replace(
        TASKS["basket"],
        name="worth",
        asks=is_touch,
        label=AtVisitEnd(ordered, 0.0),
        at_visit_end=True,
        features=Nothing,
    ),
    replace(TASKS["basket"], name="starred", asks=is_review, label=AtOnce(stars), features=Nothing),
    replace(
        TASKS["basket"], name="shown", kind=Bandit(), batch=None, label=AtVisitEnd(ordered, 0.0, shown=arm)
    ),
)
TASKS_WITHOUT_COST = tuple(
    replace(task, models=(ModelSpec("prior", "baseline", Prior, {"memory_labels": 10, "start": 0.1}),))
    for task in DECLARED
)

OF_A_SESSION: dict[type, dict[str, Any]] = {
    e.SessionStarted: {"device": "phone"},
    e.ProductViewed: {"product": PRODUCT},
    e.Searched: {"query": "tea"},
    e.OfferShown: {"offer": "none", "propensity": 0.5},
    e.OfferTaken: {"offer": "ten"},
    e.SessionEnded: {},
    e.OrderReturned: {"order_id": "o", "total": 1.0, "lines": 1},
}
OF_A_CART: dict[type, dict[str, Any]] = {
    e.CartAdded: {"product": e.Product(product_id="p2", price=5.0), "quantity": 2},
    e.CartRemoved: {"product": PRODUCT, "quantity": 1},
    e.OrderPlaced: {"order_id": "o", "total": 12.5, "lines": 1},
}
OF_NO_VISIT: dict[type, dict[str, Any]] = {e.ReviewPosted: {"product_id": "p1", "text": "fine", "stars": 4}}
OF_NOBODY: dict[type, dict[str, Any]] = {e.ClockTicked: {}, e.PriceChanged: {"product": PRODUCT}}
FIELDS = OF_A_SESSION | OF_A_CART | OF_NO_VISIT | OF_NOBODY

# Relative to the clock, so that the edges of silence and memory are met often and exactly.
JUMPS = st.one_of(
    st.integers(0, 120_000),
    st.sampled_from([0, 1, SILENCE_MS - 1, SILENCE_MS, SILENCE_MS + 1, SILENCE_MS // 2]),
    st.sampled_from([MEMORY_MS - SILENCE_MS, MEMORY_MS - 1, MEMORY_MS, MEMORY_MS + 1, MEMORY_MS // 2]),
    st.sampled_from([-1, -SILENCE_MS, -MEMORY_MS, -5_000]),
)
MOMENTS = st.tuples(
    st.sampled_from(sorted(FIELDS, key=lambda kind: kind.__name__)),
    JUMPS,
    # A cart may bear a session's name: it is then the same visit.
    st.sampled_from([None, "s1", "s1", "s2", "s3"]),
    st.sampled_from(["c1", "c2", "s1"]),
)
Moment = tuple[type, int, str | None, str]


def log_of(moments: list[Moment]) -> list[bytes]:
    clock, values = START_MS, []
    for number, (kind, jump, session, cart) in enumerate(moments):
        fields = dict(FIELDS[kind])
        if kind not in OF_NOBODY:
            fields |= {"user_id": f"user of {session or cart}", "session_id": session}
        if kind in OF_A_CART:
            fields["cart_id"] = cart
        values.append(encode(kind(id=f"u-{number}", time=rfc3339(clock + jump), source="t", **fields)))
        clock = max(clock, clock + jump)
    return values


def offset_of(number: int) -> int:
    """Offsets have gaps in a real log: markers of transactions take some."""
    return number + number // 3


def judged(values: list[bytes]) -> tuple[Verdict, set[int]]:
    history, reader, refused = History(DECLARED), Reader(DECLARED), set()
    for number, value in enumerate(values):
        try:
            history.add(reader.read(offset_of(number), value))
        except BadRecord:
            refused.add(offset_of(number))
    return history.judge(), refused


def folded(values: list[bytes], refused: set[int]) -> list[Any]:
    portfolio, outputs = Portfolio(0, tasks=TASKS_WITHOUT_COST), []
    for number, value in enumerate(values):
        if offset_of(number) not in refused:
            outputs += portfolio.step(*decode_user_event(value), offset_of(number))
    return outputs


VIEW, ADD, ORDER, END, SEARCH = e.ProductViewed, e.CartAdded, e.OrderPlaced, e.SessionEnded, e.Searched


@settings(max_examples=400)
@given(st.lists(MOMENTS, max_size=40))
@example(
    [
        (VIEW, 0, "s1", "c1"),
        (VIEW, SILENCE_MS, "s1", "c1"),
        (ORDER, 0, "s1", "c1"),
        (VIEW, MEMORY_MS, "s1", "c1"),
    ]
)
@example(
    [(ORDER, 0, "s1", "c1"), (ADD, MEMORY_MS - 1, "s1", "c1"), (ADD, 1, "s1", "c1"), (ORDER, 0, "s1", "c1")]
)
@example(
    [
        (END, 0, "s1", "c1"),
        (VIEW, 0, "s1", "c1"),
        (END, 0, "s1", "c1"),
        (END, 0, "s1", "c1"),
        (VIEW, 0, "s1", "c1"),
    ]
)
@example(
    [
        (ADD, 0, None, "c1"),
        (ADD, 5, None, "s1"),
        (VIEW, 5, "s1", "c1"),
        (ORDER, 9, "s1", "c2"),
        (ORDER, 9, None, "c1"),
    ]
)
@example(
    [
        (VIEW, 0, "s1", "c1"),
        (SEARCH, SILENCE_MS - 1, "s1", "c1"),
        (VIEW, SILENCE_MS - 1, "s2", "c1"),
        (VIEW, 1, "s3", "c"),
    ]
)
def test_every_prediction_label_and_late_event_is_the_same_in_both(moments: list[Moment]) -> None:
    values = log_of(moments)
    verdict, refused = judged(values)
    outputs = folded(values, refused)

    predictions = [(p.offset, p.task, p.event_id, p.session_id) for p in outputs if isinstance(p, Prediction)]
    assert sorted(predictions) == sorted(
        (offset, task, point.event_id, point.visit)
        for offset, point in verdict.points.items()
        for task in point.asked
    )
    outcomes = [
        (o.offset, o.task, o.label, o.why, o.settled_offset) for o in outputs if isinstance(o, Outcome)
    ]
    assert sorted(outcomes, key=lambda o: o[:2]) == sorted(
        (
            (offset, task, *settled)
            for offset, point in verdict.points.items()
            for task, settled in point.settled.items()
        ),
        key=lambda o: o[:2],
    )
    late = [(label.offset, label.event_id) for label in outputs if isinstance(label, LateLabel)]
    assert late == sorted(verdict.late.items())
