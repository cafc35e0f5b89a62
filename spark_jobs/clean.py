"""Bytes to events: what can be used, and what can't with the reason, as `contracts.codec` judges.

Built-in functions judge whole columns. Where they can't tell what msgspec can, `LENIENT` says what passes here that
the codec refuses; `STRICT` what the codec takes and Spark's parser does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Final, NamedTuple

import msgspec
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from contracts.codec import DEEPEST
from contracts.labels import AHEAD_MS
from models.kinds import Classification, Clustering, Kind, Ranking, Regression, Scalar
from models.tasks import TaskSpec
from spark_jobs.schema import declared_only, is_nothing, is_number, is_one_of, number_of, schema_of, tags_of

__all__ = ["LENIENT", "STRICT", "Seen", "judge", "refuse_foreign", "refuse_too_far_ahead", "ticks_of"]

LENIENT: Final = (
    "something after the JSON value",
    "half a surrogate pair (it becomes a question mark)",
    "anything where a text must be (its JSON counts as the text)",
    "the type given twice (the last one counts)",
    "null for a field that has a default and may not be null (it counts as left out)",
    "a field left out that must be there and may be null (it counts as null)",
    "an answer or a label of several parts whose parts are not those of its kind",
)
STRICT: Final = (
    "numbers of more than 1,000 digits",
    "a field that its type does not declare, but another type does, with a value of another kind",
    "a record without its type, where there is one type only",
    "a name twice in an answer or a label of several parts",
)

_BROKEN: Final = "_broken"
_PARSING: Final = {
    "mode": "PERMISSIVE",
    "columnNameOfCorruptRecord": _BROKEN,
    "allowNonNumericNumbers": "false",
    "allowSingleQuotes": "false",
}
# Possessive: Java's backtracking would overflow its stack on a long text.
_STRINGS: Final = r'"(?:[^"\\]++|\\.)*+"?'


class Seen(NamedTuple):
    """How far a partition of the main input has come: the end that is read to, and the latest time that is admitted."""

    end: int
    latest_ms: int | None


def judge(records: DataFrame, structs: Sequence[type[msgspec.Struct]]) -> DataFrame:
    """Parse and judge records.

    Parameters
    ----------
    records : DataFrame
        topic, partition, offset, timestamp and value, as Spark's Kafka source has them.
    structs : sequence of Struct
        What may stand on the topic. Their `time` (and `settled_time`) is held to the calendar.

    Returns
    -------
    DataFrame
        topic, partition, offset, appended_at; `event` with the fields of all structs, of which those of its own type
        may hold something; `time` as a timestamp (null where
        it is none); `reason`, null for what can be used.
    """
    schema = schema_of(*structs).add(StructField(_BROKEN, StringType()))
    parsed = records.select(
        "topic",
        "partition",
        F.col("offset"),
        F.col("timestamp").alias("appended_at"),
        F.col("value").cast("string").alias("text"),
        F.length("value").alias("bytes"),
    ).withColumn("event", F.from_json("text", schema, _PARSING))
    time = (
        F.col("event.time").try_cast("timestamp") if "time" in schema.names else F.lit(None).cast("timestamp")
    )
    timed = parsed.withColumn("time", time)
    return timed.select(
        "topic",
        "partition",
        "offset",
        "appended_at",
        declared_only(structs, F.col("event")).alias("event"),
        "time",
        _reason(schema, structs).alias("reason"),
    )


def _reason(schema: StructType, structs: Sequence[type[msgspec.Struct]]) -> Column:
    text, event = F.col("text"), F.col("event")
    tags = tags_of(structs)
    cases = [
        (F.col("bytes").isNull() | (F.col("bytes") == 0), "empty"),
        (_is_too_deep(text), "too-deep"),
        (~F.is_valid_utf8(text), "not-utf8"),
        (
            (event.isNull() | event[_BROKEN].isNotNull()) & F.try_parse_json(text).isNull(),
            "not-json",
        ),
        (event.isNull() | event[_BROKEN].isNotNull() | event["type"].isNull(), "not-an-event"),
        (~event["type"].isin(list(tags)), "unknown-type"),
        (~F.coalesce(is_one_of(structs, event), F.lit(False)), "not-an-event"),
    ]
    if "time" in schema.names:
        cases.append((F.col("time").isNull(), "no-such-time"))
    if "settled_time" in schema.names:
        settled = event["settled_time"]
        cases.append((settled.isNotNull() & settled.try_cast("timestamp").isNull(), "no-such-time"))
    (first, reason), *others = cases
    return reduce(lambda so_far, case: so_far.when(case[0], case[1]), others, F.when(first, reason))


def _is_too_deep(text: Column) -> Column:
    brackets = F.regexp_replace(text, r"[^\[{]", "")
    outside = F.regexp_replace(F.regexp_replace(text, _STRINGS, ""), r"[^\[\]{}]", "")
    depths = F.aggregate(
        F.split(outside, ""),
        F.struct(F.lit(0).alias("now"), F.lit(0).alias("most")),
        lambda so_far, one: F.struct(
            (so_far["now"] + _step(one)).alias("now"),
            F.greatest(so_far["most"], so_far["now"] + _step(one)).alias("most"),
        ),
        lambda end: end["most"],
    )
    return F.when(F.length(brackets) > DEEPEST, depths > DEEPEST).otherwise(F.lit(False))


def _step(bracket: Column) -> Column:
    return F.when(bracket.isin("[", "{"), 1).when(bracket.isin("]", "}"), -1).otherwise(0)


def refuse_foreign(judged: DataFrame, tasks: Mapping[str, TaskSpec], seen: Mapping[int, Seen]) -> DataFrame:
    """Give records of learners that are not theirs the reason ``foreign``, as `models.belief` judges.

    Each learner writes about its own partition alone, of what is on it, and about `tasks`; answers and labels are those
    that the task's kind can have.

    Parameters
    ----------
    judged : DataFrame
        As `judge` returns it.
    tasks : mapping of str to TaskSpec
        The portfolio.
    seen : mapping of int to Seen
        How far each partition of the main input has come.
    """
    event = F.col("event")
    task = event["task"]
    has = set(judged.select("event.*").columns)
    is_own = task.isNull() | task.isin(*tasks)
    if "partition" in has:
        is_own &= event["partition"] == F.col("partition")
    times = [F.col("time")]
    offsets = [event["offset"]]
    if "label" in has:
        label = event["label"]
        for name, spec in tasks.items():
            is_own &= is_nothing(label) | (task != name) | _is_label(spec.kind, label)
        times.append(event["settled_time"].try_cast("timestamp"))
        offsets.append(event["settled_offset"])
    if "answers" in has:
        for name, spec in tasks.items():
            is_own &= (task != name) | F.forall(F.map_values(event["answers"]), _can_answer(spec.kind))
    ends, latest_ms = _by_partition(seen, 0), _by_partition(seen, 1)
    for offset in offsets:
        is_own &= offset.isNull() | (offset < ends)
    for time in times:
        is_own &= F.coalesce(F.unix_millis(time) <= latest_ms, F.lit(True))
    reason = F.when(F.col("reason").isNull() & ~is_own, "foreign").otherwise(F.col("reason"))
    return judged.withColumn("reason", reason)


def _is_label(kind: Kind, label: Column) -> Column:
    """As `Kind.is_label`, of the kinds whose rule is known here."""
    number = number_of(label)
    match kind:
        case Classification():
            return is_number(label) & number.isin(0.0, 1.0)
        case Regression():
            return is_number(label) & number.between(kind.low, kind.high)
        case Ranking():
            return F.schema_of_variant(label) == "STRING"
        case Clustering():
            return F.lit(False)
    return F.schema_of_variant(label).startswith("OBJECT")


def _can_answer(kind: Kind) -> Callable[[Column], Column]:
    """Whether a model of a kind can give it, by its form."""
    if isinstance(kind, Scalar):
        return lambda answer: is_nothing(answer) | is_number(answer)
    form = "ARRAY" if isinstance(kind, Ranking) else "OBJECT"
    return lambda answer: is_nothing(answer) | F.schema_of_variant(answer).startswith(form)


def _by_partition(seen: Mapping[int, Seen], which: int) -> Column:
    """What is known of the record's partition; null where it is not known."""
    pairs = [F.lit(one) for p, of in seen.items() if of[which] is not None for one in (p, of[which])]
    return F.create_map(*pairs)[F.col("partition")] if pairs else F.lit(None).cast("long")


def ticks_of(judged: DataFrame) -> DataFrame:
    """The good ticks: partition, offset and time_ms of each; few, for the driver to look at in their order."""
    return judged.where(F.col("reason").isNull() & (F.col("event.type") == "ClockTicked")).select(
        "partition", "offset", F.unix_millis("time").alias("time_ms")
    )


def refuse_too_far_ahead(judged: DataFrame, clock: DataFrame) -> DataFrame:
    """Give what is more than a day ahead of its partition's clock the reason ``too-far-ahead``.

    Parameters
    ----------
    judged : DataFrame
        As `judge` returns it.
    clock : DataFrame
        partition, offset and ticked_ms: how the clock stood from each offset on (-1: before all that is read).
    """
    moved = clock.select("partition", "offset", "ticked_ms")
    before = Window.partitionBy("partition").orderBy("offset").rowsBetween(Window.unboundedPreceding, -1)
    joined = judged.join(
        F.broadcast(moved.where("offset >= 0")), on=["partition", "offset"], how="left"
    ).join(
        F.broadcast(moved.where("offset < 0").select("partition", F.col("ticked_ms").alias("started_ms"))),
        on="partition",
        how="left",
    )
    ticked = F.coalesce(F.last("ticked_ms", ignorenulls=True).over(before), F.col("started_ms"))
    ahead = F.col("reason").isNull() & (F.unix_millis("time") > ticked + F.lit(AHEAD_MS))
    return joined.withColumn("is_ahead", F.coalesce(ahead, F.lit(False))).select(
        "topic",
        "partition",
        "offset",
        "appended_at",
        "event",
        "time",
        F.when(F.col("is_ahead"), "too-far-ahead").otherwise(F.col("reason")).alias("reason"),
    )
