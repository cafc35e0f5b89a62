"""Records as Spark's Kafka source has them, from a list of values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from pyspark.sql import DataFrame, SparkSession

APPENDED = datetime(2026, 1, 5, 9, tzinfo=UTC)


def records(
    spark: SparkSession, values: Iterable[bytes | None], topic: str = "t", partition: int = 0
) -> DataFrame:
    rows = [
        (topic, partition, offset, APPENDED, None if value is None else bytearray(value))
        for offset, value in enumerate(values)
    ]
    schema = "topic string, partition int, offset long, timestamp timestamp, value binary"
    return spark.createDataFrame(rows, schema)
