"""One session as it goes: which outcome comes next, which product it is, and what the oracle says."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable
from random import Random

from contracts.events import (
    CartAdded,
    CartRemoved,
    OfferTaken,
    OrderPlaced,
    Product,
    ProductViewed,
    Searched,
    SessionEnded,
)
from contracts.records import Truth
from producers.event_writer import EventWriter
from producers.simulator.blind import BlindFilter
from producers.simulator.catalogue import CATEGORIES, Catalogue, Item
from producers.simulator.chain import (
    ADD,
    DWELL_EDGES_MS,
    NEXT_STATE,
    ORDER,
    REMOVE,
    SEARCH,
    VIEW_HIGH,
    clip,
)
from producers.simulator.oracle import BayesFilter
from producers.simulator.parameters import INTENTS, OFFERS
from producers.simulator.population import User

__all__ = ["Line", "Visit"]

# Of those who leave without an order, this many just close the window: only silence settles their labels.
_SILENT = 0.2
_STAY_IN_CATEGORY = 0.7
_TAKE_OFFER = 0.7
_WIDTHS_MS = tuple(high - low for low, high in zip(DWELL_EDGES_MS, DWELL_EDGES_MS[1:], strict=False))


class Line:
    """One line of a cart: the product as it was when it was added."""

    __slots__ = ("item", "product", "quantity")

    def __init__(self, item: Item, quantity: int) -> None:
        self.item = item
        self.product: Product = item.snapshot
        self.quantity = quantity


class Visit:
    """A session under way.

    Parameters
    ----------
    user : User
        Whose it is.
    session_id : str
        Its id; the cart has the same.
    intent : int
        What they came for.
    offer : int
        Which of `OFFERS` was shown.
    chances : tuple of tuple of float
        By state the cumulated chances of the outcomes for this intent: the true ones, from which is drawn.
    dwell : tuple of float
        The cumulated chances of the classes of dwell for this intent.
    clairvoyant : tuple of float
        By state what the oracle says who knows the intent.
    bayes, blind : BayesFilter, BlindFilter
        Started with the priors of this session.
    rng : Random
        Drawn from.
    catalogue : Catalogue
        Where products are found.
    writer : EventWriter
        Told what happens.
    ended : callable
        Called with the session and the time when it is over; with `lines` it ended in an order.
    """

    __slots__ = (
        "_bayes", "_blind", "_catalogue", "_category", "_chances", "_clairvoyant", "_draw", "_dwell",
        "_dwell_class", "_ended", "_intent", "_item", "_offer", "_persona", "_state", "_writer", "lines",
        "session_id", "user",
    )  # fmt: skip

    def __init__(
        self,
        *,
        user: User,
        session_id: str,
        intent: int,
        persona: str,
        offer: int,
        chances: tuple[tuple[float, ...], ...],
        dwell: tuple[float, ...],
        clairvoyant: tuple[float, ...],
        bayes: BayesFilter,
        blind: BlindFilter,
        rng: Random,
        catalogue: Catalogue,
        writer: EventWriter,
        ended: Callable[[Visit, int], None],
    ) -> None:
        self.user = user
        self.session_id = session_id
        self.lines: list[Line] = []
        self._intent = INTENTS[intent]
        self._persona = persona
        self._offer = offer
        self._chances = chances
        self._dwell = dwell
        self._clairvoyant = clairvoyant
        self._bayes = bayes
        self._blind = blind
        self._draw = rng.random
        self._catalogue = catalogue
        self._writer = writer
        self._ended = ended
        self._state = 0
        self._dwell_class = 0
        self._category = user.category(self._draw())
        self._item: Item | None = None

    def wait_ms(self) -> int:
        """Draw the dwell before the next event: its class by the intent, its length within the class evenly."""
        self._dwell_class = number = bisect(self._dwell, self._draw())
        return DWELL_EDGES_MS[number] + int(self._draw() * _WIDTHS_MS[number])

    def step(self, now: int) -> int | None:
        """Let the next thing happen.

        Returns
        -------
        int or None
            Milliseconds until the one after it; None: the session is over.
        """
        state = self._state
        outcome = bisect(self._chances[state], self._draw())
        if outcome > ORDER:
            self._leave(now)
            self._ended(self, now)
            return None
        self._bayes.see(state, outcome, self._dwell_class)
        self._blind.see(state, outcome, self._dwell_class)
        self._state = NEXT_STATE[state][outcome]
        if outcome <= VIEW_HIGH:
            self._view(now, outcome)
        elif outcome == ADD:
            self._add(now)
        elif outcome == SEARCH:
            self._search(now)
        elif outcome == REMOVE:
            self._remove(now)
        else:
            self._order(now)
            self._ended(self, now)
            return None
        # As `wait_ms`, spelt out: it happens at every event.
        self._dwell_class = number = bisect(self._dwell, self._draw())
        return DWELL_EDGES_MS[number] + int(self._draw() * _WIDTHS_MS[number])

    def _tell(self, now: int, event_id: str) -> None:
        state = self._state
        self._writer.truth(
            now,
            self.user.user_id,
            Truth(
                event_id=event_id,
                session_id=self.session_id,
                time=self._writer.time,
                clairvoyant=self._clairvoyant[state],
                bayes=clip(self._bayes.order(state)),
                bayes_blind=clip(self._blind.order(state)),
                intent=self._intent,
                persona=self._persona,
            ),
        )

    def _view(self, now: int, tercile: int) -> None:
        draw = self._draw
        if draw() >= _STAY_IN_CATEGORY:
            self._category = self.user.category(draw())
        choice = self.user.shelf(self._category, self._catalogue)[tercile]
        self._item = item = choice[int(draw() * len(choice))]
        event_id = self._writer.user(
            ProductViewed, now, self.user.user_id, self.session_id, product=item.snapshot
        )
        self._tell(now, event_id)

    def _add(self, now: int) -> None:
        item = self._item
        if item is None:  # pragma: no cover - the chain adds only what is in view
            msg = "Something was added with nothing in view."
            raise AssertionError(msg)
        draw = self._draw()
        line = Line(item, 1 if draw < 0.8 else 2 if draw < 0.95 else 3)
        self.lines.append(line)
        event_id = self._writer.user(
            CartAdded,
            now,
            self.user.user_id,
            self.session_id,
            cart_id=self.session_id,
            product=line.product,
            quantity=line.quantity,
        )
        self._tell(now, event_id)

    def _search(self, now: int) -> None:
        draw = self._draw
        self._category = self.user.category(draw())
        query = CATEGORIES[self._category]
        if draw() < 0.5:
            choice = self._catalogue.shelves[self._category]
            query = f"{choice[int(draw() * len(choice))].brand} {query}"
        self._writer.user(Searched, now, self.user.user_id, self.session_id, query=query)

    def _remove(self, now: int) -> None:
        line = self.lines.pop(int(self._draw() * len(self.lines)))
        self._writer.user(
            CartRemoved,
            now,
            self.user.user_id,
            self.session_id,
            cart_id=self.session_id,
            product=line.product,
            quantity=line.quantity,
        )

    def _order(self, now: int) -> None:
        writer, user_id, session_id = self._writer, self.user.user_id, self.session_id
        if self._offer and self._draw() < _TAKE_OFFER:
            writer.user(OfferTaken, now, user_id, session_id, offer=OFFERS[self._offer])
        writer.user(
            OrderPlaced,
            now,
            user_id,
            session_id,
            cart_id=session_id,
            order_id=f"o-{session_id[2:]}",
            total=round(sum(line.product.price * line.quantity for line in self.lines), 2),
            lines=len({line.item.product_id for line in self.lines}),
        )
        for line in self.lines:
            for kind, item in self._catalogue.sell(line.item, line.quantity):
                writer.product(kind, now, item.snapshot, item.name)
        self.user.beliefs = self._blind.personas()

    def _leave(self, now: int) -> None:
        self.lines.clear()
        self._blind.leave(self._state)
        self.user.beliefs = self._blind.personas()
        if self._draw() >= _SILENT:
            self._writer.user(SessionEnded, now, self.user.user_id, self.session_id)
