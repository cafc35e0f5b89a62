"""What Spark takes and refuses is what the codec takes and refuses, but for what is listed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import VariantVal

from contracts.codec import decode, decode_user_event, time_ms
from contracts.errors import BadRecord
from contracts.events import ProductEvent, UserEvent
from contracts.records import Features, OutcomeRecord, Prediction
from contracts.topics import FEATURES, OUTCOMES, PREDICTIONS, Topic
from models.kinds import Ranking
from models.tasks import TASKS
from spark_jobs.clean import Seen, judge, refuse_foreign, refuse_too_far_ahead, ticks_of
from spark_jobs.schema import schema_of
from tests.batch.frames import records
from tests.corpus import corpus
from tests.odd_records import broken, told

GOLDEN = Path(__file__).parents[1] / "contract" / "golden"

# What `spark_jobs.clean.LENIENT` and `STRICT` say in words: the codec's reason, and what is found here.
DIFFERENT = {
    "two values": ("not-json", None),
    "a comment": ("not-json", None),
    "half a surrogate pair": ("not-json", None),
    "a user that is a number": ("not-an-event", None),
    "a type that is a number": ("not-an-event", "unknown-type"),
    "two types": ("unknown-type", None),
    "a price of 6,000 digits": ("not-an-event", "not-json"),
    "an unknown field of 6,000 digits": (None, "not-json"),
    "a price in full": (None, "not-json"),
    "stray stars that are no whole number": (None, "not-an-event"),
}


def codec_says(value: bytes | None) -> str | None:
    try:
        decode_user_event(value)
    except BadRecord as error:
        return error.reason
    return None


def test_the_corpus_of_odd_bytes_is_judged_as_by_the_codec(spark: SparkSession) -> None:
    odd = corpus()
    judged = judge(records(spark, [one.value for one in odd]), get_args(UserEvent))
    found = {odd[row["offset"]].name: row["reason"] for row in judged.select("offset", "reason").collect()}
    said = {one.name: codec_says(one.value) for one in odd}
    assert len(found) == len(odd)
    assert {name: (said[name], found[name]) for name in said if said[name] != found[name]} == DIFFERENT


# As above: what Spark alone takes, and the codec alone.
_IDS = ("event_id", "user_id", "session_id")
_LENIENT = {
    "ml.predictions": {f"Prediction.{name}: a number for a text" for name in ("task", "model", *_IDS)}
    | {"Prediction.model: left out", "Prediction.prediction: left out"},
    "ml.features": {"Features.task: a number for a text"},
    "ml.outcomes": {f"Outcome.{name}: a number for a text" for name in ("task", *_IDS)}
    | {f"LateLabel.{name}: a number for a text" for name in ("event", *_IDS)}
    | {"Outcome.label: left out"},
}
_STRICT = {
    "ml.predictions": {"Prediction.type: left out"},
    "ml.features": {"Features.type: left out"},
    "ml.outcomes": set[str](),
}


@pytest.mark.parametrize(
    ("topic", "structs"),
    [(PREDICTIONS, (Prediction,)), (FEATURES, (Features,)), (OUTCOMES, get_args(OutcomeRecord))],
)
def test_odd_records_of_learners_are_refused_as_by_the_codec(
    spark: SparkSession, topic: Topic, structs: tuple[type[msgspec.Struct], ...]
) -> None:
    odd = broken(topic)
    judged = judge(records(spark, [one.value for one in odd]), structs)
    spark_takes = {row["offset"] for row in judged.where("reason IS NULL").select("offset").collect()}
    lenient, strict = set(), set()
    for offset, one in enumerate(odd):
        try:
            decode(topic, one.value)
        except BadRecord:
            if offset in spark_takes:
                lenient.add(one.name)
        else:
            if offset not in spark_takes:
                strict.add(one.name)
    assert (lenient, strict) == (_LENIENT[topic.name], _STRICT[topic.name])


NEXT = replace(TASKS["basket"], name="next", kind=Ranking(), batch=None)


def test_answers_and_labels_of_several_types_are_held_to_their_bounds(spark: SparkSession) -> None:
    group: dict[str, Any] = {"cluster": 1, "distance": 0.5}
    shown: dict[str, Any] = {"arm": "five", "propensity": 1, "estimates": {"five": 1e-5, "none": -2}}
    item: dict[str, Any] = {"item": "p1", "score": 2, "because": {"price": 1}}
    answers: list[Any] = [
        *(0, -1.5, 1e-7, None, [], [item], group, shown, [{"item": "p1", "score": 0.5}]),
        *("0.5", True, 2e9, [0.5], [item | {"item": ""}], [item | {"score": "1"}], [{"score": 0.5}]),
        *([item] * 101, [[item]], {"a": [1]}, {"a": {"b": "c"}}, {"a\n": 1}, {"a": 2e9}, {"a": ""}),
        *([item | {"because": 7}], [item | {"because": None}], {"a": {"b\n": 1}}, {"a": None}),
    ]
    labels: list[Any] = [0, -7.5, "p1", group, {"a": {"b": 1}}, True, [], "", "a\n", "x" * 129, {"a": [1]}]
    said = [told(PREDICTIONS, answers={"one": 0.5, "other": answer}) for answer in answers]
    settled = [told(OUTCOMES, type="Outcome", label=label) for label in labels]
    for topic, structs, values in (
        (PREDICTIONS, (Prediction,), said),
        (OUTCOMES, get_args(OutcomeRecord), settled),
    ):
        judged = judge(records(spark, values), structs).orderBy("offset").select("reason", "event").collect()
        for row, value in zip(judged, values, strict=True):
            try:
                decode(topic, value)
            except BadRecord as bad:
                assert row["reason"] == bad.reason, value
            else:
                assert row["reason"] is None, value
                assert {name: one and one.toPython() for name, one in row["event"]["answers"].items()} == (
                    msgspec.json.decode(value)["answers"]
                )


def test_what_learners_can_not_have_written_is_foreign(spark: SparkSession) -> None:
    later = "2026-01-06T00:00:00.001Z"
    settled: dict[str, object] = {"type": "Outcome", "partition": 0, "settled_offset": 90}
    said: dict[Topic, list[tuple[dict[str, object], str | None]]] = {
        PREDICTIONS: [
            ({"partition": 0}, None),
            ({"partition": 1}, "foreign"),
            ({"partition": 0, "task": "fortune"}, "foreign"),
            ({"partition": 0, "offset": 100}, "foreign"),
            ({"partition": 0, "time": later}, "foreign"),
            ({"partition": 0, "answers": {"a": 0.5, "b": None}}, None),
            ({"partition": 0, "answers": {"a": {"arm": "five", "propensity": 0.5}}}, "foreign"),
            ({"partition": 0, "task": "next", "answers": {"a": [{"item": "p1", "score": 1}]}}, None),
            ({"partition": 0, "task": "next", "answers": {"a": 0.5}}, "foreign"),
        ],
        FEATURES: [
            ({}, None),
            ({"task": "fortune"}, "foreign"),
            ({"offset": 100}, "foreign"),
        ],
        OUTCOMES: [
            (settled, None),
            (settled | {"task": "next", "label": "p1", "answers": {"a": []}}, None),
            (settled | {"task": "next", "label": 1.0, "answers": {"a": []}}, "foreign"),
            (settled | {"label": "1.0"}, "foreign"),
            (settled | {"label": None}, None),
            (settled | {"label": 0.5}, "foreign"),
            (settled | {"label": 9.5, "task": "basket"}, None),
            (settled | {"settled_offset": 100}, "foreign"),
            (settled | {"settled_time": later}, "foreign"),
            ({"type": "LateLabel", "partition": 0, "offset": 99}, None),
            ({"type": "LateLabel", "partition": 0}, "foreign"),
        ],
    }
    seen = {0: Seen(100, time_ms("2026-01-06T00:00:00.000Z"))}
    for topic, structs in (
        (PREDICTIONS, (Prediction,)),
        (FEATURES, (Features,)),
        (OUTCOMES, get_args(OutcomeRecord)),
    ):
        judged = judge(records(spark, [told(topic, **fields) for fields, _ in said[topic]]), structs)
        found = (
            refuse_foreign(judged, {**TASKS, "next": NEXT}, seen).orderBy("offset").select("reason").collect()
        )
        assert [row["reason"] for row in found] == [reason for _, reason in said[topic]]


def without_nulls(value: Any) -> Any:
    if isinstance(value, VariantVal):
        return value.toPython()
    if isinstance(value, dict):
        value = {k: without_nulls(v) for k, v in value.items()}
    return {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else value


@pytest.mark.parametrize(
    ("topic", "structs"),
    [
        ("shop.user-events", get_args(UserEvent)),
        ("shop.product-events", get_args(ProductEvent)),
        ("ml.predictions", (Prediction,)),
        ("ml.features", (Features,)),
        ("ml.outcomes", get_args(OutcomeRecord)),
    ],
)
def test_yesterdays_records_are_good_and_read_whole(
    spark: SparkSession, topic: str, structs: tuple[type[msgspec.Struct], ...]
) -> None:
    lines = (GOLDEN / f"{topic}.jsonl").read_bytes().splitlines()
    judged = judge(records(spark, lines), structs).orderBy("offset").collect()
    assert [row["reason"] for row in judged] == [None] * len(lines)
    for row, line in zip(judged, lines, strict=True):
        event = row["event"].asDict(recursive=True)
        for name, value in msgspec.json.decode(line).items():
            assert without_nulls(event[name]) == without_nulls(value), name


def test_a_struct_becomes_a_type_of_spark_with_all_of_its_fields() -> None:
    assert schema_of(Prediction).simpleString() == (
        "struct<type:string,task:string,partition:bigint,offset:bigint,event_id:string,user_id:string,"
        "session_id:string,time:string,model:string,prediction:variant,answers:map<string,variant>,latency_ms:double>"
    )
    assert schema_of(Features).simpleString() == (
        "struct<type:string,task:string,offset:bigint,feature_set:bigint,values:array<double>>"
    )
    with pytest.raises(TypeError, match="one type in all"):
        schema_of(Prediction, msgspec.defstruct("Other", [("model", int)]))


def tick(time: str) -> bytes:
    return b'{"type":"ClockTicked","id":"t","time":"%s","source":"s"}' % time.encode()


def ended(time: str) -> bytes:
    return b'{"type":"SessionEnded","id":"e","time":"%s","source":"s","user_id":"u"}' % time.encode()


def test_what_is_more_than_a_day_ahead_of_the_ticks_is_bad_also_across_runs(spark: SparkSession) -> None:
    values = [
        ended("2026-01-07T00:00:00.000Z"),  # before any tick of this run: the ledger's clock counts
        tick("2026-01-06T00:00:00.000Z"),
        ended("2026-01-07T00:00:00.000Z"),
        ended("2026-01-07T00:00:00.001Z"),
        tick("2026-02-01T00:00:00.000Z"),  # itself too far ahead, and moves nothing
        ended("2026-01-07T00:00:00.001Z"),
    ]
    judged = judge(records(spark, values), get_args(UserEvent))
    day_ms = 86_400_000
    fifth_ms = 1_767_571_200_000
    assert [(r["offset"], r["time_ms"] - fifth_ms) for r in ticks_of(judged).orderBy("offset").collect()] == [
        (1, day_ms),
        (4, 27 * day_ms),
    ]
    clock = spark.createDataFrame(
        [(0, -1, fifth_ms), (0, 1, fifth_ms + day_ms)], "partition int, offset long, ticked_ms long"
    )
    held = refuse_too_far_ahead(judged, clock).orderBy("offset").select("reason").collect()
    ahead = "too-far-ahead"
    assert [row["reason"] for row in held] == [ahead, None, None, ahead, ahead, ahead]
    nothing = spark.createDataFrame([], "partition int, offset long, ticked_ms long")
    assert refuse_too_far_ahead(judged, nothing).where(F.col("reason").isNotNull()).count() == 0
