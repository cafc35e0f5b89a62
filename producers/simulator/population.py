"""The users: what they like, how they are, and who comes next."""

from __future__ import annotations

from bisect import bisect
from itertools import accumulate
from random import Random
from typing import Final, TypeAlias

from producers.simulator.catalogue import CATEGORIES, FACTORS, Catalogue, Item
from producers.simulator.parameters import BINS, COUNTRIES, DEVICES, Persona

__all__ = ["Population", "User"]

Shelf: TypeAlias = tuple[tuple[Item, ...], ...]

_AT_FIRST: Final = 600
# Share of the sessions that a user begins who was never here before.
_NEW: Final = 0.035
_SAME_DEVICE: Final = 0.8
_BOTS: Final = 80


class User:
    """One user. All but `user_id`, `country` and the device of a session is latent.

    Parameters
    ----------
    persona : int
        Number of the persona.
    taste : tuple of float
        Multiplied with the factors of products.
    thrift : float
        How much a high price within the category puts off.
    mood : float
        Above zero: reviews kindly.
    """

    __slots__ = (
        "activity", "beliefs", "categories", "country", "device", "is_busy", "mood", "persona", "sessions",
        "shelves", "taste", "thrift", "user_id",
    )  # fmt: skip

    def __init__(self, number: int, rng: Random, personas: tuple[Persona, ...]) -> None:
        self.user_id = f"user-{number:06d}"
        self.persona = bisect(list(accumulate(who.share for who in personas))[:-1], rng.random())
        self.device = rng.choices(range(len(DEVICES)), (5, 4, 1))[0]
        self.country = rng.choice(COUNTRIES)
        self.taste = tuple(rng.gauss(0.0, 1.0) for _ in range(FACTORS))
        self.thrift = rng.gauss(0.4, 0.4)
        self.mood = rng.gauss(0.3, 0.8)
        self.activity = rng.lognormvariate(0.0, 0.6)
        likes = list(range(len(CATEGORIES)))
        rng.shuffle(likes)
        wide = 0.15 + 0.85 * personas[self.persona].wide
        weights = [wide**rank for rank in range(len(likes))]
        self.categories = (likes, list(accumulate(weights)))
        self.sessions = 0
        self.is_busy = False
        self.beliefs: tuple[float, ...] = tuple(who.share for who in personas)
        self.shelves: dict[int, tuple[int, Shelf]] = {}

    def category(self, draw: float) -> int:
        """The category that a number in [0, 1) points at."""
        likes, weights = self.categories
        return likes[min(bisect(weights, draw * weights[-1]), len(likes) - 1)]

    def shelf(self, category: int, catalogue: Catalogue) -> Shelf:
        """The products of a category in the terciles (low, mid, high) of their appeal to this user."""
        version = catalogue.versions[category]
        known = self.shelves.get(category)
        if known is not None and known[0] == version:
            return known[1]
        items = catalogue.shelves[category]
        mean = sum(item.list_price for item in items) / len(items)
        a, b, c, d = self.taste
        thrift = self.thrift / mean
        # Spelt out and not zipped: with a quarter of all views at a new shelf this was an eighth of the time.
        appeal = [
            a * f[0] + b * f[1] + c * f[2] + d * f[3] + item.quality - thrift * item.list_price
            for item in items
            for f in (item.factors,)
        ]
        ranked = [items[place] for place in sorted(range(len(items)), key=appeal.__getitem__)]
        edges = [round(len(ranked) * part / len(BINS)) for part in range(len(BINS) + 1)]
        shelf = tuple(tuple(ranked[low:high]) for low, high in zip(edges, edges[1:], strict=False))
        self.shelves[category] = (version, shelf)
        return shelf


class Population:
    """Everybody who may come.

    Parameters
    ----------
    rng : Random
        Only the population draws from it.
    personas : tuple of Persona
        Of the shop.
    """

    def __init__(self, rng: Random, personas: tuple[Persona, ...]) -> None:
        self._rng = rng
        self._personas = personas
        self._users: list[User] = []
        self._bots: list[User] = []
        self._activity: list[float] = []
        for _ in range(_AT_FIRST):
            # Most of them were here before the log begins.
            self._join().sessions = 1 if rng.random() < 0.8 else 0

    def _another(self) -> User:
        return User(len(self._users) + len(self._bots) + 1, self._rng, self._personas)

    def _join(self) -> User:
        user = self._another()
        self._users.append(user)
        self._activity.append((self._activity[-1] if self._activity else 0.0) + user.activity)
        return user

    def comes(self) -> User:
        """Who begins the next session: someone who has none open, or somebody new."""
        rng = self._rng
        if rng.random() >= _NEW:
            for _ in range(8):
                place = bisect(self._activity, rng.random() * self._activity[-1])
                user = self._users[min(place, len(self._users) - 1)]
                if not user.is_busy:
                    return user
        return self._join()

    def bot(self) -> User:
        """Which bot begins the next session: each has an account of its own, and they take turns."""
        rng = self._rng
        for _ in range(8):
            user = rng.choice(self._bots) if len(self._bots) >= _BOTS else self._open_account()
            if not user.is_busy:
                return user
        return self._open_account()

    def _open_account(self) -> User:
        user = self._another()
        self._bots.append(user)
        return user

    def device(self, user: User) -> int:
        """The device of this session: mostly the user's own."""
        return user.device if self._rng.random() < _SAME_DEVICE else self._rng.randrange(len(DEVICES))
