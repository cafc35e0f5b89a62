"""Rows into staging by COPY, as the ETL writes them, and by Spark's own JDBC writer; then the whole ETL.

``python -m benchmarks.etl`` publishes a simulated shop, with what learners make of it, on the real broker; has Spark
judge its events once and keep them; and writes this same DataFrame into the same empty `stage_event` of the real
Postgres, in turns: by COPY, by JDBC with default settings, and by JDBC with ``reWriteBatchedInserts=true`` and
``batchsize=10000``. It prints rows a second, the median of alternating runs, and each time as a multiple of COPY's;
then records and rows a second of a whole run, whose marts are held to plain Python's (`benchmarks.etl.counts`).
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final, get_args

from psycopg.conninfo import conninfo_to_dict
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from benchmarks.etl.counts import check
from benchmarks.etl.shop import publish
from benchmarks.servers import own_servers
from contracts.events import UserEvent
from contracts.settings import Settings
from contracts.topics import USER_EVENTS
from infra.embedded.java.jars import kafka_jars
from infra.postgres import Database, read_password
from spark_jobs.clean import judge
from spark_jobs.copying import Target, stage
from spark_jobs.events import user_events
from spark_jobs.ledger import plan
from spark_jobs.reading import read_spans
from spark_jobs.run import run_once
from spark_jobs.session import open_session

TABLE: Final = "stage_event"
_JDBC: Final = Path(__file__).with_name("postgres-jdbc.xml")


def events_of(spark: SparkSession, settings: Settings) -> DataFrame:
    """Rows for `stage_event`, kept by Spark, so that only writing them is measured."""
    spans = plan(settings, {})[USER_EVENTS]
    return user_events(judge(read_spans(spark, settings.bootstrap, spans), get_args(UserEvent))).persist()


def by_jdbc(frame: DataFrame, target: Target, **options: str) -> None:
    """Write as Spark does. Texts go untyped, for the two tags are UUIDs."""
    at = conninfo_to_dict(target.conninfo)
    tags = {"attempt": F.lit(str(target.attempt)), "writer": F.lit(str(uuid.uuid4()))}
    options |= {
        "driver": "org.postgresql.Driver",
        "user": str(at["user"]),
        "password": target.password or "",
        "stringtype": "unspecified",
    }
    url = f"jdbc:postgresql://{at['host']}:{at['port']}/{at['dbname']}"
    frame.withColumns(tags).write.jdbc(url, TABLE, mode="append", properties=options)


def compare(frame: DataFrame, settings: Settings, runs: int) -> None:
    """Print rows a second of each way."""
    password = read_password(settings.database_password_file)
    rows = frame.count()
    target = Target(settings.database_url, password, uuid.uuid4())
    ways: dict[str, Callable[[], object]] = {
        "COPY": lambda: stage(frame, TABLE, target),
        "JDBC, default settings": lambda: by_jdbc(frame, target),
        "JDBC, reWriteBatchedInserts=true, batchsize=10000": lambda: by_jdbc(
            frame, target, reWriteBatchedInserts="true", batchsize="10000"
        ),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    with Database(settings.database_url, password) as database:
        for run in range(runs + 1):  # the first warms up
            for name in list(ways)[:: 1 if run % 2 else -1]:
                with database.transaction() as connection:
                    connection.execute(f"TRUNCATE {TABLE}")
                began = time.monotonic()
                ways[name]()
                took_s = time.monotonic() - began
                with database.transaction() as connection:
                    (found,) = connection.execute(f"SELECT count(*) FROM {TABLE}").fetchone() or (0,)  # noqa: S608
                assert found == rows, f"{name} must write {rows} rows. It wrote {found}."
                if run:
                    seconds[name].append(took_s)
    copied_s = statistics.median(seconds["COPY"])
    print(f"{rows:,} rows of {len(frame.columns) + 2} columns into {TABLE}, {runs} runs each:")
    for name, all_s in seconds.items():
        median_s = statistics.median(all_s)
        print(f"  {name:50} {rows / median_s:9,.0f} rows/s   {median_s / copied_s:5.2f}x COPY's time")


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser("python -m benchmarks.etl", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000, help="user events (default %(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="of each way (default %(default)s)")
    given = parser.parse_args()
    with own_servers("bench.") as settings:
        publish(settings, given.events)
        driver = kafka_jars(modules=_JDBC, checksums=_JDBC.with_suffix(".sha256"))
        spark = open_session("local[*]", memory="2g", jars=driver)
        try:
            frame = events_of(spark, settings)
            compare(frame, settings, given.runs)
            frame.unpersist()
            report = run_once(spark, settings)
        finally:
            spark.stop()
        rows = sum(report.moved.values())
        print(
            f"the whole ETL: {report.records_in:,} records in, {rows:,} rows out, in {report.seconds:.1f} s: "
            f"{report.records_in / report.seconds:,.0f} records/s, {rows / report.seconds:,.0f} rows/s",
            flush=True,
        )
        sys.exit(not check(settings))


if __name__ == "__main__":
    main()
