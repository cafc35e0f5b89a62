"""Incremental matrix factorisation for implicit feedback: shopper and product in view against the next product."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.tasks.taste.moment import Moment
from models.tasks.taste.places import Places

__all__ = ["Factorisation"]

Floats = NDArray[np.float64]


class Factorisation:
    """Chances by a softmax over products: the shopper's factors and those of the product in view, times the next one's.

    A label is learnt against products drawn by chance, which the shopper did not touch: all products would cost their
    number a label. The generator of the draws is part of the state, so the same log gives the same bits.

    Parameters
    ----------
    factors : int
        Of each shopper and product.
    step, pull : float
        Of the gradient, and towards 0.
    negatives : int
        Products drawn a label.
    seed : int
        Of the generator.

    References
    ----------
    J. Vinagre, A. M. Jorge, J. Gama, Fast incremental matrix factorization for recommendation with positive-only
    feedback, UMAP 2014.
    S. Rendle, C. Freudenthaler, L. Schmidt-Thieme, Factorizing personalized Markov chains for next-basket
    recommendation, WWW 2010: the product in view beside the shopper.
    Y. Bengio, J.-S. Senécal, Adaptive importance sampling to accelerate training of a neural probabilistic language
    model, IEEE TNN 19 (4), 2008: softmax by sampled negatives.
    """

    def __init__(
        self, factors: int = 12, step: float = 0.1, pull: float = 0.002, negatives: int = 16, seed: int = 1
    ) -> None:
        self.factors = factors
        self.step = step
        self.pull = pull
        self.negatives = negatives
        self._rng = np.random.Generator(np.random.PCG64(seed))
        self._places = Places()
        # By factor and place: summed up factor by factor, the same bits wherever the arrays lie in memory.
        self._next: Floats = np.zeros((factors, 0))
        self._in_view: Floats = np.zeros((factors, 0))
        self._bias: Floats = np.zeros(0)
        self._shoppers: Floats = np.zeros((0, factors))
        self._whose: list[int] = []

    def chances(self, x: Moment) -> Floats:
        """See `Part`."""
        count = min(x.catalogue.count, len(self._bias))
        chances = np.zeros(x.catalogue.count)
        if count:
            context = self._context(x)
            logits = np.add.reduce(self._next[:, :count] * context[:, np.newaxis], axis=0)
            logits += self._bias[:count]
            logits -= logits.max()
            np.exp(logits, out=logits)
            logits *= x.catalogue.on_offer[:count]
            chances[:count] = logits / max(float(logits.sum()), 1e-9)
        return chances

    def learn(self, x: Moment, place: int) -> None:
        """See `Part`."""
        catalogue = x.catalogue
        fresh = self._places.follow(catalogue)
        if fresh is not None:
            self._take_in(fresh, x)
        shopper = x.shopper
        row = None
        if shopper is not None:
            row = shopper.place
            self._take_in_shopper(row, shopper.number)
        here = self._here(x)
        context = self._context(x)
        drawn = self._rng.integers(0, catalogue.count, self.negatives)
        drawn = drawn[(drawn != place) & (catalogue.on_offer[drawn] > 0.0)]
        who = np.concatenate(([place], drawn))
        weights = self._next[:, who]
        logits = np.add.reduce(weights * context[:, np.newaxis], axis=0) + self._bias[who]
        pull = np.exp(logits - logits.max())
        pull /= pull.sum()
        pull[0] -= 1.0
        pull *= -self.step
        # Drawn twice, a product moves once: `+=` at the same place does not add up, and need not.
        self._next[:, who] += context[:, np.newaxis] * pull - self.step * self.pull * weights
        self._bias[who] += pull
        gradient = np.add.reduce(weights * pull, axis=1)
        if row is not None:
            self._shoppers[row] += gradient - self.step * self.pull * self._shoppers[row]
        if here is not None:
            self._in_view[:, here] += gradient - self.step * self.pull * self._in_view[:, here]

    def _here(self, x: Moment) -> int | None:
        place = x.catalogue.place(x.touched[-1]) if x.touched else None
        return place if place is not None and place < len(self._bias) else None

    def _context(self, x: Moment) -> Floats:
        context = np.zeros(self.factors)
        shopper = x.shopper
        if shopper is not None and shopper.place < len(self._whose):
            if self._whose[shopper.place] == shopper.number:
                context += self._shoppers[shopper.place]
        here = self._here(x)
        if here is not None:
            context += self._in_view[:, here]
        return context

    def _take_in(self, fresh: NDArray[np.int64], x: Moment) -> None:
        catalogue = x.catalogue
        more = catalogue.count - len(self._bias)
        known = len(self._bias)
        if more:
            self._next = np.concatenate((self._next, np.zeros((self.factors, more))), axis=1)
            self._in_view = np.concatenate((self._in_view, np.zeros((self.factors, more))), axis=1)
            self._bias = np.concatenate((self._bias, np.zeros(more)))
        is_known = np.zeros(catalogue.count, dtype=bool)
        is_known[:known] = True
        is_known[fresh] = False
        categories = catalogue.categories[: catalogue.count]
        for place in fresh.tolist():
            # A new product begins as the mean of its category.
            alike = np.flatnonzero(is_known & (categories == categories[place]))
            noise = self._rng.normal(0.0, 0.1, (2, self.factors))
            if len(alike):
                self._next[:, place] = self._next[:, alike].mean(axis=1)
                self._in_view[:, place] = self._in_view[:, alike].mean(axis=1)
                self._bias[place] = self._bias[alike].mean()
            else:
                self._next[:, place] = self._in_view[:, place] = 0.0
                self._bias[place] = 0.0
            self._next[:, place] += noise[0]
            self._in_view[:, place] += noise[1]

    def _take_in_shopper(self, row: int, number: int) -> None:
        if row >= len(self._whose):
            self._whose += [-1] * (row + 1 - len(self._whose))
        if row >= len(self._shoppers):
            more = max(len(self._shoppers), row + 1 - len(self._shoppers), 64)
            self._shoppers = np.concatenate((self._shoppers, np.zeros((more, self.factors))))
        if self._whose[row] != number:
            self._whose[row] = number
            self._shoppers[row] = 0.0
