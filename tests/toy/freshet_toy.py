"""A package outside of Freshet, as somebody would write it: a task of each kind, and a model for one of Freshet's."""

from __future__ import annotations

from collections import Counter

from contracts.events import CartAdded, OrderPlaced, ProductViewed, UserEvent
from models.features import Feature, clipped
from models.kinds import Bandit, Classification, Clustering, Ranking, Regression
from models.online import Prior
from models.tasks.label_rules import AtNext, AtOnce, AtVisitEnd, Never
from models.tasks.spec import ModelSpec, TaskSpec

COIN = ModelSpec("coin", "online", Prior, {"memory_labels": 10, "start": 0.5})


class Prices:
    """What is known of a product that is touched: its price, and how many were touched before it."""

    declared = (Feature("price", 0.0, 10_000.0), Feature("touched", 0.0, 1e6), Feature("is_dear", 0.0, 1.0))

    def __init__(self) -> None:
        self._touched = 0

    def values(self, event: UserEvent, time_ms: int) -> dict[str, float]:
        price = event.product.price if isinstance(event, ProductViewed | CartAdded) else 0.0
        return clipped(self.declared, [price, float(self._touched), float(price > 50.0)])

    def fold(self, event: UserEvent, time_ms: int) -> None:
        self._touched += isinstance(event, ProductViewed | CartAdded)


def is_cart_add(event: UserEvent) -> bool:
    return isinstance(event, CartAdded)


def is_view(event: UserEvent) -> bool:
    return isinstance(event, ProductViewed) and event.session_id is not None


def quantity(event: UserEvent) -> float | None:
    return float(event.quantity) if isinstance(event, CartAdded) else None


def is_dear(order: OrderPlaced) -> float:
    return float(order.total > 100.0)


DEAR = TaskSpec(
    name="dear-order",
    question="Will this visit end in an order of more than 100?",
    kind=Classification(),
    asks=is_view,
    label=AtVisitEnd(with_order=is_dear, without=0.0),
    features=Prices,
    models=(ModelSpec("mean", "online", Prior, {"memory_labels": 1_000, "start": 0.1}),),
    batch="freshet_toy_batch:DEAR_BATCH",
    needs_sessions=True,
)


PIECES = TaskSpec(
    name="pieces",
    question="How many pieces go into the cart at once?",
    kind=Regression(),
    asks=is_cart_add,
    label=AtOnce(label=quantity),
    features=Prices,
    models=(ModelSpec("mean", "online", Prior, {"memory_labels": 1_000, "start": 1.0}),),
)


class Popular:
    """The ten products that came most often."""

    def __init__(self) -> None:
        self._came: Counter[str] = Counter()

    def predict_one(self, x: dict[str, float]) -> list[tuple[str, float]]:
        return [(item, float(count)) for item, count in self._came.most_common(10)]

    def learn_one(self, x: dict[str, float], y: str) -> None:
        self._came[y] += 1


def product(event: UserEvent) -> str | None:
    return event.product.product_id if isinstance(event, ProductViewed | CartAdded) else None


NEXT = TaskSpec(
    name="next-product",
    question="Which product is touched next?",
    kind=Ranking(),
    asks=is_view,
    label=AtNext(what=product),
    features=Prices,
    models=(ModelSpec("popular", "online", Popular),),
    needs_sessions=True,
)


class TwoPrices:
    """Two centres of prices, which move towards what is nearest to them."""

    def __init__(self) -> None:
        self._centres = [10.0, 100.0]

    def predict_one(self, x: dict[str, float]) -> tuple[int, float]:
        distances = [abs(x["price"] - centre) for centre in self._centres]
        return distances.index(min(distances)), min(distances)

    def learn_one(self, x: dict[str, float], y: None) -> None:
        """There are no labels."""

    def learn_unlabelled(self, x: dict[str, float]) -> None:
        nearest, _ = self.predict_one(x)
        self._centres[nearest] += 0.01 * (x["price"] - self._centres[nearest])


GROUPS = TaskSpec(
    name="price-groups",
    question="Is this a cheap product or a dear one?",
    kind=Clustering(),
    asks=is_view,
    label=Never(),
    features=Prices,
    models=(ModelSpec("two", "online", TwoPrices),),
    needs_sessions=True,
)


class Greedy:
    """The arm with the best mean reward so far."""

    def __init__(self) -> None:
        self._sums = {"cheap": (1.0, 1.0), "dear": (1.0, 1.0)}

    def predict_one(self, x: dict[str, float]) -> dict[str, object]:
        estimates = {arm: total / count for arm, (total, count) in self._sums.items()}
        return {
            "arm": max(estimates, key=lambda arm: estimates[arm]),
            "propensity": 1.0,
            "estimates": estimates,
        }

    def learn_one(self, x: dict[str, float], y: dict[str, object]) -> None:
        total, count = self._sums[str(y["arm"])]
        self._sums[str(y["arm"])] = total + float(str(y["reward"])), count + 1.0


def arm(event: UserEvent) -> dict[str, object]:
    is_dear = isinstance(event, ProductViewed) and event.product.price > 50.0
    return {"arm": "dear" if is_dear else "cheap", "propensity": 0.5}


def total(order: OrderPlaced) -> float:
    return order.total


SHELF = TaskSpec(
    name="shelf",
    question="Should a cheap or a dear product be shown?",
    kind=Bandit(),
    asks=is_view,
    label=AtVisitEnd(with_order=total, without=0.0, shown=arm),
    features=Prices,
    models=(ModelSpec("greedy", "online", Greedy),),
    needs_sessions=True,
)
