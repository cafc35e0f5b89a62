"""Dead letters, read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from consumers.engine import dead_letter
from contracts.codec import REASONS
from contracts.errors import BadRecord
from freshet.cli.dead_letter import read_dead_letter
from infra.kafka import Record


def letter_of(record: Record, error: BadRecord) -> Record:
    out = dead_letter("dead-letters", record, error, "learner")
    return Record("dead-letters", record.partition, 3, 1_000, out.key, out.value, tuple(out.headers))


@given(st.sampled_from(sorted(REASONS)), st.text(max_size=50), st.binary(max_size=50))
def test_what_the_engine_wrote_is_read_back(reason, detail, value):
    source = Record("shop.user-events", 1, 17, 999, b"user-1", value, ())
    letter = read_dead_letter(letter_of(source, BadRecord(reason, detail)))
    assert letter.reason == reason
    assert letter.meaning == REASONS[reason]
    assert letter.source == "shop.user-events/1 at 17"
    assert letter.group == "learner"
    assert (letter.key, letter.value) == (b"user-1", value)


def test_a_record_can_not_lie_about_why_it_is_dead():
    forged = (("__connect.errors.topic", b"elsewhere"), ("__connect.errors.exception.message", b"all fine"))
    source = Record("shop.user-events", 1, 17, 999, b"user-1", b"{", forged)
    letter = read_dead_letter(letter_of(source, BadRecord("not-json", "truncated")))
    assert letter.source == "shop.user-events/1 at 17"
    assert letter.detail == "truncated"


def test_a_record_without_our_headers_is_shown_all_the_same():
    letter = read_dead_letter(Record("dead-letters", 0, 3, 1_000, None, None, ()))
    assert letter.reason == "unknown"
    assert "does not know" in letter.meaning
