"""What a batch model learns of a label, and how its output becomes an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from contracts.model_version import Signature
from models.batch.examples import Examples

__all__ = ["Target"]

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
    base : str, optional
        For amounts: the feature that they grow from. Learnt is log((1 + label) / (1 + base)): order values have
        heavy tails, and most of an order is in its cart already.
    weigh_by : tuple of str
        With `base`: features of which the largest says how much a row weighs. An error in currency weighs an error
        of the log ratio by the worth of the order; the label itself would pull the median upwards.
    """

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

    def signature(
        self, examples: Examples, rows: Ints, answer: Literal["probability", "amount"]
    ) -> Signature:
        """What a model that learned `rows` takes and gives; without examples yet."""
        if self.base is None:
            return Signature(features=examples.names, answer=answer)
        # A linear model's growth knows no bounds; a few recorded orders are a hundred times the usual.
        rest = np.quantile(examples.label[rows] - examples.column(self.base)[rows], 0.999)
        most = 2.0 * max(float(rest), 0.0)
        return Signature(features=examples.names, answer=answer, base=self.base, most=most)
