"""The chain rolls over what came out; a dead letter holds what came in."""

from __future__ import annotations

from consumers.engine import GENESIS, dead_letter, link
from contracts.errors import BadRecord
from infra.kafka import Record


def test_order_and_content_change_the_chain_and_nothing_leaves_it() -> None:
    one, two = link(link(GENESIS, b"a"), b"b"), link(link(GENESIS, b"b"), b"a")
    assert len({GENESIS, one, two, link(GENESIS, b"ab")}) == 4
    assert link(one, b"") == one


def test_a_dead_letter_is_the_untouched_record_and_headers_that_say_why() -> None:
    record = Record("events", 3, 41, 0, b"\xff", b"\x00{", (("ce_id", b"1"), ("empty", None)))
    letter = dead_letter("dead-letters", record, BadRecord("not-json", "x" * 600 + "\ud800"), "learner")
    assert (letter.topic, letter.partition, letter.key, letter.value) == (
        "dead-letters",
        3,
        b"\xff",
        b"\x00{",
    )
    headers = dict(letter.headers)
    assert headers["__connect.errors.topic"] == b"events"
    assert headers["__connect.errors.partition"] == b"3"
    assert headers["__connect.errors.offset"] == b"41"
    assert headers["__connect.errors.exception.class.name"] == b"not-json"
    assert len(headers["__connect.errors.exception.message"]) == 512
    assert headers["ce_id"] == b"1"
    assert headers["empty"] == b""


def test_a_letter_for_a_record_without_key_and_value_can_be_written() -> None:
    letter = dead_letter(
        "dead-letters", Record("events", 0, 0, 0, None, None, ()), BadRecord("empty", "\ud800"), "learner"
    )
    assert letter.value == b""
    assert dict(letter.headers)["__connect.errors.exception.message"] == b"\\ud800"
