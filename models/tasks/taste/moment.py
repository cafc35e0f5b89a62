"""What the models of taste are asked with: numbers by name, and beside them who asks where, and the shop."""

from __future__ import annotations

from models.tasks.taste.catalogue import Catalogue
from models.tasks.taste.shoppers import Shopper, Shoppers

__all__ = ["Moment"]


class Moment(dict[str, float]):
    """The features of one decision point, which are logged, and what can't be told by numbers, which is not.

    Parameters
    ----------
    numbers : dict of str to float
        The declared features.
    catalogue : Catalogue
        The shop as it stands: it goes on while the label is waited for.
    shoppers : Shoppers
        All shoppers, as they stand.
    user_id : str
        Who asks.
    history : tuple of str
        What the shopper touched before this event, the newest last.
    touched : tuple of str
        What the visit touched, this event included, the newest last.
    left_out : tuple of str
        What must not be recommended: the product in view, and what is in the cart.
    """

    __slots__ = ("catalogue", "history", "left_out", "shoppers", "touched", "user_id")

    def __init__(
        self,
        numbers: dict[str, float],
        catalogue: Catalogue,
        shoppers: Shoppers,
        user_id: str,
        history: tuple[str, ...],
        touched: tuple[str, ...],
        left_out: tuple[str, ...],
    ) -> None:
        super().__init__(numbers)
        self.catalogue = catalogue
        self.shoppers = shoppers
        self.user_id = user_id
        self.history = history
        self.touched = touched
        self.left_out = left_out

    @property
    def shopper(self) -> Shopper | None:
        """Who asks; None: one of whom nothing is known yet."""
        return self.shoppers.get(self.user_id)

    def __reduce__(self) -> tuple[type[Moment], tuple[object, ...]]:
        """Pickle by its parts: a dict with slots would be filled before it has any."""
        return Moment, (
            dict(self),
            self.catalogue,
            self.shoppers,
            self.user_id,
            self.history,
            self.touched,
            self.left_out,
        )
