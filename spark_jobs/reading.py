"""Spans of topics as a DataFrame."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession

from spark_jobs.ledger import Span

__all__ = ["read_spans"]


def read_spans(spark: SparkSession, bootstrap: str, spans: Sequence[Span]) -> DataFrame:
    """The committed records of `spans`, all of one topic: topic, partition, offset, timestamp, value.

    The ends must not lie behind the last stable offset: there Spark waits for records that it may not see, and then
    fails.
    """
    topic = spans[0].topic
    starts = {str(span.partition): span.start for span in spans}
    ends = {str(span.partition): span.end for span in spans}
    return (
        spark.read.format("kafka")
        .option("kafka.bootstrap.servers", bootstrap)
        .option("kafka.isolation.level", "read_committed")
        .option("assign", json.dumps({topic: sorted(map(int, starts))}))
        .option("startingOffsets", json.dumps({topic: starts}))
        .option("endingOffsets", json.dumps({topic: ends}))
        .option("failOnDataLoss", "true")
        .load()
        .select("topic", "partition", "offset", "timestamp", "value")
    )
