"""A task's features over the history: computed by the Python fold, and as they were logged.

Spark's Kafka source reads each Kafka partition in one task of its own, in the order of offsets, unless it is told to
cut them finer. So the fold runs where the records are read: nothing is shuffled, and of the log no more than a batch of
Arrow's is in memory.

Values travel as the bytes of their 64-bit floats beside the numbers: Spark compares bytes bit for bit, and numbers not.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pyspark.sql import DataFrame

from contracts.codec import decode
from contracts.errors import BadRecord
from contracts.features import feature_set_id
from contracts.records import Features
from contracts.topics import FEATURES
from models.belief import OF_ANY_TIME, believed
from models.history import FeatureHistory
from models.tasks import TaskSpec
from spark_jobs.feature_sets import names_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "computed",
    "decisions",
    "fold_batches",
    "logged",
    "read_batches",
    "tallies",
    "values_of",
]

_COMPUTED: Final = "partition int, offset bigint, event_id string, features array<double>, bits binary"
_LOGGED: Final = "partition int, offset bigint, bits binary"
_TALLY: Final = "reason string, records bigint"


def values_of(bits: bytes) -> tuple[float, ...]:
    r"""The numbers in a row's bytes.

    Examples
    --------
    >>> values_of(bytes(8) + bytes(7) + b"\x80")
    (0.0, -0.0)
    """
    return struct.unpack(f"<{len(bits) // 8}d", bits)


def computed(records: DataFrame, task: TaskSpec) -> DataFrame:
    """Fold each partition from its first record.

    Parameters
    ----------
    records : DataFrame
        All of the main input, as `spark_jobs.reading.read_spans` has it.
    task : TaskSpec
        Whose features.

    Returns
    -------
    DataFrame
        `decisions` and `tallies`.
    """
    without_models = replace(task, models=())  # they need not travel

    def fold(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from fold_batches(batches, without_models)

    return records.select("partition", "offset", "value").mapInArrow(fold, f"{_COMPUTED}, {_TALLY}")


def logged(records: DataFrame, task: TaskSpec) -> DataFrame:
    """What the task's models saw, as it was logged.

    Parameters
    ----------
    records : DataFrame
        All of ``ml.features``.
    task : TaskSpec
        Whose.

    Returns
    -------
    DataFrame
        `decisions` without events and numbers, `bits` null where other features were logged; and `tallies`.
    """
    name, width, number = task.name, len(names_of(task)), feature_set_id(task.name, names_of(task))

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from read_batches(batches, name, number, width)

    return records.select("partition", "value").mapInArrow(read, f"{_LOGGED}, {_TALLY}")


def decisions(frame: DataFrame) -> DataFrame:
    """One row a decision point: where it stands, its event (of computed ones), and its features."""
    return frame.where("offset IS NOT NULL").drop("reason", "records")


def tallies(frame: DataFrame) -> DataFrame:
    """How many records were read, by why they could not be used; null: they could."""
    return frame.where("offset IS NULL").groupBy("reason").sum("records").toDF("reason", "records")


def fold_batches(batches: Iterable[pa.RecordBatch], task: TaskSpec) -> Iterator[pa.RecordBatch]:
    """As `computed`, of the batches that one of Spark's tasks sees: partition, offset, value.

    Raises
    ------
    ValueError
        If a partition's records are not in their order.
    """
    width = len(names_of(task))
    histories: dict[int, FeatureHistory] = {}
    newest: dict[int, int] = {}
    read: Counter[str | None] = Counter()
    for batch in batches:
        asked = _Rows(width)
        for partition, offset, value in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            if offset <= newest.get(partition, -1):
                message = f"Partition {partition} must be read in its order. {offset} came behind {newest[partition]}."
                raise ValueError(message)
            newest[partition] = offset
            history = histories.setdefault(partition, FeatureHistory(task, partition))
            try:
                decided = history.step(value, offset)
            except BadRecord as error:
                read[error.reason] += 1
                continue
            read[None] += 1
            for found in decided:
                asked.add(partition, found.offset, found.event_id, found.values)
        yield asked.as_batch(with_features=True)
    yield _Rows(width).as_batch(with_features=True, read=read)


def read_batches(
    batches: Iterable[pa.RecordBatch], task: str, feature_set: int, width: int
) -> Iterator[pa.RecordBatch]:
    """As `logged`, of the batches that one of Spark's tasks sees: partition, value."""
    read: Counter[str | None] = Counter()
    for batch in batches:
        said = _Rows(width)
        for partition, value in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            try:
                one: Features | None = decode(FEATURES, value)
            except BadRecord as error:
                read[error.reason] += 1
                continue
            one = believed(one, partition, OF_ANY_TIME)
            if one is None:
                read["foreign"] += 1
                continue
            read[None] += 1
            if one.task == task:
                is_same = one.feature_set == feature_set and len(one.values) == width
                said.add(partition, one.offset, "", one.values if is_same else None)
        yield said.as_batch()
    yield _Rows(width).as_batch(read=read)


class _Rows:
    """Rows on their way to Arrow."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._pack = struct.Struct(f"<{width}d").pack
        self._partitions: list[int] = []
        self._offsets: list[int] = []
        self._events: list[str] = []
        self._bits: list[bytes | None] = []

    def add(self, partition: int, offset: int, event_id: str, values: Sequence[float] | None) -> None:
        self._partitions.append(partition)
        self._offsets.append(offset)
        self._events.append(event_id)
        self._bits.append(None if values is None else self._pack(*values))

    def as_batch(
        self, *, with_features: bool = False, read: Counter[str | None] | None = None
    ) -> pa.RecordBatch:
        """All rows, and behind them those of a tally."""
        import numpy as np
        import pyarrow as pa

        reasons = list(read or ())
        rows, more = len(self._offsets), [None] * len(reasons)
        columns = {
            "partition": pa.array([*self._partitions, *more], pa.int32()),
            "offset": pa.array([*self._offsets, *more], pa.int64()),
        }
        if with_features:
            columns["event_id"] = pa.array([*self._events, *more], pa.string())
            values = np.frombuffer(b"".join(bits or b"" for bits in self._bits), "<f8")
            ends = [self._width * number for number in range(rows + 1)]
            lists = pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(values))
            columns["features"] = pa.concat_arrays([lists, pa.nulls(len(more), lists.type)])
        columns["bits"] = pa.array([*self._bits, *more], pa.binary())
        columns["reason"] = pa.array([*[None] * rows, *reasons], pa.string())
        columns["records"] = pa.array([*[None] * rows, *(read or {}).values()], pa.int64())
        return pa.RecordBatch.from_pydict(columns)
