"""The audit reads the main input by itself: which records are events, whose visit they belong to, who is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.audit.sightings import Reader
from consumers.learner import LearnerFold
from contracts.codec import rfc3339
from contracts.errors import BadRecord
from contracts.labels import AHEAD_MS
from infra.kafka import Record
from models.portfolio import Portfolio
from models.tasks import TASKS
from tests.corpus import MOMENT, Oddity, corpus, from_the_future

START_MS = 1_767_600_000_000
HOUR_MS = 3_600_000
NO_MODEL = replace(TASKS["basket"], models=())


def tick(ms: int) -> bytes:
    return b'{"type":"ClockTicked","id":"t","time":"%s","source":"t"}' % rfc3339(ms).encode()


def ended(ms: int) -> bytes:
    event = b'{"type":"SessionEnded","id":"e","time":"%s","source":"t","user_id":"u","session_id":"s"}'
    return event % rfc3339(ms).encode()


@pytest.mark.parametrize("oddity", corpus(), ids=lambda oddity: oddity.name)
def test_each_oddity_is_judged_as_the_corpus_says(oddity: Oddity) -> None:
    try:
        assert Reader(TASKS.values()).read(0, oddity.value).offset == 0
        assert oddity.reason is None
    except BadRecord as bad:
        assert bad.reason == oddity.reason


def test_a_tick_holds_what_comes_after_it_to_a_day() -> None:
    reader = Reader(TASKS.values())
    reader.read(0, ended(START_MS + 100 * AHEAD_MS))
    reader.read(1, tick(START_MS))
    reader.read(2, ended(START_MS + AHEAD_MS))
    for oddity in [
        *from_the_future(rfc3339(START_MS + AHEAD_MS + 1)),
        *from_the_future("2099-01-01T00:00:00.000Z"),
    ]:
        with pytest.raises(BadRecord, match="too-far-ahead"):
            reader.read(3, oddity.value)
    reader.read(4, tick(START_MS + AHEAD_MS))
    reader.read(5, tick(START_MS))
    reader.read(6, ended(START_MS + 2 * AHEAD_MS))


@given(st.lists(st.tuples(st.sampled_from([tick, ended]), st.integers(-30, 60)), max_size=30))
def test_the_learner_refuses_the_very_same_records(moments: list[tuple[object, int]]) -> None:
    reader, fold = Reader(TASKS.values()), LearnerFold(0, portfolio=Portfolio(0, tasks=(NO_MODEL,)))
    for offset, (make, hours) in enumerate(moments):
        value = make(START_MS + hours * HOUR_MS)  # type: ignore[operator]
        judgements = []
        for judge in (
            lambda offset=offset, value=value: reader.read(offset, value),
            lambda offset=offset, value=value: fold.step(Record("t", 0, offset, 0, None, value, ())),
        ):
            try:
                judge()
                judgements.append("accepted")
            except BadRecord as bad:
                judgements.append(bad.reason)
        assert judgements[0] == judgements[1]


@pytest.mark.parametrize(
    ("kind", "fields", "visit", "tasks"),
    [
        ("ProductViewed", '"session_id":"s","product":{"product_id":"p","price":1}', "s", ("conversion",)),
        ("ProductViewed", '"product":{"product_id":"p","price":1}', None, ()),
        ("ProductViewed", '"cart_id":"c","product":{"product_id":"p","price":1}', None, ()),
        ("SessionEnded", '"session_id":"s"', "s", ()),
        ("OrderReturned", '"session_id":"s","order_id":"o","total":1,"lines":1', None, ()),
        ("ReviewPosted", '"session_id":"s","product_id":"p","text":"x"', None, ("sentiment",)),
    ],
)
def test_who_is_asked_depends_on_type_and_visit(
    kind: str, fields: str, visit: str | None, tasks: tuple[str]
) -> None:
    value = f'{{"type":"{kind}","id":"e","time":"{MOMENT}","source":"t","user_id":"u",{fields}}}'.encode()
    seen = Reader(TASKS.values()).read(7, value)
    assert (seen.offset, seen.type, seen.event_id, seen.visit, seen.tasks) == (7, kind, "e", visit, tasks)
    assert seen.time_ms == START_MS


def test_a_cart_names_the_visit_where_no_session_does() -> None:
    product = '"product":{"product_id":"p","price":1},"quantity":1'
    for session, visit, tasks in (("null", "c", ("basket",)), ('"s"', "s", ("conversion", "basket"))):
        fields = f'"user_id":"u","session_id":{session},"cart_id":"c",{product}'
        value = f'{{"type":"CartAdded","id":"e","time":"{MOMENT}","source":"t",{fields}}}'.encode()
        seen = Reader(TASKS.values()).read(0, value)
        assert (seen.visit, seen.tasks) == (visit, tasks)


def test_fields_that_a_tick_does_not_have_open_no_visit() -> None:
    value = tick(START_MS).replace(b'"source"', b'"user_id":"u","session_id":"s","cart_id":"c","source"')
    assert Reader(TASKS.values()).read(0, value).visit is None
