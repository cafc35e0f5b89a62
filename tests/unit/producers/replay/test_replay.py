from __future__ import annotations

import gzip
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codec import decode, decode_user_event, rfc3339, time_ms
from contracts.errors import InputFileError
from contracts.events import (
    CartAdded,
    ClockTicked,
    OrderPlaced,
    OrderReturned,
    PriceChanged,
    ProductListed,
    UserEvent,
)
from contracts.labels import AHEAD_MS, SILENCE_MS
from contracts.partitioner import partition_of
from contracts.topics import PRODUCT_EVENTS, USER_EVENTS
from producers.replay import REASONS, RecordedFile, Replay
from tests.unit.producers.replay.recordings import Line, recorded, user_events


def named(events: list[UserEvent]) -> list[str]:
    return [type(event).__name__ for event in events if not isinstance(event, ClockTicked)]


def test_an_order_is_its_lines_and_then_its_worth(tmp_path: Path) -> None:
    replay = Replay(
        recorded(tmp_path, Line(), Line(product="71053", quantity="2", price="3.39"), Line(invoice="536366")),
        1,
    )
    events = user_events(replay)
    assert named(events) == [
        *("ProductListed", "CartAdded", "ProductListed", "CartAdded", "OrderPlaced"),
        *("CartAdded", "OrderPlaced"),
    ]
    added = [event for event in events if isinstance(event, CartAdded)]
    assert {event.session_id for event in added} == {None}
    assert [event.cart_id for event in added] == ["536365", "536365", "536366"]
    assert (added[0].product.price, added[0].quantity, added[0].user_id) == (2.5, 6, "17850")
    placed = next(event for event in events if isinstance(event, OrderPlaced))
    assert (placed.cart_id, placed.total, placed.lines) == ("536365", 6 * 2.5 + 2 * 3.39, 2)
    assert replay.rows.as_json() == {"read": 3, "used": 3, "skipped": {}, "examples": {}}


def test_a_product_is_listed_once_and_its_price_told_when_it_changes(tmp_path: Path) -> None:
    lines = [Line(price=price, name=name) for price, name in (("2", "A"), ("2", "B"), ("3", ""), ("2", "A"))]
    emissions = list(Replay(recorded(tmp_path, *lines), 2))
    own = [decode(PRODUCT_EVENTS, e.value) for e in emissions if e.topic == PRODUCT_EVENTS.name]
    assert [(type(event), event.product.price, event.name) for event in own] == [
        (ProductListed, 2.0, "A"),
        (PriceChanged, 3.0, None),
        (PriceChanged, 2.0, "A"),
    ]
    for partition in (0, 1):
        copies = [
            e.value
            for e in emissions
            if e.topic == USER_EVENTS.name and e.partition == partition and e.key == "85123A"
        ]
        assert copies == [e.value for e in emissions if e.topic == PRODUCT_EVENTS.name]


def test_a_cancellation_is_one_return_and_leaves_an_order_around_it_open(tmp_path: Path) -> None:
    back = Line(invoice="C536300", quantity="-2", customer="14606")
    replay = Replay(
        recorded(
            tmp_path, Line(), back, back._replace(product="71053"), Line(product="71053"), Line("536366")
        ),
        1,
    )
    events = user_events(replay)
    returned = [event for event in events if isinstance(event, OrderReturned)]
    assert [(e.order_id, e.user_id, e.total, e.lines) for e in returned] == [("C536300", "14606", 10.0, 2)]
    assert [e.total for e in events if isinstance(e, OrderPlaced)] == [30.0, 15.0]
    assert replay.rows.used == 5


def test_an_order_with_only_returns_after_it_is_placed_before_it_falls_silent(tmp_path: Path) -> None:
    lines = [Line(date="2010-12-01 08:26:00")] + [
        Line(f"C{minute}", quantity="-1", date=f"2010-12-01 08:{minute}:00") for minute in (30, 40, 41, 59)
    ]
    events = user_events(Replay(recorded(tmp_path, *lines, Line("536366", date="2010-12-01 10:00:00")), 1))
    # Its quarter of an hour is over with the row of 08:41.
    assert named(events)[2:] == [
        *("OrderReturned", "OrderReturned", "OrderPlaced", "OrderReturned", "OrderReturned"),
        *("CartAdded", "OrderPlaced"),
    ]


def test_lines_that_come_too_late_or_of_another_customer_or_of_too_much_worth_are_counted(
    tmp_path: Path,
) -> None:
    replay = Replay(
        recorded(
            tmp_path,
            Line(),
            Line(customer="1"),
            Line(quantity="100000", price="1000000"),
            Line("536366"),
            Line(),
            Line("536367", quantity="100000", price="1000000"),
        ),
        1,
    )
    events = user_events(replay)
    assert [event.total for event in events if isinstance(event, OrderPlaced)] == [15.0, 15.0]
    rows = replay.rows
    assert (rows.read, rows.used) == (6, 2)
    assert rows.skipped == {"order-closed": 1, "order-too-large": 2, "other-customer": 1}
    assert {reason: line for reason, (line, _) in rows.examples.items()} == {
        "order-closed": 6,
        "order-too-large": 4,
        "other-customer": 3,
    }


def test_events_of_a_customer_stand_in_one_partition_and_ticks_in_all(tmp_path: Path) -> None:
    lines = [Line(invoice=f"{n}", customer=f"{n}") for n in range(20)]
    emissions = list(Replay(recorded(tmp_path, *lines), 3))
    ticks: Counter[int] = Counter()
    for emission in emissions:
        if emission.counts:
            assert emission.partition == partition_of(emission.key, 3)
        elif emission.event_type == "ClockTicked":
            ticks[emission.partition] += 1
    assert len(set(ticks.values())) == 1
    assert set(ticks) == {0, 1, 2}
    assert {e.partition for e in emissions if e.counts} == {0, 1, 2}


def test_a_file_without_a_usable_row_makes_no_event(tmp_path: Path) -> None:
    replay = Replay(recorded(tmp_path, Line(customer=""), Line(price="0")), 1)
    assert list(replay) == []
    assert (replay.rows.read, replay.rows.used) == (2, 0)
    with pytest.raises(InputFileError, match="at least one row must be of use") as refused:
        replay.must_be_usable()
    assert "2 read, 0 used, 2 skipped" in str(refused.value)
    assert "1 no-price: UnitPrice is below 0.001: samples, gifts, damages. Line 3: 536365" in str(
        refused.value
    )


def test_a_file_of_which_one_row_is_of_use_is_taken_and_a_header_alone_is_not(tmp_path: Path) -> None:
    Replay(recorded(tmp_path, Line(customer=""), Line()), 1).must_be_usable()
    with pytest.raises(InputFileError, match="0 read"):
        Replay(recorded(tmp_path), 1).must_be_usable()


def test_an_example_of_a_skipped_row_is_cut_short(tmp_path: Path) -> None:
    replay = Replay(recorded(tmp_path, Line(customer="", name="M" * 500), Line(customer="")), 1)
    list(replay)
    line, row = replay.rows.examples["no-customer"]
    assert line == 2
    assert row == ("536365,85123A," + "M" * 500)[:120] + "…"


def test_days_first_are_told_by_the_column_and_make_another_source(tmp_path: Path) -> None:
    lines = [Line(date="1/12/2010 8:26"), Line("2", date="13/12/2010 9:00")]
    replay = Replay(file := recorded(tmp_path, *lines), 1)
    times = [event.time for event in user_events(replay) if isinstance(event, CartAdded)]
    assert times == ["2010-12-01T08:26:00.000Z", "2010-12-13T09:00:00.000Z"]
    assert replay.source == f"replay/{file.digest[:12]}/dmy"
    month_first = Replay(file, 1, file.dates("mdy"))
    times = [event.time for event in user_events(month_first) if isinstance(event, CartAdded)]
    assert times == ["2010-01-12T08:26:00.000Z"]
    assert month_first.rows.skipped == {"bad-date": 1}
    assert month_first.source == f"replay/{file.digest[:12]}"
    none_taken = Replay(file, 1, file.dates("iso"))
    assert list(none_taken) == []
    assert none_taken.source == f"replay/{file.digest[:12]}/iso"


def test_closed_weeks_never_put_an_event_more_than_a_day_ahead_and_the_last_label_settles(
    tmp_path: Path,
) -> None:
    dates = ["2010-12-01 08:26:00", "2010-12-23 16:05:00", "2010-12-24 16:04:00", "2011-01-04 10:00:00"]
    lines = [Line(invoice=f"{n}", date=date) for n, date in enumerate(dates)]
    for partition in (0, 1):
        events = user_events(Replay(recorded(tmp_path, *lines), 2), partition)
        tick_ms: int | None = None
        for event in events:
            now = time_ms(event.time)
            assert tick_ms is None or now <= tick_ms + AHEAD_MS
            assert tick_ms is not None or isinstance(event, ClockTicked)
            if isinstance(event, ClockTicked):
                assert tick_ms is None or now > tick_ms
                tick_ms = now
        assert tick_ms is not None
        assert tick_ms >= time_ms("2011-01-04T10:00:00.000Z") + SILENCE_MS


def test_time_may_go_back_by_a_day_and_not_further(tmp_path: Path) -> None:
    day = Line(date="2010-12-02 08:26:00")
    replay = Replay(recorded(tmp_path, day, Line("2", date="2010-12-01 08:26:00")), 1)
    assert [e.time for e in user_events(replay) if isinstance(e, CartAdded)] == [
        "2010-12-02T08:26:00.000Z",
        "2010-12-01T08:26:00.000Z",
    ]
    worse = recorded(tmp_path, Line(customer=""), day, Line("3"), Line("2", date="2010-12-01 08:25:00"))
    with pytest.raises(InputFileError, match=r"line 5: .*2010-12-01T08:25.*2010-12-02T08:26.* in line 3"):
        list(Replay(worse, 1))


def test_the_same_file_gives_the_same_emissions_and_a_walk_starts_over(tmp_path: Path) -> None:
    file = recorded(tmp_path, *(Line(invoice=f"{n}", customer=f"{n % 3}") for n in range(9)))
    replay = Replay(file, 2)
    once = list(replay)
    list(islice(replay, 5))
    assert list(replay) == once == list(Replay(RecordedFile(file.path), 2))
    assert replay.rows.read == 9
    assert {emission.source for emission in once} == {f"replay/{file.digest[:12]}"}
    for partition in (0, 1):
        ids = [e.event_id for e in once if e.topic == USER_EVENTS.name and e.partition == partition]
        assert len(ids) == len(set(ids))


# Good rows and bad ones of every kind, in any order.
some_lines = st.lists(
    st.builds(
        Line,
        invoice=st.sampled_from(["1", "2", "3", "C4", "C5", "A6", ""]),
        product=st.sampled_from(["85123A", "71053", ""]),
        name=st.sampled_from(["LANTERN", "", 'SAID "NO", TWICE\nOR MORE']),
        quantity=st.sampled_from(["6", "1", "100000", "0", "-1", "x", "-6"]),
        date=st.sampled_from(["2010-12-01 08:26:00", "12/1/2010 9:00", "2010-12-02 08:00:00", "never"]),
        price=st.sampled_from(["2.5", "0.001", "1000000", "0", "-1", "nan"]),
        customer=st.sampled_from(["17850.0", "12346", ""]),
    )
    | st.just(Line()[:5]),
    max_size=30,
)


@given(lines=some_lines)
def test_every_row_is_accounted_for_and_every_event_is_one(
    tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[str, ...]]
) -> None:
    folder = tmp_path_factory.mktemp("shop")
    replay = Replay(recorded(folder, *lines), 1)
    events = user_events(replay)
    rows = replay.rows
    assert rows.read == len(lines) == rows.used + sum(rows.skipped.values())
    assert set(rows.skipped) <= set(REASONS)
    assert all(rows.skipped.values())
    added: Counter[str] = Counter()
    worth: Counter[str] = Counter()
    for event in events:
        if isinstance(event, CartAdded):
            added[event.cart_id] += 1
            worth[event.cart_id] += event.product.price * event.quantity  # type: ignore[assignment]
        elif isinstance(event, OrderPlaced):
            assert event.total == pytest.approx(worth.pop(event.cart_id), abs=1e-6)
    assert not worth
    assert sum(added.values()) <= rows.used


def test_the_first_rows_of_the_real_file_are_accounted_for(recorded_data: Path, tmp_path: Path) -> None:
    rows = 20_000
    with gzip.open(recorded_data / "online_retail.csv.gz") as source:
        replay = Replay(recorded(tmp_path, content=b"".join(islice(source, rows + 1))), 2)
    kinds: Counter[str] = Counter()
    for emission in replay:
        if emission.topic == USER_EVENTS.name:
            event, now = decode_user_event(emission.value)
            assert rfc3339(now) == event.time
            kinds[type(event).__name__] += emission.counts
    count = replay.rows
    assert count.read == rows == count.used + sum(count.skipped.values())
    # Counted apart from this code, over the same rows.
    assert count.skipped == {"negative-quantity": 48, "no-customer": 6_517, "no-price": 89}
    assert count.used == 13_116 + 230
    assert kinds["CartAdded"] == 13_116


def test_partitions_must_be_at_least_one(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 1. Got 0"):
        Replay(recorded(tmp_path, Line()), 0)
