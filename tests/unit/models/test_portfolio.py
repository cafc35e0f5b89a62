"""The fold: order of outputs, identity, quarantine, and that it goes on from a pickle."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import pytest

from contracts.codec import rfc3339
from contracts.events import (
    CartAdded,
    ClockTicked,
    OrderPlaced,
    Product,
    ProductViewed,
    SessionEnded,
    UserEvent,
)
from contracts.labels import MEMORY_MS, SILENCE_MS
from contracts.records import Features, LateLabel, ModelQuarantined, Outcome, Prediction
from models.online import Prior
from models.portfolio import Portfolio
from models.tasks import TASKS, ModelSpec, TaskSpec
from models.tasks.label_rules import AtOnce, Never

START_MS = 1_767_600_000_000
PRODUCT = Product(product_id="p1", price=10.0, category="c")


class Shop:
    """Feeds a portfolio events made from the fewest words; offsets run by themselves."""

    def __init__(self, *tasks: TaskSpec) -> None:
        self.portfolio = Portfolio(3, tasks=tasks or (TASKS["conversion"],))
        self.offset = -1
        self.seen: list[Features] = []

    def step(self, kind: type, at_ms: int, session: str | None = "s1", **fields: Any) -> list[Any]:
        self.offset += 1
        if kind is not ClockTicked:
            fields |= {"user_id": "u1", "session_id": session}
        if kind in (ProductViewed, CartAdded):
            fields["product"] = PRODUCT
        if kind in (CartAdded, OrderPlaced):
            fields["cart_id"] = fields.get("cart_id", "cart")
        if kind is CartAdded:
            fields["quantity"] = 1
        if kind is OrderPlaced:
            fields |= {"order_id": "o1", "total": 12.5, "lines": 1}
        event: UserEvent = kind(
            id=f"u-{self.offset}", time=rfc3339(START_MS + at_ms), source="test/1", **fields
        )
        outputs = self.portfolio.step(event, START_MS + at_ms, self.offset)
        self.seen = [output for output in outputs if isinstance(output, Features)]
        return [output for output in outputs if not isinstance(output, Features)]


class Raises:
    """A model that breaks when told to."""

    def __init__(self, answer: float = 0.5, learns: bool = True) -> None:
        self.answer, self.learns = answer, learns

    def predict_one(self, x: dict[str, float]) -> float:
        if self.answer < 0:
            raise ZeroDivisionError("as told")
        return self.answer

    def learn_one(self, x: dict[str, float], y: float) -> None:
        if not self.learns:
            raise KeyError("as told")


class Noting:
    """Learns visits at once, and notes what it was given."""

    def __init__(self) -> None:
        self.visits: list[tuple[list[float], float]] = []

    def predict_one(self, x: dict[str, float]) -> float:
        return 0.5

    def learn_one(self, x: dict[str, float], y: float) -> None:
        raise AssertionError

    def learn_visit(self, xs: list[dict[str, float]], y: float) -> None:
        self.visits.append(([x["is_view"] for x in xs], y))


class Seeing:
    """Answers with how often it saw something without a label, in hundredths."""

    def __init__(self) -> None:
        self.seen = 0

    def predict_one(self, x: dict[str, float]) -> float:
        return self.seen / 100

    def learn_one(self, x: dict[str, float], y: float) -> None:
        self.seen += 1

    def learn_unlabelled(self, x: dict[str, float]) -> None:
        self.seen += 1


UNLABELLED = (
    ModelSpec("seeing", "online", Seeing),
    ModelSpec("prior", "baseline", Prior, {"memory_labels": 10, "start": 0.1}),
)


def with_model(**parameters: object) -> TaskSpec:
    first = ModelSpec("first", "online", Raises, parameters)
    return replace(TASKS["conversion"], models=(first, ModelSpec("prior", "baseline", Prior)))


def test_a_decision_point_is_predicted_with_the_identity_of_its_record() -> None:
    shop = Shop()
    shop.step(ClockTicked, 0)
    (prediction,) = shop.step(ProductViewed, 1)
    assert isinstance(prediction, Prediction)
    assert (prediction.task, prediction.partition, prediction.offset) == ("conversion", 3, 1)
    assert (prediction.event_id, prediction.user_id, prediction.session_id) == ("u-1", "u1", "s1")
    assert prediction.model == next(iter(prediction.answers))
    assert prediction.prediction == prediction.answers[prediction.model]


def test_what_models_saw_is_told_in_the_order_of_the_names_that_are_declared() -> None:
    shop = Shop()
    (declared,) = shop.portfolio.feature_sets()
    shop.step(ProductViewed, 0)
    (seen,) = shop.seen
    assert (seen.task, seen.offset, seen.feature_set) == ("conversion", 0, declared.feature_set)
    assert dict(zip(declared.names, seen.values, strict=True))["is_view"] == 1.0
    shop.step(SessionEnded, 1)
    assert shop.seen == []


def test_an_order_settles_all_decision_points_of_its_visit_in_order_with_losses() -> None:
    shop = Shop()
    shop.step(ProductViewed, 0)
    shop.step(CartAdded, 1)
    outcomes = shop.step(OrderPlaced, 2)
    assert [(o.offset, o.label, o.why, o.settled_offset) for o in outcomes] == [
        (0, 1.0, "order", 2),
        (1, 1.0, "order", 2),
    ]
    assert all(loss > 0 for o in outcomes for loss in o.losses.values())


def test_silence_settles_before_the_event_that_moved_the_clock_is_looked_at() -> None:
    shop = Shop()
    shop.step(ProductViewed, 0)
    outcome, late = shop.step(ProductViewed, SILENCE_MS)
    assert isinstance(outcome, Outcome)
    assert (outcome.why, outcome.label, outcome.settled_offset) == ("silence", 0.0, 1)
    assert isinstance(late, LateLabel)
    assert (late.event, late.offset, late.session_id) == ("ProductViewed", 1, "s1")


def test_one_millisecond_less_is_no_silence() -> None:
    shop = Shop()
    shop.step(ProductViewed, 0)
    (prediction,) = shop.step(ProductViewed, SILENCE_MS - 1)
    assert isinstance(prediction, Prediction)


def test_a_clock_that_goes_back_does_not_shorten_a_visit() -> None:
    shop = Shop()
    shop.step(ClockTicked, SILENCE_MS)
    shop.step(ProductViewed, 0)
    assert shop.step(ClockTicked, 2 * SILENCE_MS - 1) == []
    (outcome,) = shop.step(ClockTicked, 2 * SILENCE_MS)
    assert outcome.why == "silence"


def test_a_settled_visit_is_forgotten_after_its_memory_and_begins_anew() -> None:
    shop = Shop()
    shop.step(ProductViewed, 0)
    shop.step(SessionEnded, 1)
    (late,) = shop.step(OrderPlaced, MEMORY_MS)
    assert isinstance(late, LateLabel)
    (prediction,) = shop.step(ProductViewed, MEMORY_MS + 1)
    assert isinstance(prediction, Prediction)


def test_conversion_is_not_asked_without_a_session() -> None:
    shop = Shop()
    assert shop.step(ProductViewed, 0, session=None) == []
    assert shop.step(CartAdded, 1, session=None) == []
    assert shop.step(OrderPlaced, 2, session=None) == []
    (late,) = shop.step(CartAdded, 3, session=None)
    assert late.session_id == "cart"


def test_a_session_that_ends_unseen_settles_nothing_and_is_not_remembered() -> None:
    shop = Shop()
    assert shop.step(SessionEnded, 0) == []
    (prediction,) = shop.step(ProductViewed, 1)
    assert isinstance(prediction, Prediction)


@pytest.mark.parametrize("answer", [float("nan"), float("inf"), -1.0])
def test_a_model_that_raises_or_is_not_finite_is_out_and_the_next_is_served(answer: float) -> None:
    shop = Shop(with_model(answer=answer))
    quarantined, prediction = shop.step(ProductViewed, 0)
    assert isinstance(quarantined, ModelQuarantined)
    assert (quarantined.model, quarantined.offset, quarantined.partition) == ("first", 0, 3)
    assert prediction.answers["first"] is None
    assert prediction.model == "prior"
    (again,) = shop.step(ProductViewed, 1)
    assert again.answers["first"] is None
    (outcome, _) = shop.step(SessionEnded, 2)
    assert outcome.losses["first"] is None


def test_a_model_that_raises_while_it_learns_is_out_too() -> None:
    shop = Shop(with_model(learns=False))
    (prediction,) = shop.step(ProductViewed, 0)
    assert prediction.model == "first"
    outcome, quarantined = shop.step(SessionEnded, 1)
    assert outcome.losses["first"] is not None
    assert quarantined.reason.startswith("KeyError in learn_one")


def test_decision_points_of_a_visit_are_learnt_together_in_their_order_when_it_settles() -> None:
    noting = Noting()
    shop = Shop(replace(TASKS["conversion"], models=(ModelSpec("noting", "online", lambda: noting),)))
    shop.step(ProductViewed, 0)
    shop.step(ProductViewed, 1, "s2")
    shop.step(CartAdded, 2)
    shop.step(ProductViewed, 3)
    assert noting.visits == []
    shop.step(SessionEnded, 4, "s2")
    shop.step(OrderPlaced, 5)
    assert noting.visits == [([1.0], 0.0), ([1.0, 0.0, 1.0], 1.0)]


def test_a_label_that_the_event_carries_settles_at_once_after_the_prediction_and_is_learnt() -> None:
    task = replace(
        with_model(),
        label=AtOnce(lambda event: 1.0 if isinstance(event, CartAdded) else None),
        models=UNLABELLED,
    )
    shop = Shop(task)
    predicted, settled = shop.step(CartAdded, 0)
    assert isinstance(predicted, Prediction) and isinstance(settled, Outcome)
    assert (settled.label, settled.why, settled.settled_offset) == (1.0, "at-once", settled.offset)
    assert set(settled.losses) == {"seeing", "prior"}
    # Without a label the decision point is settled, too; only who learns from what it sees learns.
    _, unlabelled = shop.step(ProductViewed, 1)
    assert (unlabelled.label, unlabelled.losses) == (None, {})
    (asked, _) = shop.step(ProductViewed, 2)
    assert asked.answers == {"seeing": 0.02, "prior": 0.55}
    # Nothing is left that the end of the visit could settle.
    assert shop.step(SessionEnded, 3) == []


def test_a_task_without_labels_learns_when_it_is_asked_and_settles_nothing() -> None:
    shop = Shop(replace(with_model(), label=Never(), models=UNLABELLED))
    first, second = [output for at in (0, 1) for output in shop.step(ProductViewed, at)]
    assert (first.answers, second.answers) == (
        {"seeing": 0.0001, "prior": 0.1},
        {"seeing": 0.01, "prior": 0.1},
    )
    assert shop.step(SessionEnded, 2) == []


def test_the_fold_goes_on_from_a_pickle_as_if_nothing_had_happened() -> None:
    whole, cut = Shop(), Shop()
    for n in range(40):
        if n == 20:
            cut.portfolio = pickle.loads(pickle.dumps(cut.portfolio))
        kind = OrderPlaced if n % 7 == 6 else CartAdded if n % 3 else ProductViewed
        assert whole.step(kind, n * 1000, f"s{n // 7}") == cut.step(kind, n * 1000, f"s{n // 7}")


def test_the_fingerprint_names_models_parameters_and_features() -> None:
    one, other = Portfolio(0, (with_model(answer=0.5),)), Portfolio(0, (with_model(answer=0.25),))
    assert one.fingerprint_parts() != other.fingerprint_parts()
    assert any("conversion feature" in part for part in one.fingerprint_parts())
