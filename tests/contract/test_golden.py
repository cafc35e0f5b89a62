"""Yesterday's bytes: what was ever written is still read, and means the same.

A line is added for each new type and each new shape; none is ever changed or taken out, but with `RECORDS`, which has
old logs refused (docs/adr/0010).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from contracts.codec import decode, encode
from contracts.topics import TOPICS

GOLDEN = Path(__file__).parent / "golden"
DECODERS: dict[str, Callable[[bytes], Any]] = {
    topic.name: partial(decode, topic) for topic in TOPICS if topic.record is not None
}
TYPES: dict[str, tuple[type, ...]] = {
    topic.name: get_args(topic.record) or (topic.record,) for topic in TOPICS if topic.name in DECODERS
}
LINES = [
    pytest.param(topic, line, id=f"{topic}-{number}")
    for topic in DECODERS
    for number, line in enumerate((GOLDEN / f"{topic}.jsonl").read_bytes().splitlines(), 1)
]


def holds(new: Any, old: Any) -> bool:
    """Whether all that `old` said is said by `new` too; defaults may be left out, and new fields may have come."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(holds(new.get(name), item) for name, item in old.items())
    return bool(new == old)


@pytest.mark.parametrize(("topic", "line"), LINES)
def test_an_old_record_is_read_and_means_the_same(topic: str, line: bytes) -> None:
    decoded = DECODERS[topic](line)
    assert holds(json.loads(encode(decoded)), json.loads(line))


@pytest.mark.parametrize(("topic", "line"), LINES)
def test_a_record_of_a_newer_writer_is_read_as_if_it_had_no_new_fields(topic: str, line: bytes) -> None:
    newer = json.loads(line) | {"of_tomorrow": {"nested": [1, None, "x"]}}
    for fields in [part for part in newer.values() if isinstance(part, dict) and "product_id" in part]:
        fields["of_tomorrow"] = True
    assert DECODERS[topic](json.dumps(newer).encode()) == DECODERS[topic](line)


@pytest.mark.parametrize(("topic", "line"), LINES)
def test_a_record_means_the_same_in_any_order_of_fields_and_any_white_space(topic: str, line: bytes) -> None:
    turned = dict(reversed(json.loads(line).items()))
    assert DECODERS[topic](json.dumps(turned, indent=2, ensure_ascii=False).encode()) == DECODERS[topic](line)


@pytest.mark.parametrize("topic", DECODERS)
def test_every_type_has_golden_bytes(topic: str) -> None:
    lines = (GOLDEN / f"{topic}.jsonl").read_bytes().splitlines()
    assert {type(DECODERS[topic](line)) for line in lines} == set(TYPES[topic])


@pytest.mark.parametrize("topic", DECODERS)
def test_every_field_has_golden_bytes_that_differ_from_its_default(topic: str) -> None:
    said: dict[str, set[str]] = {}
    for line in (GOLDEN / f"{topic}.jsonl").read_bytes().splitlines():
        fields = json.loads(line)
        given = {name for name, value in fields.items() if value is not None}
        said.setdefault(fields.get("type", topic), set()).update(given)
    for kind in TYPES[topic]:
        names = {field.name for field in msgspec.structs.fields(kind)}
        assert names <= said.get(kind.__name__, said.get(topic, set())), kind


@pytest.mark.parametrize(("topic", "line"), LINES)
def test_todays_bytes_are_read_by_any_json_reader(topic: str, line: bytes) -> None:
    assert json.loads(encode(DECODERS[topic](line)).decode("utf-8"))
