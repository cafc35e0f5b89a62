"""Ranking: an answer is a list of items, the likeliest first; the label is the item that came next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from msgspec import ValidationError, json

from contracts.bounds import Id, Ranked, RankedItem
from models.kinds.kind import Floats, Ints, Kind, Metric, NoAnswer, Role, Scores
from models.kinds.scored import Columns, Lines

__all__ = ["Ranking"]

_RECALLED = 10
_ENCODER = json.Encoder()
_DECODER = json.Decoder(Ranked)


@dataclass(frozen=True)
class Ranking(Kind):
    """A list is asked for, and judged by the place of the item that came."""

    name: ClassVar = "ranking"
    metrics: ClassVar = (
        Metric("rank_loss", "1 - MRR", "loss"),
        Metric("mrr", "MRR", "ratio"),
        Metric("recall_at_10", "recall@10", "share"),
        Metric("ndcg", "NDCG", "ratio"),
    )
    charted: ClassVar = "mrr"

    def checked(self, given: Any) -> list[RankedItem]:
        """See `Kind`.

        Examples
        --------
        >>> Ranking().checked([("a", 2), ("b", 1.0)])
        [RankedItem(item='a', score=2.0, because={}), RankedItem(item='b', score=1.0, because={})]
        """
        ranked = [
            one if isinstance(one, RankedItem) else RankedItem(str(one[0]), float(one[1])) for one in given
        ]
        different = len({one.item for one in ranked})
        if different < len(ranked):
            msg = f"answered {len(ranked)} items, {different} of them different"
            raise NoAnswer(msg)
        # By way of JSON: half the time of `held_to`, and it is asked of each model of each decision point.
        try:
            held: list[RankedItem] = _DECODER.decode(_ENCODER.encode(ranked))
        except ValidationError as error:
            msg = f"answered {str(given)[:200]}: {error}"
            raise NoAnswer(msg) from error
        return held

    def is_label(self, label: Any) -> bool:
        """See `Kind`."""
        return self.is_of(Id, label)

    def loss(self, label: Any, answer: Sequence[RankedItem]) -> float:
        """1 less the reciprocal rank, 1 where the item is not in the list.

        Examples
        --------
        >>> ranking = Ranking()
        >>> ranking.loss("b", ranking.checked([("a", 2.0), ("b", 1.0)])), ranking.loss("c", [])
        (0.5, 1.0)
        """
        rank = self.kept(label, answer)
        return 1.0 - 1.0 / rank if rank else 1.0

    def kept(self, label: Any, answer: Sequence[RankedItem]) -> float:
        """The rank of the item that came, from 1 on; 0 where it is not in the list."""
        return next((float(place) for place, one in enumerate(answer, 1) if one.item == label), 0.0)

    def kept_label(self, label: Any) -> float:
        """See `Kind`: what came is in the ranks."""
        return 1.0

    def lines(self, told_ms: int, truth: Any) -> Lines | None:
        """The rank that the law of the next item gives the item that came, from 1 on."""
        return Lines(told_ms, truth=float(truth)) if isinstance(truth, float | int) and truth >= 1.0 else None

    def losses(self, labels: Floats, kept: Floats) -> Floats:
        """See `Kind`."""
        return 1.0 - _reciprocal(kept)

    def say(self, answer: Any) -> str:
        """The first items."""
        return answer if isinstance(answer, str) else ", ".join(one.item for one in answer[:3])

    def oracle(self, columns: Columns) -> Scores:
        """The MRR of one who knows the law of the next item."""
        known = columns.truth[np.isfinite(columns.truth)]
        return {"mrr": float(_reciprocal(known).mean())} if len(known) else {}

    def board(
        self, columns: Columns, order: Sequence[str], role_of: Callable[[str], Role], window: int
    ) -> dict[str, Any]:
        """See `Kind`; with the share of what lies between the best baseline's MRR and the oracle's."""
        found = super().board(columns, order, role_of, window)
        best = self.oracle(columns).get("mrr")
        floors = [one["mrr"] for one in found["baselines"].values() if one["mrr"] is not None]
        for scores in (*found["models"].values(), *found["baselines"].values()):
            share = None
            if best is not None and floors and scores["mrr"] is not None and best > max(floors):
                share = (scores["mrr"] - max(floors)) / (best - max(floors))
            scores["share_of_learnable"] = share
        return {**found, "oracle": self.oracle(columns)}

    def evaluation(self, labels: Floats, kept: Floats, sessions: Ints) -> Mapping[str, float | None]:
        """See `Kind`.

        References
        ----------
        K. Järvelin, J. Kekäläinen, Cumulated gain-based evaluation of IR techniques, ACM TOIS 20 (4), 2002: with one
        item that is relevant, NDCG is 1 / log2(1 + rank).
        """
        mrr = float(_reciprocal(kept).mean())
        gains = np.where(kept > 0.0, 1.0 / np.log2(1.0 + np.maximum(kept, 1.0)), 0.0)
        return {
            "rank_loss": 1.0 - mrr,
            "mrr": mrr,
            "recall_at_10": float(((kept > 0.0) & (kept <= _RECALLED)).mean()),
            "ndcg": float(gains.mean()),
        }


def _reciprocal(ranks: Floats) -> Floats:
    return np.where(ranks > 0.0, 1.0 / np.maximum(ranks, 1.0), 0.0)
