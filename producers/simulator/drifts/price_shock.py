"""Price shock: everything costs more, and shoppers think twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from producers.simulator.behaviour import USUAL, Behaviour
from producers.simulator.drifts.drift import Drift

if TYPE_CHECKING:
    from producers.simulator.catalogue import Catalogue, Change

__all__ = ["PriceShock"]

_DEARER: Final = 1.6
_HESITANT: Final = Behaviour(
    leave=(-0.3, -1.1, -1.6),
    leave_cart=(0.1, -0.7, -1.4),
    leave_unseen=USUAL.leave_unseen,
    search=(-2.4, -1.8, -1.8),
    add=((-3.9, -2.2, -1.0), (-3.5, -1.8, -0.6), (-3.1, -1.4, -0.2)),
    remove=(-1.9, -1.6, -2.0),
    order=(-3.6, -2.2, -0.2),
    bins=USUAL.bins,
    dwell_s=(12.0, 26.0, 40.0),
    dwell_spread=USUAL.dwell_spread,
)


@dataclass(frozen=True)
class PriceShock(Drift):
    """All prices rise by six tenths; carts are filled to see what it comes to, and emptied or left more often."""

    name: ClassVar[str] = "price-shock"
    behaviours: ClassVar[tuple[Behaviour, ...]] = (_HESITANT,)

    def way(self, events: int, now: int) -> int | None:
        """The hesitant one."""
        return 0

    def begin(self, catalogue: Catalogue) -> list[Change]:
        """Raise the prices, of products to come as well."""
        return catalogue.change_level(_DEARER)

    def end(self, catalogue: Catalogue) -> list[Change]:
        """Take it back."""
        return catalogue.change_level(1.0 / _DEARER)
