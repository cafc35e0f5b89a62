"""The scoreboard on a real broker and a real database: what it counts, joins, and tells."""

from __future__ import annotations

import random
import time

import pytest
from msgspec.structs import replace

from consumers.scoreboard import LagMeter, champions, forget, history, read_board, totals
from consumers.scoreboard.fold import Changes, Fold, State
from consumers.scoreboard.intake import Intake
from consumers.scoreboard.store import Store
from contracts.codec import encode
from contracts.errors import FreshetError, ShopMismatch
from contracts.records import DriftBegan, Metrics, ModelQuarantined
from contracts.topics import METRICS, MODELS, OUTCOMES, PREDICTIONS, TRUTH, USER_EVENTS, topic_name
from infra.kafka import log_range, read_to_end
from infra.postgres import migrate
from models.belief import Known, any_batch
from models.kinds import Lines, ScoredLabel
from tests.integration.conftest import FreshDatabase
from tests.integration.scoreboard.scored import contents, publish, scoreboard
from tests.integration.scoreboard.scored_shop import START_MS, Sent, shop
from tests.waiting import until

DECISIONS = 3_000


@pytest.fixture(scope="module")
def sent() -> list[Sent]:
    return list(shop(DECISIONS, drift_at=1_500))


def test_all_is_counted_joined_and_scored(
    bootstrap: str, fresh_database: FreshDatabase, namespace: str, sent: list[Sent]
):
    publish(bootstrap, namespace, sent)
    with scoreboard(bootstrap, fresh_database, namespace) as running:
        running.wait()
    assert running.said == []
    with fresh_database.open() as database:
        found = totals(database)
        assert found.predictions == {"conversion": DECISIONS, "basket": DECISIONS // 4}
        assert found.outcomes == found.predictions
        assert found.labels["conversion"] == DECISIONS
        assert 0 < found.labels["basket"] < DECISIONS // 4
        assert (found.late, found.dead_letters, found.truths) == (
            DECISIONS // 100,
            DECISIONS // 200,
            DECISIONS,
        )
        assert (found.unreadable, found.truths_dropped) == (0, 0)
        board = read_board(database)
        conversion = board["tasks"]["conversion"]
        assert conversion["labels"] == DECISIONS
        assert (
            conversion["oracle"]["clairvoyant"]
            < conversion["oracle"]["bayes"]
            < conversion["oracle"]["prior"]
        )
        assert conversion["models"]["second-order"]["share_of_learnable"] > 0.9
        assert board["tasks"]["basket"]["labels"] == found.labels["basket"]
        assert board["drift"] == {
            "at_events": 3_000,
            "lowest_share": None,
            "back_above_0.80_after_decisions": None,
            "frozen_share_at_end": None,
        }
        assert [point.labels for point in history(database, "conversion")] == [1_000, 2_000, 3_000]
        assert [point.labels for point in history(database, "conversion", points=2)] == [2_000, 3_000]
        assert champions(database)["conversion"].model == "second-order"


def test_windowed_scores_stand_on_their_topic_as_in_the_table(
    bootstrap: str, fresh_database: FreshDatabase, namespace: str, sent: list[Sent]
):
    publish(bootstrap, namespace, sent)
    for _ in range(2):
        with scoreboard(bootstrap, fresh_database, namespace) as running:
            running.wait()
    with fresh_database.open() as database:
        expected = [encode(point) for point in history(database, "conversion")]
    records = list(read_to_end(bootstrap, topic_name(METRICS, namespace)))
    assert [record.value for record in records] == expected
    assert {record.key for record in records} == {b"conversion"}


def test_truth_after_the_labels_or_before_or_in_a_later_life_gives_the_same_scores(
    bootstrap: str, fresh_database: FreshDatabase, namespace: str, sent: list[Sent]
):
    truths = [one for one in sent if one.topic is TRUTH]
    rest = [one for one in sent if one.topic is not TRUTH]
    boards = []
    with fresh_database.open() as database:
        for number, parts in enumerate(
            [[sent], [truths, rest], [rest, truths], [rest[:4_000], truths, rest[4_000:]]]
        ):
            for part in parts:
                publish(bootstrap, f"{number}{namespace}", part)
                with scoreboard(bootstrap, fresh_database, f"{number}{namespace}") as running:
                    running.wait()
            boards.append((read_board(database), contents(database)))
            forget(database)
    first_board, first = boards[0]
    assert len(first["score_label"]) > DECISIONS
    for board, found in boards[1:]:
        assert board == first_board
        assert found == first


def test_truth_and_labels_are_read_side_by_side_and_to_their_ends(
    bootstrap: str, namespace: str, sent: list[Sent]
):
    publish(bootstrap, namespace, sent)
    intake = Intake(bootstrap, namespace, records=100, truth_ahead=200)
    fold = Fold(State(), Known(any_batch))
    try:
        intake.start({})
        ends = {
            (topic, p): end for topic in intake.ids for p, (_, end) in log_range(bootstrap, topic).items()
        }
        waiting, together, labels = 0, 0, 0
        deadline_s = time.monotonic() + 60
        while intake.positions() != ends:
            assert time.monotonic() < deadline_s, (intake.positions(), ends)
            fold.take(intake.poll(0.1))
            intake.pace(fold.state)
            # Also of what is held back: or what was read of it would be read again by the next scoreboard.
            assert intake.positions().keys() == ends.keys()
            waiting = max(waiting, *(len(truths) for truths in fold.state.truths.values()), 0)
            changes = fold.taken_changes()
            labels += sum(label.task == "conversion" for label in changes.labels)
            together += sum(label.lines is not None for label in changes.labels)
    finally:
        intake.close()
    assert labels == DECISIONS
    assert waiting <= 300
    assert together > 0.75 * DECISIONS


def test_a_quarantined_model_is_named_with_its_reason(
    bootstrap: str, fresh_database: FreshDatabase, namespace: str
):
    out = ModelQuarantined(task="conversion", model="second-order", partition=0, offset=7, reason="it raised")
    few = [one for one in shop(20) if one.topic is PREDICTIONS]
    changed = [
        Sent(
            one.at_ms,
            one.topic,
            one.partition,
            one.key,
            one.value.replace(b'"model":"second-order"', b'"model":"logistic"'),
        )
        for one in few
        if one.partition == 0
    ]
    beyond = replace(out, offset=8)  # of the log's end: nobody can have written that
    told = [Sent(0, MODELS, 0, "conversion", encode(one)) for one in (out, beyond)]
    events = [Sent(0, USER_EVENTS, 0, "user", b"any")] * 8
    publish(bootstrap, namespace, [*events, *few, *changed, *told])
    with scoreboard(bootstrap, fresh_database, namespace) as running:
        running.wait()
    with fresh_database.open() as database:
        champion = champions(database)["conversion"]
    assert champion.model == "second-order"
    assert champion.why == (
        "first in the order of serving; partition 0 serves logistic; "
        "second-order is out since offset 7 of partition 0: it raised"
    )


def test_bytes_that_are_no_records_are_counted_and_pass(
    bootstrap: str, fresh_database: FreshDatabase, namespace: str, sent: list[Sent]
):
    rng = random.Random(4)
    junk = [
        b"",
        b"\xff\xfe",
        b"{",
        b"null",
        b"[" * 10_000,
        b"1e999",
        rng.randbytes(900_000),
        b'{"type":"Outcome"}',
    ]
    junk.append(
        rb'{"type":"Truth","event_id":"a\u0000","session_id":"s","time":"2026-01-05T08:00:00.000Z",'
        rb'"clairvoyant":0.5,"bayes":0.5,"intent":"buy","persona":"p"}'
    )
    bad = [
        Sent(0, topic, rng.randrange(2), "k", value)
        for value in junk
        for topic in (TRUTH, OUTCOMES, PREDICTIONS)
    ]
    publish(bootstrap, namespace, [*sent[:500], *bad, *sent[500:]])
    with scoreboard(bootstrap, fresh_database, namespace) as running:
        running.wait()
    with fresh_database.open() as database:
        found = totals(database)
        assert found.unreadable == len(bad)
        assert found.labels["conversion"] == DECISIONS
        assert read_board(database)["tasks"]["conversion"]["labels"] == DECISIONS


def test_a_second_scoreboard_stops_instead_of_counting_twice(fresh_database: FreshDatabase):
    migrate(fresh_database.url, fresh_database.password)
    with fresh_database.open() as database:
        store = Store(database)
        store.begin({("t", 0): ("id", 5)})
        store.save(Changes(), State(), {("t", 0): (5, 8)})
        with pytest.raises(FreshetError, match="must be 5, and is not any more"):
            store.save(Changes(totals={("late", "", 0)}), State(), {("t", 0): (5, 9)})
        assert store.offsets() == {("t", 0): ("id", 8)}
        assert totals(database).late == 0


def test_scores_of_another_log_are_refused(
    bootstrap: str, fresh_database: FreshDatabase, namespace: str, sent: list[Sent]
):
    publish(bootstrap, namespace, sent[:100])
    with scoreboard(bootstrap, fresh_database, namespace) as running:
        running.wait()
    with fresh_database.open() as database:
        with database.transaction() as connection:
            connection.execute("UPDATE score_offset SET topic_id = 'another' WHERE topic LIKE '%truth'")
        with scoreboard(bootstrap, fresh_database, namespace) as running:
            until(lambda: running.failure is not None, "the scoreboard refuses")
        assert isinstance(running.failure, ShopMismatch)
        assert "--fresh" in str(running.failure)
        publish(bootstrap, f"other{namespace}", sent[:100])
        with scoreboard(bootstrap, fresh_database, f"other{namespace}") as running:
            until(lambda: running.failure is not None, "the scoreboard refuses")
        assert "other topics" in str(running.failure)
        forget(database)
        with scoreboard(bootstrap, fresh_database, f"other{namespace}") as running:
            running.wait()


def test_the_lag_says_what_is_left_to_score(
    bootstrap: str, fresh_database: FreshDatabase, namespace: str, sent: list[Sent]
):
    migrate(fresh_database.url, fresh_database.password)
    with fresh_database.open() as database, LagMeter(bootstrap, database, namespace) as meter:
        assert sum(meter.lag().values()) == 0
        publish(bootstrap, namespace, sent)
        behind = meter.lag()
        assert behind[topic_name(TRUTH, namespace)] == DECISIONS + 2
        assert sum(behind.values()) == len(sent)
        with scoreboard(bootstrap, fresh_database, namespace) as running:
            running.wait()
        assert sum(meter.lag().values()) == 0


def test_the_newest_labels_of_each_partition_are_kept_and_the_first_after_a_drift(
    fresh_database: FreshDatabase,
):
    migrate(fresh_database.url, fresh_database.password)

    def labels(partition: int, numbers: range, task: str = "conversion") -> list[ScoredLabel]:
        return [
            ScoredLabel(
                task,
                partition,
                n,
                START_MS + n,
                START_MS + n,
                f"u-{n}",
                "s",
                1.0,
                {"m": 0.5},
                Lines(0, 1, 1, None),
            )
            for n in numbers
        ]

    def kept(task: str, partition: int) -> list[int]:
        with database.transaction() as connection:
            rows = connection.execute(
                "SELECT position FROM score_label WHERE task = %s AND partition = %s ORDER BY position",
                (task, partition),
            )
            return [position for (position,) in rows]

    with fresh_database.open() as database:
        store = Store(database, keep_labels=20, keep_after_drift=10, trim_every=50)
        drift = DriftBegan(drift="abrupt", event_number=1, event_id="u", time="2026-01-05T08:00:00.030Z")
        state = State(settled_ms={0: 1}, truth_ms={0: 1})
        assert START_MS + 30 == 1_767_600_000_030
        store.save(
            Changes(labels=labels(0, range(60)) + labels(1, range(40)), drifts=[(0, drift)]), state, {}
        )
        assert kept("conversion", 1) == list(range(40))
        assert kept("conversion", 0) == list(range(30, 60))
        store.save(Changes(labels=labels(0, range(60, 110)) + labels(1, range(40, 90))), state, {})
        assert kept("conversion", 0) == [*range(30, 40), *range(90, 110)]
        assert kept("conversion", 1) == list(range(70, 90))
        store.save(Changes(labels=labels(0, range(60), "basket")), state, {})
        assert kept("basket", 0) == list(range(40, 60))
        assert kept("conversion", 0) == [*range(30, 40), *range(90, 110)]


def test_truth_of_one_event_is_kept_by_task_until_its_label_comes(fresh_database: FreshDatabase):
    migrate(fresh_database.url, fresh_database.password)
    ones = [
        ScoredLabel("basket", 0, n, START_MS, START_MS, f"u-{n}", "s", 0.0, {"m": [1.0, 0.5]})
        for n in range(2)
    ]
    ones[1].lines = Lines(START_MS, truth=8.0)
    waiting = {("conversion", "u-7"): Lines(1, 0.5, 0.25), ("basket", "u-7"): Lines(1, truth=7.0)}
    with fresh_database.open() as database:
        store = Store(database)
        changes = Changes(labels=ones, truths={(0, point): lines for point, lines in waiting.items()})
        store.save(changes, State(), {})
        assert store.load().truths == {0: waiting}
        ones[0].lines = Lines(START_MS, truth=9.0)
        gone = [(0, ("conversion", "u-7"))]
        store.save(Changes(completed=ones[:1], truths_gone=gone), State(), {})
        assert store.load().truths == {0: {("basket", "u-7"): Lines(1, truth=7.0)}}
        with database.transaction() as connection:
            rows = connection.execute("SELECT truth, bayes FROM score_label ORDER BY position").fetchall()
    assert rows == [(9.0, None), (8.0, None)]


def test_windows_that_were_not_sent_are_sent_by_the_next_scoreboard(
    bootstrap: str, fresh_database: FreshDatabase, namespace: str
):
    migrate(fresh_database.url, fresh_database.password)
    publish(bootstrap, namespace, [])
    point = Metrics(
        task="basket", time="2026-01-05T08:00:00.000Z", labels=1_000, window_labels=5, models={}, oracle={}
    )
    with fresh_database.open() as database:
        Store(database).save(Changes(metrics=[point]), State(), {})
        assert Store(database).unsent() == [point]
        with scoreboard(bootstrap, fresh_database, namespace):
            until(lambda: Store(database).unsent() == [], "the window is sent")
    (record,) = read_to_end(bootstrap, topic_name(METRICS, namespace))
    assert record.value == encode(point)
