"""What is scored: one label with the answers to it, and many of them as columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

__all__ = ["Columns", "Floats", "Lines", "ScoredLabel", "decode_answers"]

Floats = NDArray[np.float64]

Kept = float | list[float] | None
decode_answers = msgspec.json.Decoder(dict[str, Kept]).decode
"""The answers of one label, from JSON."""


class Lines(NamedTuple):
    """What the simulator knows of one decision point, told at `decided_ms` of event time.

    `truth` is what its `TaskTruth` leaves behind, for kinds whose truth is no chance; else the lines are there.
    """

    decided_ms: int
    clairvoyant: float | None = None
    bayes: float | None = None
    bayes_blind: float | None = None
    truth: float | None = None


_UNKNOWN: Final = Lines(0)


class ScoredLabel(msgspec.Struct, gc=False):
    """A label that is known, and what each model had answered.

    Parameters
    ----------
    task, partition, position : str, int, int
        Which one: `position` is the offset of the outcome on ``ml.outcomes``.
    settled_ms : int
        The partition's clock of settlements, which never goes back; with partition and position it orders labels.
    decided_ms : int
        Event time of the decision point.
    lines : Lines, optional
        None while the truth has not come.
    """

    task: str
    partition: int
    position: int
    settled_ms: int
    decided_ms: int
    event_id: str
    session_id: str
    label: float
    answers: dict[str, Kept]
    lines: Lines | None = None

    def order(self) -> tuple[int, int, int]:
        """Sort key: labels by when they were settled, the same whatever order partitions were read in."""
        return self.settled_ms, self.partition, self.position


@dataclass(frozen=True)
class Columns:
    """Labels as arrays of length n, in the order of settlement; NaN where a line or an answer is missing.

    Parameters
    ----------
    labels, clairvoyant, bayes, bayes_blind, truth : ndarray of float
        Labels, the lines of the oracle, and the truth of kinds that have another one.
    decided_ms : ndarray of int
        Event time of each decision point.
    sessions : ndarray of int
        Whose it was: the same number for the same session.
    answers : mapping of str to ndarray
        By model, in the order in which they were first seen.
    """

    labels: Floats
    clairvoyant: Floats
    bayes: Floats
    bayes_blind: Floats
    truth: Floats
    decided_ms: NDArray[np.int64]
    sessions: NDArray[np.int64]
    answers: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.labels)

    def where(self, chosen: NDArray[np.bool_] | slice) -> Columns:
        """Only the rows that are chosen."""
        return Columns(
            self.labels[chosen],
            self.clairvoyant[chosen],
            self.bayes[chosen],
            self.bayes_blind[chosen],
            self.truth[chosen],
            self.decided_ms[chosen],
            self.sessions[chosen],
            {model: answers[chosen] for model, answers in self.answers.items()},
        )

    def answered_by(self, model: str) -> tuple[Columns, Floats]:
        """The rows that `model` answered, and its answers: one that was quarantined is silent in the others."""
        answers = self.answers[model]
        known = np.isfinite(answers if answers.ndim == 1 else answers[:, 0])
        return (self, answers) if known.all() else (self.where(known), answers[known])

    def newest(self, n: int) -> Columns:
        """Only the last `n` rows."""
        return self.where(slice(-n, None)) if len(self) > n else self

    def with_oracle(self) -> Columns:
        """Only the rows whose truth is known, where any is; else all of them: a recorded shop has no oracle."""
        known = np.isfinite(self.bayes) | np.isfinite(self.truth)
        return self.where(known) if known.any() and not known.all() else self

    @classmethod
    def of(cls, rows: Iterable[ScoredLabel]) -> Columns:
        """From labels, in the order in which they come."""
        given = list(rows)
        lines = [r.lines or _UNKNOWN for r in given]
        return cls._from_lists(
            [r.label for r in given],
            [r.session_id for r in given],
            [r.decided_ms for r in given],
            [known.clairvoyant for known in lines],
            [known.bayes for known in lines],
            [known.bayes_blind for known in lines],
            [known.truth for known in lines],
            [r.answers for r in given],
        )

    @classmethod
    def from_tuples(cls, rows: Sequence[tuple[Any, ...]]) -> Columns:
        """From rows of (label, session, decided_ms, clairvoyant, bayes, bayes_blind, truth, JSON of the answers)."""
        label, session, decided_ms, clairvoyant, bayes, bayes_blind, truth, answers = (
            zip(*rows, strict=True) if rows else ((),) * 8
        )
        given = [decode_answers(text) for text in answers]
        return cls._from_lists(label, session, decided_ms, clairvoyant, bayes, bayes_blind, truth, given)

    @classmethod
    def _from_lists(
        cls,
        labels: Sequence[float],
        sessions: Sequence[str],
        decided_ms: Sequence[int],
        clairvoyant: Sequence[float | None],
        bayes: Sequence[float | None],
        bayes_blind: Sequence[float | None],
        truth: Sequence[float | None],
        answers: Sequence[Mapping[str, Kept]],
    ) -> Columns:
        # Numbers for names, once: sorting names for each model's standard error took longer than all the rest.
        numbers: dict[str, int] = {}
        models: dict[str, None] = {}
        for names in {tuple(given): None for given in answers}:
            models.update(dict.fromkeys(names))
        return cls(
            _floats(labels),
            _floats(clairvoyant),
            _floats(bayes),
            _floats(bayes_blind),
            _floats(truth),
            np.array(decided_ms, dtype=np.int64),
            np.array([numbers.setdefault(name, len(numbers)) for name in sessions], dtype=np.int64),
            {model: _kept([given.get(model) for given in answers]) for model in models},
        )


def _floats(values: Sequence[float | None]) -> Floats:
    # None becomes NaN.
    return np.array(values, dtype=np.float64)


def _kept(values: Sequence[Kept]) -> Floats:
    """Of shape (n,) where one number is kept of an answer, (n, k) where k are; NaN where there is no answer."""
    width = next((len(value) for value in values if isinstance(value, list)), 0)
    if not width:
        return np.array(values, dtype=np.float64)
    return np.array([[nan] * width if value is None else value for value in values], dtype=np.float64)
