"""Models that are out: their answers must be null from then on, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from contracts.codec import decode
from contracts.errors import BadRecord
from contracts.records import ModelNews, ModelQuarantined, is_batch
from contracts.topics import MODELS
from infra.kafka import Record
from models.belief import OF_ANY_TIME, believed

__all__ = ["Quarantines"]


class Quarantines:
    """Which model of which task is out from which offset on, in one partition.

    Parameters
    ----------
    announced : iterable of Record
        Of ``ml.models``; other records than quarantines of this partition are passed over.
    partition : int
        Which partition of the main input.
    folded : mapping of (str, str) to int
        (task, model) and offset, as folding the log again found them: a new generation takes models out without
        announcing them once more.
    generations : iterable of int
        First offset of each generation after the first: new code may bring a model back.
    folded_since : int, optional
        From which offset on all was folded again: of an online model that fell in it, the fold knows.
    """

    def __init__(
        self,
        announced: Iterable[Record],
        partition: int,
        folded: Mapping[tuple[str, str], int],
        generations: Iterable[int],
        folded_since: int | None = None,
    ) -> None:
        self._out: dict[tuple[str, str], set[int]] = {}
        for record in announced:
            try:
                news: ModelNews | None = believed(decode(MODELS, record.value), record.partition, OF_ANY_TIME)
            except BadRecord:
                continue
            if not isinstance(news, ModelQuarantined) or news.partition != partition:
                continue
            name = (news.task, news.model)
            is_folded = folded_since is not None and news.offset >= folded_since and not is_batch(news.model)
            if not is_folded or folded.get(name) == news.offset:  # else made up by a stranger
                self._out.setdefault(name, set()).add(news.offset)
        self.announced = frozenset(
            (*name, offset) for name, offsets in self._out.items() for offset in offsets
        )
        for name, offset in folded.items():
            self._out.setdefault(name, set()).add(offset)
        self._generations = sorted(generations)

    def problem(self, task: str, offset: int, answers: Mapping[str, float | None]) -> str | None:
        """What is wrong with the answers at `offset`, in words."""
        for model, answer in answers.items():
            if answer is None and is_batch(model):
                continue  # it may not have been to be had: counted in `consumers.audit.batch`
            before = [out for out in self._out.get((task, model), ()) if out <= offset]
            if answer is None and not before:
                return f"{model} of {task} gave no answer for offset {offset}, and no record takes it out"
            # Taken out by this very record, it may have answered before it broke: that is for the chain to say.
            if (
                answer is not None
                and before
                and max(before) < offset
                and not self._is_renewed(max(before), offset)
            ):
                return f"{model} of {task} is out from offset {max(before)} on, and answered offset {offset}"
        return None

    def _is_renewed(self, out: int, offset: int) -> bool:
        return any(out < start <= offset for start in self._generations)
