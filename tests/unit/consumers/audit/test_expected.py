"""What must stand on the topics: restarts forget what was open, and a cut log hides what lies before it."""

from __future__ import annotations

from consumers.audit.expected import Expectation, hash_of
from contracts.codec import rfc3339
from contracts.labels import AHEAD_MS, MEMORY_MS, SILENCE_MS
from infra.kafka import Record
from models.tasks import TASKS

START_MS = 1_767_600_000_000
PRODUCT = '"product":{"product_id":"p","price":1}'


def record(offset: int, kind: str, ms: int, fields: str = "") -> Record:
    user = "" if kind == "ClockTicked" else ',"user_id":"u","session_id":"s"'
    text = (
        f'{{"type":"{kind}","id":"e{offset}","time":"{rfc3339(START_MS + ms)}","source":"t"{user}{fields}}}'
    )
    return Record("shop.user-events", 0, offset, 0, b"u", text.encode(), ())


def viewed(offset: int, ms: int) -> Record:
    return record(offset, "ProductViewed", ms, f",{PRODUCT}")


def ordered(offset: int, ms: int) -> Record:
    return record(offset, "OrderPlaced", ms, ',"cart_id":"c","order_id":"o","total":9.5,"lines":1')


def expect(records: list[Record], origins: list[int], start: int = 0) -> Expectation:
    expected = Expectation(origins, start, TASKS.values())
    for one in records:
        expected.add(one)
    expected.finish()
    return expected


def test_points_late_events_and_letters_are_told_by_offset() -> None:
    bad = Record("shop.user-events", 0, 7, 0, None, b"nonsense", ())
    expected = expect([viewed(2, 0), ordered(5, 10), viewed(6, 20), bad], [0])
    point = expected.points[2]
    assert (point.event_id, point.visit, point.asked) == ("e2", "s", {"conversion": 2})
    assert set(point.settled) == {"conversion"}
    settled = point.settled["conversion"]
    assert settled == (1.0, "order", 5)
    assert expected.late == {6: "e6"}
    assert {offset: letter.reason for offset, letter in expected.dead_letters.items()} == {7: "not-json"}
    assert expected.unknown == []


def test_a_state_that_began_anew_knows_nothing_of_what_was_open_or_settled() -> None:
    records = [viewed(0, 0), viewed(1, 5), ordered(2, 10), viewed(3, 15), ordered(4, 20)]
    expected = expect(records, [0, 2])
    # The visit was open at the restart: its points never settle, and the order settles a visit without any.
    assert [expected.points[offset].settled for offset in (0, 1)] == [{}, {}]
    assert expected.late == {3: "e3", 4: "e4"}
    expected = expect(records, [0, 3])
    assert expected.points[3].settled
    assert expected.late == {}


def test_a_restart_forgets_the_ticks_too() -> None:
    far = AHEAD_MS + 1
    records = [record(0, "ClockTicked", 0), viewed(1, far), viewed(2, far)]
    assert set(expect(records, [0]).dead_letters) == {1, 2}
    assert set(expect(records, [0, 2]).dead_letters) == {1}


def test_behind_a_cut_nothing_is_known_until_the_memory_is_over() -> None:
    unknown_ms = AHEAD_MS + MEMORY_MS + SILENCE_MS
    records = [viewed(50, 0), viewed(51, unknown_ms - 1), viewed(52, unknown_ms), viewed(53, unknown_ms + 1)]
    expected = expect(records, [0], start=50)
    assert [expected.is_unknown(offset) for offset in (50, 51, 52, 53)] == [True, True, False, False]
    # Nothing was cut where the state began with the first record that is there.
    assert not expect(records, [50], start=50).unknown
    assert not expect(records, [0, 50], start=50).unknown
    # It never gets so far.
    assert expect(records[:2], [0], start=50).is_unknown(51)
    assert expect([], [0], start=50).points == {}


def test_a_record_without_key_and_value_is_kept_with_an_empty_one() -> None:
    assert hash_of(None, None) == hash_of(None, b"")
    assert hash_of(b"k", None) != hash_of(b"k", b"")
    assert hash_of(b"k", b"v") != hash_of(b"v", b"k")
