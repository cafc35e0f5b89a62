"""Bytes to events: each record is accepted or is a `BadRecord` with a reason, and nothing else ever happens."""

from __future__ import annotations

import json
import math
import sys
from datetime import UTC, datetime, timedelta
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect

from contracts import events as e
from contracts.codec import (
    DEEPEST,
    NOT_SIGNED,
    REASONS,
    decode,
    decode_user_event,
    encode,
    rfc3339,
    time_ms,
)
from contracts.errors import BadRecord
from contracts.topics import OUTCOMES, PREDICTIONS, PRODUCT_EVENTS, TOPICS, USER_EVENTS, Topic
from contracts.views import EventHead, OutcomeLosses, PredictionAnswers, PredictionHead
from tests.corpus import MOMENT, Oddity, corpus, fortune, padded
from tests.odd_records import WRITTEN_BY_US, broken

JUDGED = [topic for topic in TOPICS if topic.record is not None]
VIEWS = (
    (USER_EVENTS, EventHead),
    (OUTCOMES, OutcomeLosses),
    (PREDICTIONS, PredictionHead),
    (PREDICTIONS, PredictionAnswers),
)
GOOD = encode(
    e.CartAdded(
        id="u-1",
        time=MOMENT,
        source="t",
        user_id="ü1",
        session_id="s1",
        cart_id="c1",
        product=e.Product(product_id="p", price=10.5, category="tea", discount=0.5, stock=3),
        quantity=2,
    )
)


def judge(value: bytes | None) -> tuple[e.UserEvent, int] | str:
    try:
        return decode_user_event(value)
    except BadRecord as bad:
        assert bad.reason in REASONS
        assert 0 < len(bad.detail) <= 300
        bad.detail.encode()
        return bad.reason


def numbers_in(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [n for item in value.values() for n in numbers_in(item)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


def assert_usable(value: bytes, decoded: tuple[e.UserEvent, int]) -> None:
    """What is accepted is finite, can be read by any JSON reader as the same, and written again."""
    event, at_ms = decoded
    fields = msgspec.to_builtins(event)
    assert all(math.isfinite(number) for number in numbers_in(fields))
    try:
        plain = json.loads(value)
    except ValueError:
        plain = json.loads(value, parse_int=float)
    for name in ("type", "id", "time", "user_id", "session_id", "cart_id", "total", "query"):
        if name in fields and name in plain:
            assert fields[name] == plain[name]
    assert decode_user_event(encode(event)) == decoded
    assert rfc3339(at_ms) == event.time


@pytest.mark.parametrize("oddity", [*corpus(), *fortune(MOMENT)], ids=lambda oddity: oddity.name)
def test_each_oddity_is_judged_as_the_corpus_says(oddity: Oddity) -> None:
    judged = judge(oddity.value)
    if oddity.reason is not None:
        assert judged == oddity.reason
    else:
        assert not isinstance(judged, str)
        assert_usable(oddity.value or b"", judged)


def test_the_corpus_gives_every_reason_that_bytes_alone_can_give() -> None:
    assert {oddity.reason for oddity in corpus()} == {*REASONS, None} - {"too-far-ahead", NOT_SIGNED}


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_random_bytes_are_refused_with_a_reason(value: bytes) -> None:
    assert isinstance(judge(value), str)


@settings(max_examples=400)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(GOOD)),
            st.integers(0, 8),
            st.one_of(
                st.binary(max_size=4),
                st.sampled_from(
                    [b'"', b"\\", b"{", b"]", b",", b":", b"null", b"1e999", b"-", b"9" * 400, b"\xff"]
                ),
                st.sampled_from(
                    [b'"x":[[]],', b'"type":"SessionEnded",', b'"time":"2026-02-29T08:00:00.000Z",']
                ),
            ),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_a_good_event_with_bytes_put_in_or_taken_out_is_usable_or_refused(
    cuts: list[tuple[int, int, bytes]],
) -> None:
    value = GOOD
    for at, length, put_in in cuts:
        value = value[:at] + put_in + value[at + length :]
    judged = judge(value)
    if not isinstance(judged, str):
        assert_usable(value, judged)


JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=8,
)


@settings(max_examples=200)
@given(
    st.sampled_from(["type", "id", "time", "user_id", "session_id", "cart_id", "product", "quantity"]),
    JSON,
)
def test_any_json_in_the_place_of_a_field_is_usable_or_refused(field: str, put_in: Any) -> None:
    value = json.dumps(json.loads(GOOD) | {field: put_in}).encode()
    judged = judge(value)
    if not isinstance(judged, str):
        assert_usable(value, judged)


@given(st.dictionaries(st.text(min_size=1), JSON, max_size=3))
def test_unknown_fields_change_nothing(more: dict[str, Any]) -> None:
    known = json.loads(GOOD)
    value = json.dumps({name: item for name, item in more.items() if name not in known} | known).encode()
    assert decode_user_event(value) == decode_user_event(GOOD)


@pytest.mark.parametrize("oddity", corpus(), ids=lambda oddity: oddity.name)
def test_no_other_topic_and_no_view_raises_anything_but_bad_record_either(oddity: Oddity) -> None:
    for topic, view in [*((topic, None) for topic in JUDGED), *VIEWS]:
        try:
            decode(topic, oddity.value, view)
        except BadRecord as bad:
            assert bad.reason in REASONS


def test_a_product_event_on_a_day_that_is_not_is_refused() -> None:
    listed = e.ProductListed(
        id="p-1", time="2026-02-30T08:00:00.000Z", source="t", product=e.Product(product_id="p", price=1)
    )
    with pytest.raises(BadRecord, match="no-such-time: 2026-02-30"):
        decode(PRODUCT_EVENTS, encode(listed))


def test_a_judgement_does_not_depend_on_how_deep_the_caller_stands() -> None:
    value = GOOD[:-1] + b',"x":' + b"[" * (DEEPEST - 1) + b"]" * (DEEPEST - 1) + b"}"

    def from_far_below(frames: int) -> tuple[e.UserEvent, int] | str:
        return judge(value) if frames == 0 else from_far_below(frames - 1)

    assert from_far_below(sys.getrecursionlimit() // 2) == decode_user_event(GOOD)


def test_a_megabyte_is_read_like_any_other() -> None:
    assert not isinstance(judge(padded(1_048_576)), str)


@given(st.integers(946_684_800_000, 4_102_444_799_999))
def test_a_time_goes_to_text_and_back(ms: int) -> None:
    assert time_ms(rfc3339(ms)) == ms
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    assert rfc3339(ms) == at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_an_unknown_type_is_quoted_but_shortened() -> None:
    with pytest.raises(BadRecord, match="Invalid value 'Nothing'"):
        decode_user_event(b'{"type":"Nothing"}')
    with pytest.raises(BadRecord) as caught:
        decode_user_event(b'{"type":"%s"}' % (b"A" * 1_000_000))
    assert len(caught.value.detail) == 300
    assert caught.value.detail.endswith("…")


# What is odd and yet no fault: optional fields, free texts, numbers that have no range.
_NAMES = {f"a name of {what}" for what in ("10,000 characters", "no text", "a NUL", "a C1 control")}
_WIDE = {"below zero", "more than 64 bits", "beyond any range"}
_FREE = {"no text", "a NUL", "a line break", "a terminal sequence", "a C1 control", "a line separator"}
ALLOWED = {
    ("shop.product-events", "product"): _NAMES,  # unknown fields of a product
    ("shop.product-events", "name"): _FREE | {"left out"},
    ("shop.truth", "bayes_blind"): {"left out"},
    ("shop.truth", "truth"): {"a number for a text"},  # as the kind has it
    ("shop.control", "type"): {"left out"},  # nothing else stands there
    ("shop.control", "key"): {"left out", "no text"},  # not signed: whoever reads it tells
    ("shop.control", "mac"): {"left out", "no text"},
    ("ml.predictions", "type"): {"left out"},
    ("ml.predictions", "answers"): {"inside, below zero"},  # `models.kinds` says what may be
    ("ml.predictions", "prediction"): {"below zero"},
    ("ml.predictions", "latency_ms"): _WIDE | {"left out"},
    ("ml.features", "type"): {"left out"},
    ("ml.features", "values"): {f"inside, {what}" for what in _WIDE},
    ("ml.outcomes", "answers"): {"inside, below zero"},
    ("ml.outcomes", "label"): {"below zero", "a text for a number"},
    ("ml.outcomes", "losses"): {"inside, below zero"},
    ("ml.metrics", "oracle"): {f"inside, {what}" for what in _WIDE},
    ("ml.models", "replaced"): {"left out"},
    ("ml.models", "forced"): {"left out"},
    ("ml.models", "digest"): {"no text"},
    ("ml.models", "reason"): _FREE,
    ("ml.journal", "parent"): {"left out"},
}


@pytest.mark.parametrize("topic", WRITTEN_BY_US, ids=lambda topic: topic.name)
def test_a_record_with_one_odd_field_is_refused_on_every_topic(topic: Topic) -> None:
    taken: dict[tuple[str, str], set[str]] = {}
    for odd in broken(topic):
        try:
            decode(topic, odd.value)
        except BadRecord as bad:
            assert bad.reason in REASONS
        else:
            taken.setdefault((topic.name, odd.field), set()).add(odd.name.partition(": ")[2])
    assert taken == {at: names for at, names in ALLOWED.items() if at[0] == topic.name}


@pytest.mark.parametrize(("topic", "view"), VIEWS)
def test_a_view_is_bounded_as_the_record_that_it_is_of(topic: Topic, view: Any) -> None:
    kinds = get_args(topic.record) or (topic.record,)
    whole = [
        kind
        for kind in kinds
        if view is EventHead or kind.__struct_config__.tag == view.__struct_config__.tag
    ]
    assert whole
    for kind in whole:
        fields = get_type_hints(kind, include_extras=True)
        for name, declared in get_type_hints(view, include_extras=True).items():
            assert name == "type" or fields[name] == declared


def is_bounded(kind: Any) -> bool:
    match kind:
        case inspect.StrType():
            return kind.max_length is not None or kind.pattern is not None
        case inspect.IntType():
            return kind.ge is not None and kind.le is not None
        case inspect.DictType():
            return kind.max_length is not None and is_bounded(kind.key_type) and is_bounded(kind.value_type)
        case inspect.ListType():
            return kind.max_length is not None and is_bounded(kind.item_type)
        case inspect.StructType():
            return all(is_bounded(field.type) for field in kind.fields)
        case inspect.UnionType():
            return all(map(is_bounded, kind.types))
    return True


def test_every_text_whole_number_and_object_of_a_record_is_bounded() -> None:
    for topic in JUDGED:
        for kind in get_args(topic.record) or (topic.record,):
            declared = inspect.type_info(kind)
            assert isinstance(declared, inspect.StructType)
            for field in declared.fields:
                assert is_bounded(field.type), (kind, field.name)
