"""What is said of each decision point, and how a difference is told."""

from __future__ import annotations

import struct

import pytest
from pyspark.sql import DataFrame, SparkSession

from spark_jobs.parity import KINDS, Difference, compared, counts_of, differences_of

NAMES = ("one", "two")


def bits(*values: float) -> bytes:
    return struct.pack("<2d", *values)


def frame(spark: SparkSession, *rows: tuple[int, int, str, bytes | None]) -> DataFrame:
    return spark.createDataFrame(list(rows), "partition int, offset bigint, event_id string, bits binary")


def test_every_kind_is_told_apart_and_no_bit_is_passed_over(spark: SparkSession) -> None:
    here = frame(
        spark,
        (0, 1, "first", bits(1.0, 0.0)),  # partition 0 has all of its predictions up to the newest, 9
        (0, 3, "same", bits(1.0, float("nan"))),
        (0, 5, "zero", bits(1.0, 0.0)),
        (0, 7, "other", bits(1.0, 0.0)),
        (0, 11, "not yet", bits(1.0, 0.0)),
        (1, 1, "cut off", bits(1.0, 0.0)),  # of partition 1 the log has lost those before 3
        (1, 3, "oldest", bits(1.0, 2.0)),
        (2, 1, "of a partition without predictions", bits(1.0, 2.0)),
    )
    there = frame(
        spark,
        (0, 3, "same", bits(1.0, float("nan"))),
        (0, 5, "zero", bits(1.0, -0.0)),
        (0, 7, "other", None),
        (0, 9, "made up", bits(1.0, 0.0)),
        (1, 3, "oldest", bits(1.0, 2.0)),
    )
    both = compared(here, there.drop("event_id"), cut=[1]).cache()
    assert {row["event_id"]: row["kind"] for row in both.collect()} == {
        "first": "not_logged",
        "same": "equal",
        "zero": "different",
        "other": "other_features",
        "not yet": "beyond",
        "": "not_computed",
        "cut off": "beyond",
        "oldest": "equal",
        "of a partition without predictions": "beyond",
    }
    counts = (2, 1, 1, 1, 3, 1)
    assert counts_of(both) == dict(zip(KINDS, counts, strict=True))
    assert differences_of(both, NAMES) == (
        Difference("not_logged", 0, 1, "first"),
        Difference("different", 0, 5, "zero", "two", 0.0, -0.0),
        Difference("not_computed", 0, 9, ""),
    )
    both.unpersist()


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        (Difference("different", 1, 7, "e", "two", 0.1, -0.0), "two must be 0.1. Logged was -0.0."),
        (Difference("not_logged", 1, 7, "e"), "is not on ml.features."),
        (Difference("not_computed", 1, 7, "e"), "was predicted, and this code would not ask there."),
    ],
)
def test_a_difference_names_the_event_and_both_values(difference: Difference, said: str) -> None:
    assert str(difference) == f"e (partition 1, offset 7): {said}" or str(difference).endswith(said)
    assert str(difference).startswith("e (partition 1, offset 7)")
