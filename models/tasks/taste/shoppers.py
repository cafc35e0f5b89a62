"""The shoppers: what each touched of late, and what is in the cart of a visit."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

__all__ = ["HISTORY", "Shopper", "Shoppers", "Tour", "Tours"]

HISTORY: Final = 24
_TOURS: Final = 20_000


class Shopper:
    """One of them.

    Parameters
    ----------
    place : int
        Row of this shopper in the arrays of models.
    number : int
        Whose row it is: the place may have been another's.
    """

    __slots__ = ("history", "number", "place")

    def __init__(self, place: int, number: int) -> None:
        self.place = place
        self.number = number
        self.history: tuple[str, ...] = ()


class Shoppers:
    """Shoppers by id; who was not here for longest is forgotten when there are too many."""

    def __init__(self, most: int = 20_000) -> None:
        self.most = most
        self.joined = 0
        self._known: OrderedDict[str, Shopper] = OrderedDict()

    def get(self, user_id: str) -> Shopper | None:
        """Return a shopper who touched something before."""
        return self._known.get(user_id)

    def touch(self, user_id: str, product_id: str) -> None:
        """Note what a shopper touches."""
        shopper = self._known.get(user_id)
        if shopper is None:
            place = len(self._known)
            if place >= self.most:
                place = self._known.popitem(last=False)[1].place
            shopper = self._known[user_id] = Shopper(place, self.joined)
            self.joined += 1
        else:
            self._known.move_to_end(user_id)
        if not shopper.history or shopper.history[-1] != product_id:
            shopper.history = (*shopper.history[1 - HISTORY :], product_id)


class Tour:
    """What one visit touched: its products, the newest last, and what is in the cart."""

    __slots__ = ("cart", "touched")

    def __init__(self, touched: tuple[str, ...] = (), cart: tuple[str, ...] = ()) -> None:
        self.touched = touched
        self.cart = cart


class Tours:
    """Visits by id; those not heard of for longest are forgotten when there are too many."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Tour] = OrderedDict()
        self._nothing = Tour()

    def get(self, visit: str) -> Tour:
        """Return a visit; an empty one where it touched nothing yet."""
        return self._open.get(visit, self._nothing)

    def touch(self, visit: str, product_id: str) -> None:
        """Note what is looked at or added."""
        tour = self._of(visit)
        tour.touched = (*(one for one in tour.touched[-7:] if one != product_id), product_id)

    def add(self, visit: str, product_id: str) -> None:
        """Note what goes into the cart."""
        tour = self._of(visit)
        tour.cart = (*tour.cart[-99:], product_id)

    def remove(self, visit: str, product_id: str) -> None:
        """Note what leaves the cart: a line each."""
        tour = self._of(visit)
        if product_id in tour.cart:
            at = tour.cart.index(product_id)
            tour.cart = (*tour.cart[:at], *tour.cart[at + 1 :])

    def end(self, visit: str) -> None:
        """Forget a visit."""
        self._open.pop(visit, None)

    def _of(self, visit: str) -> Tour:
        tour = self._open.pop(visit, None) or Tour()
        self._open[visit] = tour
        if len(self._open) > _TOURS:
            self._open.popitem(last=False)
        return tour
