"""`freshet etl` on a real broker, a real database and a real Spark: every table against a plain-Python count."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from pyspark.sql import SparkSession

from benchmarks.etl.counts import MARTS, Expected, expected_of, found_in, gaps_in, lines_in, sessions_in
from contracts.features import feature_set_id
from contracts.topics import FEATURES, OUTCOMES, PREDICTIONS, PRODUCT_EVENTS, USER_EVENTS
from infra.postgres import TrainingRows
from infra.postgres.describe import describe
from models.tasks import TASKS
from spark_jobs import RunReport
from spark_jobs.backfill import backfill
from spark_jobs.ledger import READ
from spark_jobs.run import run_once
from tests.backend import Backend
from tests.batch.etl_shop import EtlShop, Line, shop_lines, strangers
from tests.conftest import ROOT
from tests.integration.conftest import new_database

EVENTS = 900


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return shop_lines(EVENTS)


@pytest.fixture(scope="module")
def moved(spark: SparkSession, backend: Backend, lines: list[Line]) -> Iterator[tuple[EtlShop, RunReport]]:
    """A shop that was moved in one run, with what a stranger wrote to its topics."""
    with new_database(backend) as database:
        shop = EtlShop.make(backend.broker.bootstrap, "etl-one.", database)
        shop.publish([*lines, *strangers()])
        yield shop, run_once(spark, shop.settings)


@pytest.fixture(scope="module")
def expected(moved: tuple[EtlShop, RunReport]) -> Expected:
    return expected_of(moved[0].settings)


def test_every_mart_has_the_rows_of_a_plain_count(
    moved: tuple[EtlShop, RunReport], expected: Expected
) -> None:
    shop, report = moved
    found = shop.ask(found_in)
    assert found == expected.rows
    assert report.moved == found
    assert all(found[table] > 0 for table in found if table != "fact_late_label"), found


def test_what_was_retired_is_not_for_sale_whatever_changes_later(moved: tuple[EtlShop, RunReport]) -> None:
    versions = "SELECT is_for_sale FROM dim_product WHERE product_id = 'p-odd' ORDER BY valid"
    assert [is_for_sale for (is_for_sale,) in moved[0].rows(versions)][-2:] == [True, False]


def test_stray_fields_are_in_no_mart(moved: tuple[EtlShop, RunReport]) -> None:
    ended = "SELECT DISTINCT product_id, stars, cart_id FROM fact_event WHERE type = 'SessionEnded'"
    assert moved[0].rows(ended) == [(None, None, None)]
    assert moved[0].rows("SELECT count(*) FROM fact_event WHERE type = 'ClockTicked'") == [(0,)]


def test_bad_records_are_counted_by_reason_and_every_record_is_accounted_for(
    moved: tuple[EtlShop, RunReport], expected: Expected
) -> None:
    shop, report = moved
    bad = {topic.name: Counter(report.bad[shop.name(topic)]) for topic in READ}
    assert bad[USER_EVENTS.name] == expected.bad[USER_EVENTS.name]
    assert bad[USER_EVENTS.name].total() > 30 and bad[USER_EVENTS.name]["too-far-ahead"] > 0
    written = Counter(one.topic for one in strangers())
    for topic in (
        PRODUCT_EVENTS,
        PREDICTIONS,
        FEATURES,
        OUTCOMES,
    ):  # Spark says "not-json" where the codec can say more
        assert bad[topic.name].total() == expected.bad[topic.name].total() == written[topic.name] > 30
        assert bad[topic.name]["foreign"] == expected.bad[topic.name]["foreign"]
    read = sum(len(shop.records(topic)) for topic in READ)
    assert report.records_in == read
    assert shop.rows("SELECT records_in FROM etl_run") == [(read,)]
    kept = shop.rows("SELECT reason, sum(records)::bigint FROM etl_bad GROUP BY 1")
    assert dict(kept) == dict(sum(bad.values(), Counter()))


def test_sessions_and_order_lines_are_those_of_plain_python(
    moved: tuple[EtlShop, RunReport], expected: Expected
) -> None:
    shop, _ = moved
    assert shop.ask(sessions_in) == expected.sessions
    assert shop.ask(lines_in) == expected.order_lines
    bought = shop.rows("SELECT sum(bought) FROM interaction")
    assert bought == [(sum(quantity for quantity, _ in expected.order_lines.values()),)]


def test_versions_of_a_product_have_neither_gap_nor_overlap(moved: tuple[EtlShop, RunReport]) -> None:
    shop, _ = moved
    assert shop.ask(gaps_in) == []


def bits(values: list[float]) -> bytes:
    return struct.pack(f"<{len(values)}d", *values)


def test_training_examples_have_the_very_bits_that_were_logged(
    moved: tuple[EtlShop, RunReport], expected: Expected
) -> None:
    shop, _ = moved
    logged = expected.features
    rows = shop.rows(
        'SELECT t.task, t.partition, t."offset", t.label, t.why, t.settled_offset, t.answers, t.losses, f.names, '
        "t.features FROM training_example AS t JOIN dim_feature_set AS f USING (feature_set)"
    )
    settled = {(o.task, o.partition, o.offset): o for o in expected.outcomes if o.label is not None}
    assert len(rows) == len(settled) > 100
    for task, partition, offset, label, why, settled_offset, answers, losses, names, features in rows:
        seen, outcome = logged[task, partition, offset], settled[task, partition, offset]
        assert feature_set_id(task, names) == seen.feature_set
        assert bits(features) == bits(seen.values)
        assert (label, why, settled_offset) == (outcome.label, outcome.why, outcome.settled_offset)
        assert (answers, losses) == (outcome.answers, outcome.losses)


# Those that are trained; of reviews there are none in so short a shop.
@pytest.mark.parametrize("task", [name for name, task in TASKS.items() if task.batch is not None])
def test_backfilled_examples_are_those_that_were_logged(
    spark: SparkSession, moved: tuple[EtlShop, RunReport], task: str
) -> None:
    shop, _ = moved
    report = backfill(spark, shop.settings, TASKS[task])
    assert report.is_same and report.compared == report.rows > 10
    assert report.unreadable == sum(one.topic == FEATURES.name for one in strangers())
    examples = [
        shop.rows(f"SELECT t::text FROM {view} AS t WHERE task = %s ORDER BY 1", (task,))
        for view in ("training_example", "backfilled_example")
    ]
    assert examples[0] == examples[1] != []
    names = [feature.name for feature in TASKS[task].features().declared]
    with shop.database.open() as database:
        by_view = [TrainingRows(database, task, names, backfilled=wanted) for wanted in (False, True)]
        assert by_view[0].count() == by_view[1].count()
        assert sorted(map(repr, by_view[0].read(10_000))) == sorted(map(repr, by_view[1].read(10_000)))


def test_running_again_with_nothing_new_changes_nothing(
    spark: SparkSession, moved: tuple[EtlShop, RunReport]
) -> None:
    shop, _ = moved
    before: tuple[Any, ...] = (shop.marts(), shop.ledger(), shop.rows("TABLE etl_run"))
    assert run_once(spark, shop.settings).run_id is None
    assert (shop.marts(), shop.ledger(), shop.rows("TABLE etl_run")) == before


def test_many_runs_leave_what_one_run_leaves(
    spark: SparkSession, backend: Backend, lines: list[Line], moved: tuple[EtlShop, RunReport]
) -> None:
    cuts = [0, 3, len(lines) // 2, len(lines)]
    with new_database(backend) as database:
        shop = EtlShop.make(backend.broker.bootstrap, "etl-many.", database)
        reports = []
        for start, end in zip(cuts, cuts[1:], strict=False):
            shop.publish(lines[start:end])
            reports.append(run_once(spark, shop.settings))
        assert [report.run_id for report in reports] == [1, 2, 3]
        one, many = moved[0].marts(), shop.marts()
        for table in MARTS:
            assert many[table] == one[table], table


def test_charts_have_their_views_and_a_reader_may_read_and_no_more(moved: tuple[EtlShop, RunReport]) -> None:
    shop, _ = moved
    (events, sessions, orders), (by_day,) = (
        shop.rows("SELECT sum(events), sum(sessions), sum(orders) FROM kpi_hourly")[0],
        shop.rows("SELECT sum(events) FROM kpi_daily")[0],
    )
    sources = ("fact_event", "fact_session", "fact_event WHERE type = 'OrderPlaced'")
    counted = [shop.rows(f"SELECT count(*) FROM {source}")[0][0] for source in sources]
    assert [events, sessions, orders] == counted and by_day == events
    assert shop.rows("SELECT count(*) > 0 FROM model_loss_hourly") == [(True,)]
    rights = shop.rows(
        "SELECT has_table_privilege('freshet_reader', c.oid, 'SELECT'), "
        "has_table_privilege('freshet_reader', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'), relname FROM pg_class AS c "
        "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')"
    )
    readable = {name for may_read, _, name in rights if may_read}
    views = {"training_example", "backfilled_example", "kpi_daily"}
    assert set(MARTS) | views | {"etl_run", "etl_backfill", "fact_backfilled"} <= readable
    assert not any(may_write for _, may_write, _ in rights)
    assert not readable & {"snapshot", "stage_event"}


def test_the_page_on_marts_is_what_the_database_says(moved: tuple[EtlShop, RunReport]) -> None:
    shop, _ = moved
    with shop.database.open() as database, database.transaction() as connection:
        page = describe(connection)
    hint = "run: .venv/bin/python -m infra.postgres.describe > docs/marts.md"
    assert (ROOT / "docs" / "marts.md").read_text(encoding="utf-8") == page, hint


def test_every_table_view_and_column_of_the_marts_has_a_comment(moved: tuple[EtlShop, RunReport]) -> None:
    shop, _ = moved
    bare = shop.rows(
        "SELECT c.relname, a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid "
        "AND a.attnum >= 0 AND NOT a.attisdropped WHERE c.relnamespace = 'public'::regnamespace "
        "AND c.relkind IN ('r', 'v') "
        "AND c.relname ~ '^(dim_|fact_|etl_|stage_|kpi_|model_loss|interaction|product|training|backfilled)' "
        "AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid, 'pg_class') IS NULL)"
    )
    assert bare == []
