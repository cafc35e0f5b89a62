"""Settled labels with what the models saw and answered, as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Example", "Examples"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Rows that are Python objects at a time: features of a row take ten times as much so.
_AT_A_TIME: Final = 10_000


class Example(NamedTuple):
    """One decision point whose label is settled.

    Parameters
    ----------
    partition, offset : int
        Of its event in the main input.
    session_id : str
        Decision points of one session share a label.
    time_ms, settled_ms : int
        Event time of the question, and of the record that settled the label.
    label : float
        0 or 1, or an amount.
    answers : mapping of str to float or None
        What each model answered then.
    features : sequence of float
        What they saw.
    """

    partition: int
    offset: int
    session_id: str
    time_ms: int
    settled_ms: int
    label: float
    answers: Mapping[str, float | None]
    features: Sequence[float]


@dataclass(frozen=True)
class Examples:
    """Many of `Example`, oldest first.

    Parameters
    ----------
    names : tuple of str
        Of the columns of `x`.
    x : ndarray of shape (n, n_features)
        Features.
    label, time_ms, settled_ms, partition, offset, session : ndarray of shape (n,)
        As in `Example`; sessions are numbered.
    answers : dict of str to ndarray of shape (n,)
        NaN where a model gave none.
    """

    names: tuple[str, ...]
    x: Floats
    label: Floats
    time_ms: Ints
    settled_ms: Ints
    partition: Ints
    offset: Ints
    session: Ints
    answers: dict[str, Floats]

    def __len__(self) -> int:
        return len(self.label)

    def column(self, name: str) -> Floats:
        """One feature."""
        return self.x[:, self.names.index(name)]

    def window(self, rows: Ints) -> dict[str, tuple[int, int]]:
        """Offsets [from, to) that hold `rows`, by partition."""
        return {
            str(number): (int(offsets.min()), int(offsets.max()) + 1)
            for number in np.unique(self.partition[rows]).tolist()
            if len(offsets := self.offset[rows][self.partition[rows] == number])
        }

    @classmethod
    def of(cls, rows: Iterable[Example], names: Sequence[str]) -> Examples:
        """Put `rows`, in any order, into arrays.

        Parameters
        ----------
        rows : iterable of Example
            Read once.
        names : sequence of str
            Of their features, in order.
        """
        sessions: dict[str, int] = {}
        numbers: list[tuple[int, int, int, int, int]] = []
        labels: list[float] = []
        answers: dict[str, list[float]] = {}
        matrices: list[Floats] = []
        source = iter(rows)
        while chunk := list(islice(source, _AT_A_TIME)):
            matrices.append(np.array([one.features for one in chunk], dtype=np.float64))
            for one in chunk:
                session = sessions.setdefault(one.session_id, len(sessions))
                numbers.append((one.partition, one.offset, session, one.time_ms, one.settled_ms))
                for name, answer in one.answers.items():
                    given = answers.setdefault(name, [])
                    given.extend([np.nan] * (len(labels) - len(given)))
                    given.append(np.nan if answer is None else answer)
                labels.append(one.label)
        table = np.array(numbers, dtype=np.int64).reshape(-1, 5)
        # By time, and where times are equal in the order of the log.
        order = np.lexsort((table[:, 1], table[:, 0], table[:, 3]))
        partition, offset, session_numbers, time_ms, settled_ms = table[order].T
        x = np.concatenate(matrices) if matrices else np.empty((0, len(names)))
        return cls(
            names=tuple(names),
            x=x.reshape(-1, len(names))[order],
            label=np.array(labels, dtype=np.float64)[order],
            time_ms=time_ms,
            settled_ms=settled_ms,
            partition=partition,
            offset=offset,
            session=session_numbers,
            answers={
                name: np.array(given + [np.nan] * (len(labels) - len(given)))[order]
                for name, given in answers.items()
            },
        )
