"""What a customer ordered before, held against the cart of now."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from math import expm1, log, log1p, sqrt

from models.features.cart import Cart
from models.features.declared import Feature
from models.features.robust_mean import RobustMean

__all__ = ["ORDER_FEATURES", "Customer", "Customers", "order_values"]

# 5,000 customers with four orders each are about 1 MB of snapshot.
_KNOWN = 5_000
_KEPT = 16
_RECENT = 0.3
_DAY_MS = 86_400_000.0
# Of which the shop's means are made.
_MEMORY_ORDERS = 10_000


class Customer:
    """The orders of one customer: sums over all of them, and the latest `_KEPT` in detail."""

    __slots__ = ("last_ms", "lines", "log_sum", "orders", "recent", "total", "values")

    def __init__(self) -> None:
        self.orders = self.last_ms = 0
        self.total = self.log_sum = self.recent = 0.0
        self.values: tuple[float, ...] = ()
        self.lines: tuple[int, ...] = ()

    def add(self, value: float, lines: int, time_ms: int) -> None:
        """Count one more order in."""
        self.recent += (value - self.recent) * (_RECENT if self.orders else 1.0)
        self.orders += 1
        self.total += value
        self.log_sum += log1p(value)
        self.values = (*self.values, value)[-_KEPT:]
        self.lines = (*self.lines, lines)[-_KEPT:]
        self.last_ms = max(self.last_ms, time_ms)


class Customers:
    """Customers by id, those who ordered longest ago forgotten first; and the shop's mean order.

    Attributes
    ----------
    mean_value, mean_lines : float
        Of all customers' orders; what is expected of somebody new. 0 before the first order.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, Customer] = OrderedDict()
        self._robust_mean = RobustMean()
        self._orders = 0
        self.mean_value = 0.0
        self.mean_lines = 0.0

    def get(self, user_id: str) -> Customer | None:
        """Orders of a customer, or None before the first."""
        return self._known.get(user_id)

    def add(self, user_id: str, value: float, lines: int, time_ms: int) -> None:
        """Count one more order in, unless its worth is absurd: one of a billion left every mean useless for good."""
        is_outlier = self._robust_mean.is_outlier(value)
        self._robust_mean.add(value)
        if is_outlier:
            return
        customer = self._known.pop(user_id, None) or Customer()
        customer.add(value, lines, time_ms)
        self._known[user_id] = customer
        if len(self._known) > _KNOWN:
            self._known.popitem(last=False)
        self._orders = min(self._orders + 1, _MEMORY_ORDERS)
        self.mean_value += (value - self.mean_value) / self._orders
        self.mean_lines += (lines - self.mean_lines) / self._orders


_VALUES = {
    "mean": "mean order",
    "median": "median of the latest orders",
    "largest": "largest of them",
    "smallest": "smallest of them",
    "lower": "lower quartile of them",
    "upper": "upper quartile of them",
    "last": "last order",
    "typical": "geometric mean of all orders",
    "recent": "mean order, the latest counting most",
    "next": "median of the latest orders above the cart",
}
_LINES = {"lines_mean": "mean lines", "lines_most": "most lines", "lines_last": "lines of the last order"}

ORDER_FEATURES = (
    *(Feature(f"to_{name}", -4.0, 6.0, f"log of {what} over the cart") for name, what in _VALUES.items()),
    *(
        Feature(f"left_to_{name}", 0.0, 6.0, f"the same where above 0: {what}")
        for name, what in _VALUES.items()
    ),
    *(Feature(f"to_{name}", -4.0, 5.0, f"log of {what} over the cart's") for name, what in _LINES.items()),
    *(
        Feature(f"left_to_{name}", 0.0, 5.0, f"the same where above 0: {what}")
        for name, what in _LINES.items()
    ),
    Feature("orders_smaller", 0.0, 1.0, "share of the latest orders worth less than the cart"),
    Feature("orders_shorter", 0.0, 1.0, "share of the latest orders with fewer lines than the cart"),
    Feature("orders", 0.0, 5.0, "log of 1 + orders so far"),
    Feature(
        "orders_spread", 0.0, 3.0, "standard deviation of the logs of the latest, drawn to 0.7; 0 without any"
    ),
    Feature("days_since_order", 0.0, 6.0, "log of 1 + days since the last order"),
    Feature("just_ordered", 0.0, 1.0, "1 / (1 + hours since the last order)"),
    Feature("first_order", 0.0, 1.0, "1 where no order is known"),
    Feature("first_order_log_total", 0.0, 9.5, "there, log of 1 + worth of the cart"),
    Feature("first_order_log_lines", 0.0, 6.5, "there, log of its lines"),
    Feature("first_order_line_value", 0.0, 8.0, "there, log of 1 + mean worth of a line"),
)


# What is taken for the shares and the days of somebody without orders: about their means over a shop of wholesalers.
_SHARE = 0.3
_DAYS = log1p(30.0)
_VARIANCE = 0.5


def order_values(customers: Customers, user_id: str, cart: Cart, time_ms: int) -> list[float]:
    """Raw values of `ORDER_FEATURES`."""
    log_total = log1p(cart.total)
    lines = max(cart.lines, 1)
    log_lines = log(lines)
    customer = customers.get(user_id)
    if customer is None:
        # A shop without orders says nothing: the cart is then taken for the mean.
        value = log1p(customers.mean_value) - log_total if customers.mean_value else 0.0
        length = log(customers.mean_lines) - log_lines if customers.mean_lines else 0.0
        to = [value] * len(_VALUES)
        to_lines = [length] * len(_LINES)
        rest = [_SHARE, _SHARE, 0.0, 0.0, _DAYS, 0.0, 1.0, log_total, log_lines, log1p(cart.total / lines)]
    else:
        values = sorted(customer.values)
        smaller = bisect_right(values, cart.total)
        above = values[smaller:]
        latest = customer.lines
        days = max(time_ms - customer.last_ms, 0) / _DAY_MS
        to = [
            log1p(amount) - log_total
            for amount in (
                customer.total / customer.orders,
                _quantile(values, 0.5),
                values[-1],
                values[0],
                _quantile(values, 0.25),
                _quantile(values, 0.75),
                customer.values[-1],
                expm1(customer.log_sum / customer.orders),
                customer.recent,
                _quantile(above, 0.5) if above else cart.total,
            )
        ]
        to_lines = [
            log(number) - log_lines for number in (sum(latest) / len(latest), max(latest), latest[-1])
        ]
        rest = [
            bisect_left(values, cart.total) / len(values),
            sum(number < lines for number in latest) / len(latest),
            log1p(customer.orders),
            _spread(customer.values),
            log1p(days),
            1.0 / (1.0 + 24.0 * days),
            0.0,
            0.0,
            0.0,
            0.0,
        ]
    return [*to, *(max(a, 0.0) for a in to), *to_lines, *(max(a, 0.0) for a in to_lines), *rest]


def _quantile(ordered: list[float], share: float) -> float:
    """Value below which `share` of them lies, on a straight line between two of them."""
    place = share * (len(ordered) - 1)
    below = int(place)
    return ordered[below] + (ordered[min(below + 1, len(ordered) - 1)] - ordered[below]) * (place - below)


def _spread(values: tuple[float, ...]) -> float:
    """Standard deviation of the logs, drawn to what is usual as by one more order."""
    logs = [log1p(value) for value in values]
    mean = sum(logs) / len(logs)
    return sqrt((sum((value - mean) ** 2 for value in logs) + _VARIANCE) / (len(logs) + 1))
