"""Whether what was computed is what was logged, bit for bit."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from spark_jobs.folding import values_of

__all__ = ["KINDS", "WRONG", "Difference", "compared", "counts_of", "differences_of"]

KINDS: Final = ("equal", "different", "not_logged", "not_computed", "beyond", "other_features")
"""What may be said of a decision point; the comments on the table ``etl_backfill`` say what each is."""

WRONG: Final = ("different", "not_logged", "not_computed")
"""Those of them that break parity."""
_ROWS_SHOWN: Final = 10
_FEATURES_SHOWN: Final = 3


@dataclass(frozen=True)
class Difference:
    """One decision point that is not as it was logged, and one feature of it.

    Parameters
    ----------
    kind : str
        ``different``, ``not_logged`` or ``not_computed``.
    partition, offset : int
        Of the event on the main input.
    event_id : str
        Of the event; empty where only its features are there.
    feature : str or None
        Which; None where all of the row is missing.
    computed, logged : float or None
        The values.
    """

    kind: str
    partition: int
    offset: int
    event_id: str
    feature: str | None = None
    computed: float | None = None
    logged: float | None = None

    def __str__(self) -> str:
        """For people: numbers with all their digits."""
        where = f"{self.event_id} (partition {self.partition}, offset {self.offset})".lstrip()
        if self.feature is not None:
            return f"{where}: {self.feature} must be {self.computed!r}. Logged was {self.logged!r}."
        said = {
            "not_logged": "is not on ml.features",
            "not_computed": "was predicted, and this code would not ask there",
        }
        return f"{where}: {said[self.kind]}."


def compared(computed: DataFrame, logged: DataFrame, cut: Collection[int]) -> DataFrame:
    """Put every decision point beside what was logged of it.

    Parameters
    ----------
    computed, logged : DataFrame
        As `spark_jobs.folding.decisions` has them.
    cut : collection of int
        Partitions whose oldest features the log has lost. Of others all are there up to the newest.

    Returns
    -------
    DataFrame
        partition, offset, event_id, bits, logged_bits and `kind`, one of `KINDS`.
    """
    here = computed.select("partition", "offset", "event_id", "bits")
    there = logged.select(
        "partition", "offset", F.lit(True).alias("is_logged"), F.col("bits").alias("logged_bits")
    )
    first = F.when(F.col("partition").isin(list(cut)), F.min("offset")).otherwise(F.lit(0))
    span = logged.groupBy("partition").agg(first.alias("first"), F.max("offset").alias("last"))
    joined = here.join(there, on=["partition", "offset"], how="full").join(
        F.broadcast(span), on="partition", how="left"
    )
    is_between = F.col("offset").between(F.col("first"), F.col("last"))
    kind = (
        F.when(F.col("event_id").isNull(), "not_computed")
        .when(F.col("is_logged").isNull() & F.coalesce(is_between, F.lit(False)), "not_logged")
        .when(F.col("is_logged").isNull(), "beyond")
        .when(F.col("logged_bits").isNull(), "other_features")
        .when(F.col("bits") == F.col("logged_bits"), "equal")
        .otherwise("different")
    )
    return joined.select(
        "partition",
        "offset",
        F.coalesce("event_id", F.lit("")).alias("event_id"),
        "bits",
        "logged_bits",
        kind.alias("kind"),
    )


def counts_of(compared: DataFrame) -> dict[str, int]:
    """How many of each of `KINDS`."""
    found = {row["kind"]: row["count"] for row in compared.groupBy("kind").count().collect()}
    return {kind: found.get(kind, 0) for kind in KINDS}


def differences_of(compared: DataFrame, names: Sequence[str]) -> tuple[Difference, ...]:
    """The first ten rows that are not as they must be, with up to three features each."""
    wrong = compared.where(F.col("kind").isin(*WRONG)).orderBy("partition", "offset").limit(_ROWS_SHOWN)
    return tuple(one for row in wrong.collect() for one in _differences(row, names))


def _differences(row: Row, names: Sequence[str]) -> Iterator[Difference]:
    where: dict[str, Any] = {name: row[name] for name in ("kind", "partition", "offset", "event_id")}
    if row["kind"] != "different":
        yield Difference(**where)
        return
    here, there = bytes(row["bits"]), bytes(row["logged_bits"])
    other = (at for at in range(len(names)) if here[8 * at : 8 * at + 8] != there[8 * at : 8 * at + 8])
    for at in islice(other, _FEATURES_SHOWN):
        yield Difference(
            **where, feature=names[at], computed=values_of(here)[at], logged=values_of(there)[at]
        )
