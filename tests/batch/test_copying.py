"""Lines for COPY, of what Spark sends."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from spark_jobs.copying import copy_lines, sendable


def test_lines_for_copy_escape_what_copy_would_read_otherwise(spark: SparkSession) -> None:
    frame = spark.createDataFrame(
        [
            ('a\\b\tc\nd\re\x00"', ['x"\\', "y"], [0.1, -0.0, 1e-320], None, True),
            (None, None, None, 7, None),
        ],
        "t string, n array<string>, d array<double>, missing long, b boolean",
    ).coalesce(1)
    (batch,) = sendable(frame).toArrow().combine_chunks().to_batches()
    assert copy_lines(batch, "tag").to_pylist() == [
        'tag\ta\\\\b\\tc\\nd\\re\ufffd"\t{"x\\\\"\\\\\\\\","y"}\t{0.1,-0,1e-320}\t\\N\ttrue\n',
        "tag\t\\N\t\\N\t\\N\t7\t\\N\n",
    ]


def test_times_are_of_utc_whatever_the_session_shows_and_doubles_keep_their_bits(spark: SparkSession) -> None:
    values = [0.1, 1e22, 5e-324, 1.7976931348623157e308, -0.0, 1 / 3]
    frame = spark.createDataFrame([(value,) for value in values], "d double").selectExpr(
        "d", "timestamp_micros(1767629191892001) AS t"
    )
    rows = [
        line.rstrip("\n").split("\t")
        for batch in sendable(frame).toArrow().to_batches()
        for line in copy_lines(batch).to_pylist()
    ]
    assert [float(d).hex() for d, _ in rows] == [value.hex() for value in values]
    assert {t for _, t in rows} == {"2026-01-05 16:06:31.892001"}


def test_a_type_without_a_form_is_refused(spark: SparkSession) -> None:
    with pytest.raises(TypeError, match="has no form"):
        sendable(spark.sql("SELECT map('a', 1) AS m"))
