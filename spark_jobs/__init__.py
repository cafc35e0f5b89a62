"""The batch side: Spark moves what the topics say into the marts."""

from spark_jobs.errors import (
    EtlFailed,
    EtlRuns,
    LedgerMoved,
    MartsMismatch,
    OffsetsLost,
    SparkMissing,
    TopicRemade,
)
from spark_jobs.report import RunReport

__all__ = [
    "EtlFailed",
    "EtlRuns",
    "LedgerMoved",
    "MartsMismatch",
    "OffsetsLost",
    "RunReport",
    "SparkMissing",
    "TopicRemade",
]
