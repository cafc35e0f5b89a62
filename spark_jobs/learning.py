"""What the learners wrote: predictions, their features, outcomes, labels that came late."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.schema import is_nothing, is_number, number_of

__all__ = ["features", "late_labels", "outcomes", "predictions"]


def _good(judged: DataFrame, kind: str) -> DataFrame:
    return judged.where(F.col("reason").isNull() & (F.col("event.type") == kind))


def _as_json(numbers: Column) -> Column:
    """A map as JSON text, with its nulls."""
    return F.to_json(numbers, {"ignoreNullFields": "false"})


def _of_event(*more: str) -> list[Column]:
    """Where the record stands, `more` of its fields, and which event it is about."""
    names = (*more, "partition", "offset", "event_id", "user_id", "session_id")
    fields = [F.col("event")[name].alias(name) for name in names]
    return [F.col("offset").alias("log_offset"), *fields, F.col("time")]


def predictions(judged: DataFrame) -> DataFrame:
    """One row a prediction."""
    event = F.col("event")
    return _good(judged, "Prediction").select(
        *_of_event("task"),
        _as_json(event["answers"]).alias("answers"),
        event["model"].alias("model"),
        event["latency_ms"].alias("latency_ms"),
    )


def features(judged: DataFrame) -> DataFrame:
    """One row a record of what models saw, in the order of the feature set's names."""
    event = F.col("event")
    return _good(judged, "Features").select(
        F.col("offset").alias("log_offset"),
        event["task"].alias("task"),
        "partition",
        event["offset"].alias("offset"),
        event["feature_set"].alias("feature_set"),
        event["values"].alias("features"),
    )


def outcomes(judged: DataFrame) -> DataFrame:
    """One row a label that settled, also where there will never be one."""
    event = F.col("event")
    return _good(judged, "Outcome").select(
        *_of_event("task"),
        number_of(event["label"]).alias("label"),
        F.when(~is_number(event["label"]) & ~is_nothing(event["label"]), F.to_json(event["label"])).alias(
            "other_label"
        ),
        event["why"].alias("why"),
        event["settled_offset"].alias("settled_offset"),
        event["settled_time"].try_cast("timestamp").alias("settled_time"),
        _as_json(event["answers"]).alias("answers"),
        _as_json(event["losses"]).alias("losses"),
    )


def late_labels(judged: DataFrame) -> DataFrame:
    """One row an event that came too late to change a label."""
    event = F.col("event")
    return _good(judged, "LateLabel").select(
        *_of_event(),
        event["event"].alias("event"),
    )
