"""The training target of each task, and how raw output becomes a prediction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from contracts.model_version import Signature
from models.batch.examples import Examples
from models.features.basket import AMOUNTS

__all__ = ["TARGETS", "Target"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# As `models.online.growth` has them: a cart grows by no more than e**8, and no order weighs more than forty usual ones.
_LEAST, _MOST = -2.0, 8.0
_HEAVIEST: Final = 40.0


@dataclass(frozen=True)
class Target:
    """How labels are learnt.

    Parameters
    ----------
    answer : str
        ``probability`` or ``amount``.
    base : str, optional
        For amounts: the feature that they grow from. Learnt is log((1 + label) / (1 + base)): order values have
        heavy tails, and most of an order is in its cart already.
    weigh_by : tuple of str
        With `base`: features of which the largest says how much a row weighs. An error in currency weighs an error
        of the log ratio by the worth of the order; the label itself would pull the median upwards.
    """

    answer: Literal["probability", "amount"]
    base: str | None = None
    weigh_by: tuple[str, ...] = ()

    def of(self, examples: Examples, rows: Ints) -> tuple[Floats, Floats | None]:
        """What to learn of `rows`, and how much each of them weighs; None: all alike."""
        label = examples.label[rows]
        if self.base is None:
            return label, None
        base = examples.column(self.base)[rows]
        growth = np.clip(np.log1p(label) - np.log1p(base), _LEAST, _MOST)
        worth = np.max([examples.column(name)[rows] for name in self.weigh_by], axis=0)
        return growth, np.minimum((1.0 + worth) / (1.0 + np.median(label)), _HEAVIEST)

    def signature(self, examples: Examples, rows: Ints) -> Signature:
        """What a model that learned `rows` takes and gives; without examples yet."""
        if self.base is None:
            return Signature(features=examples.names, answer=self.answer)
        # A linear model's growth knows no bounds; a few recorded orders are a hundred times the usual.
        rest = np.quantile(examples.label[rows] - examples.column(self.base)[rows], 0.999)
        most = 2.0 * max(float(rest), 0.0)
        return Signature(features=examples.names, answer=self.answer, base=self.base, most=most)


TARGETS: Final[Mapping[str, Target]] = MappingProxyType(
    {
        "conversion": Target("probability"),
        "basket": Target("amount", AMOUNTS[0], (AMOUNTS[0], AMOUNTS[1])),
    }
)
"""By task."""
