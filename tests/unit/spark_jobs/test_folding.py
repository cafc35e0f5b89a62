"""The fold as Spark's tasks run it, on batches of Arrow's, without Spark."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pytest

from contracts.codec import encode
from contracts.records import Prediction
from contracts.topics import USER_EVENTS
from models.history import FeatureHistory
from models.tasks import TASKS
from producers.simulator import Scenario, Simulator
from spark_jobs.folding import fold_batches, names_of, read_batches, values_of

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
        if value not in (b"{", b"") and (found := plain.step(value, offset)) is not None:
            expected.append((1, offset, found.event_id, [found.features[name] for name in names_of(TASK)]))
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


def test_what_was_logged_is_brought_into_the_order_of_the_names_and_other_sets_have_no_bits() -> None:
    names = ("b", "a")

    def said(task: str, offset: int, features: dict[str, float]) -> bytes:
        return encode(
            Prediction(
                task=task, partition=1, offset=offset, event_id=f"e{offset}", user_id="u", session_id="s",
                time="2026-01-01T00:00:00.000Z", answers={}, served=None, features=features,
            )
        )  # fmt: skip

    values = [
        said("conversion", 1, {"a": 1.0, "b": -0.0}),
        said("conversion", 2, {"a": 1.0}),
        said("basket", 3, {"a": 1.0, "b": 2.0}),
        b"nothing",
        said("conversion", 4, {"a": 1.0, "b": 2.0}),
    ]
    partitions = [1] * 4 + [0]  # the last one lies where its learner does not write
    logged = pa.RecordBatch.from_pydict(
        {"partition": pa.array(partitions, pa.int32()), "value": pa.array(values, pa.binary())}
    )
    rows = pa.Table.from_batches(read_batches([logged], "conversion", names)).to_pylist()
    points = [(row["offset"], row["bits"]) for row in rows if row["offset"] is not None]
    assert [offset for offset, _ in points] == [1, 2]
    assert repr(values_of(points[0][1])) == "(-0.0, 1.0)" and points[1][1] is None
    assert {row["reason"]: row["records"] for row in rows if row["offset"] is None} == {
        None: 3,
        "not-json": 1,
        "foreign": 1,
    }
