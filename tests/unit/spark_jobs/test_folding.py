"""The fold as Spark's tasks run it, on batches of Arrow's, without Spark."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pytest

from contracts.features import encode_features
from contracts.records import Features
from contracts.topics import USER_EVENTS
from models.history import FeatureHistory
from models.tasks import TASKS
from producers.simulator import Scenario, Simulator
from spark_jobs.folding import fold_batches, read_batches, values_of

TASK = TASKS["conversion"]


def batch(rows: Iterable[tuple[int, int, bytes | None]]) -> pa.RecordBatch:
    partitions, offsets, values = zip(*rows, strict=True)
    return pa.RecordBatch.from_pydict(
        {
            "partition": pa.array(partitions, pa.int32()),
            "offset": pa.array(offsets, pa.int64()),
            "value": pa.array(values, pa.binary()),
        }
    )


def records() -> list[tuple[int, int, bytes | None]]:
    """Partition 1 of a shop, with gaps where markers of transactions stand, and two odd records."""
    shop = Simulator(Scenario(seed=3, events=400, partitions=2))
    values = [one.value for one in shop if (one.topic, one.partition) == (USER_EVENTS.name, 1)]
    values[20:20] = [b"{", b"{"]
    values.append(b"")
    return [(1, 2 * place, value) for place, value in enumerate(values)]


def test_rows_are_those_of_the_plain_fold_however_the_records_are_cut() -> None:
    plain = FeatureHistory(TASK, 1)
    all_of_it, expected = records(), []
    for _, offset, value in all_of_it:
        for found in plain.step(value, offset) if value not in (b"{", b"") else ():
            expected.append((1, offset, found.event_id, found.values))
    assert len(expected) > 50
    for size in (1, 50, 10_000):
        cut = [all_of_it[at : at + size] for at in range(0, len(all_of_it), size)]
        rows = pa.Table.from_batches(fold_batches(map(batch, cut), TASK)).to_pylist()
        points = [row for row in rows if row["offset"] is not None]
        assert [
            (row["partition"], row["offset"], row["event_id"], row["features"]) for row in points
        ] == expected
        assert [list(values_of(row["bits"])) for row in points] == [row[3] for row in expected]
        tally = {row["reason"]: row["records"] for row in rows if row["offset"] is None}
        assert tally == {None: len(all_of_it) - 3, "not-json": 2, "empty": 1}


def test_records_out_of_their_order_are_refused() -> None:
    first, second, *_ = records()
    with pytest.raises(ValueError, match="Partition 1 must be read in its order. 0 came behind 2"):
        list(fold_batches([batch([second, first])], TASK))


def test_what_was_logged_is_read_to_the_bit_and_other_sets_have_no_bits() -> None:
    def said(task: str, offset: int, feature_set: int, *values: float) -> bytes:
        return encode_features(Features(task=task, offset=offset, feature_set=feature_set, values=[*values]))

    values = [
        said("conversion", 1, 7, -0.0, 1.0),
        said("conversion", 2, 8, 1.0, 1.0),
        said("conversion", 3, 7, 1.0),
        said("basket", 4, 7, 1.0, 2.0),
        b"nothing",
        said("fortune", 5, 7, 1.0, 2.0),
    ]
    logged = pa.RecordBatch.from_pydict(
        {"partition": pa.array([1] * 6, pa.int32()), "value": pa.array(values, pa.binary())}
    )
    rows = pa.Table.from_batches(read_batches([logged], "conversion", 7, 2)).to_pylist()
    points = [(row["partition"], row["offset"], row["bits"]) for row in rows if row["offset"] is not None]
    assert [(partition, offset) for partition, offset, _ in points] == [(1, 1), (1, 2), (1, 3)]
    assert [bits and repr(values_of(bits)) for *_, bits in points] == ["(-0.0, 1.0)", None, None]
    assert {row["reason"]: row["records"] for row in rows if row["offset"] is None} == {
        None: 4,
        "not-json": 1,
        "foreign": 1,
    }
