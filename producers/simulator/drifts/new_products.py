"""New products: most of what shoppers know is gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from producers.simulator.behaviour import USUAL, Behaviour
from producers.simulator.drifts.drift import Drift

if TYPE_CHECKING:
    from producers.simulator.catalogue import Catalogue, Change

__all__ = ["NewProducts"]

_REPLACED: Final = 0.75
_CURIOUS: Final = Behaviour(
    leave=(-0.6, -1.4, -1.9),
    leave_cart=(-0.3, -1.2, -2.3),
    leave_unseen=USUAL.leave_unseen,
    search=(-2.0, -1.6, -2.1),
    add=((-3.6, -2.6, -1.7), (-3.2, -2.2, -1.3), (-2.8, -1.8, -0.8)),
    remove=(-2.0, -1.9, -2.8),
    order=(-3.2, -1.6, 0.7),
    bins=USUAL.bins,
    dwell_s=(14.0, 28.0, 46.0),
    dwell_spread=USUAL.dwell_spread,
)


@dataclass(frozen=True)
class NewProducts(Drift):
    """Three products of four are replaced at once; shoppers look longer, search more and try things in the cart."""

    name: ClassVar[str] = "new-products"
    behaviours: ClassVar[tuple[Behaviour, ...]] = (_CURIOUS,)

    def way(self, events: int, now: int) -> int | None:
        """The curious one."""
        return 0

    def begin(self, catalogue: Catalogue) -> list[Change]:
        """Retire the old products and list the new ones. They stay when the drift ends."""
        return catalogue.replace_many(_REPLACED)
