"""A Spark session that reads Kafka: embedded by default, or on a cluster."""

from __future__ import annotations

import ipaddress
import logging
import os
import re
import signal
import sys
import threading
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.embedded.java.find import UTF8, find_java
from infra.embedded.java.jars import connector_jars
from spark_jobs.errors import EtlFailed, SparkMissing

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["DEFAULT_MASTER", "has_died", "last_words", "master_of", "need_spark", "open_session"]

DEFAULT_MASTER: Final = "local[*]"
# Rows that Spark puts together where it keeps a frame, in its Java's heap: a prediction takes kilobytes, so that the
# 10,000 rows of its default took 1 GB away where two tasks read 400,000 of them.
_KEPT_AT_A_TIME: Final = 1_000
_CONNECTOR: Final = "spark-sql-kafka-0-10_2.13-*.jar"
_LOCAL: Final = re.compile(r"local(\[.*\])?")
_LOG4J: Final = Path(__file__).with_name("log4j2.xml")


def need_spark() -> None:
    """Go on only where PySpark is installed.

    Raises
    ------
    SparkMissing
        Naming the extra.
    """
    for package in ("pyspark", "pyarrow"):
        if find_spec(package) is None:
            message = f"Moving history needs Spark, and {package} is not installed."
            raise SparkMissing(message, hint="Install the extra: pip install 'freshet[spark]'.")


def master_of(asked: str | None) -> str:
    """Where Spark runs: what was asked for, else SPARK_MASTER, else this process."""
    return asked or os.environ.get("SPARK_MASTER") or DEFAULT_MASTER


def _jars() -> list[Path]:
    """Jars to hand on: none where they lie among PySpark's own, as in the container's image."""
    spec = find_spec("pyspark")
    homes = (spec.submodule_search_locations or []) if spec else []
    if any(list(Path(home).glob(f"jars/{_CONNECTOR}")) for home in homes):
        return []
    return connector_jars()


def open_session(master: str, *, memory: str = "1g", jars: Sequence[Path] = ()) -> SparkSession:
    """Start Spark. There is one session a process: where one runs, this is it.

    Parameters
    ----------
    master : str
        ``local[*]``, ``spark://host:port`` and whatever else Spark knows.
    memory : str
        Of the driver, which does the work where the master is local.
    jars : sequence of Path
        Further ones, besides those that Kafka is read with.

    Raises
    ------
    SparkMissing
        If PySpark is not installed.
    infra.embedded.errors.JavaMissing, infra.embedded.errors.DownloadFailed
        If Java or the jars can't be had.
    EtlFailed
        If the master is none, or does not answer.
    """
    need_spark()
    java = find_java()
    os.environ["JAVA_HOME"] = str(java.path.parent.parent)
    os.environ.update(UTF8)  # Spark takes the environment of this process
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else tasks run on whatever python3 is
    # Nothing here is used of pandas, and PySpark says at each step that it does not know all of pandas 3.
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    options = f"-Dlog4j2.configurationFile={_LOG4J.as_uri()}"
    builder = (
        SparkSession.builder.appName("freshet etl")
        .master(master)
        .config("spark.driver.memory", memory)
        .config("spark.driver.extraJavaOptions", options)
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "8")
        .config("spark.sql.catalogImplementation", "in-memory")
        .config("spark.sql.inMemoryColumnarStorage.batchSize", str(_KEPT_AT_A_TIME))
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "5000")
        .config("spark.sql.execution.arrow.useLargeVarTypes", "false")
    )
    if _is_here(master):
        builder = builder.config("spark.driver.host", "127.0.0.1").config(
            "spark.driver.bindAddress", "127.0.0.1"
        )
    if _LOCAL.fullmatch(master):
        # Other users of this machine reach the loopback, too. Spark draws a secret for each run and keeps it in memory;
        # for a cluster it is the cluster's to give.
        builder = builder.config("spark.authenticate", "true")
    if needed := [*_jars(), *jars]:
        builder = builder.config("spark.jars", ",".join(map(str, needed)))
    # py4j says with a traceback that it was interrupted, and then does what it should.
    logging.getLogger().addFilter(_is_no_interrupt)
    on_interrupt = signal.getsignal(signal.SIGINT)
    try:
        return builder.getOrCreate()
    except (PySparkException, RuntimeError, OSError) as error:
        raise _failed(master, error) from error
    except Exception as error:
        if type(error).__module__.startswith("py4j"):
            raise _failed(master, error) from error
        raise
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, on_interrupt)  # PySpark has put its own in place


def has_died(spark: SparkSession) -> bool:
    """Whether nothing can be done with a session any more: its Java has ended, or Spark has stopped by itself.

    That it does where a cluster's master takes its application away.
    """
    context = spark.sparkContext
    gateway = context._gateway  # noqa: SLF001 - nothing public says so
    if gateway is None or gateway.proc.poll() is not None:
        return True
    try:
        return bool(context._jsc.sc().isStopped())  # noqa: SLF001 - as above
    except Exception as error:
        if type(error).__module__.startswith("py4j"):
            return True
        raise


def _is_no_interrupt(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith("KeyboardInterrupt while sending command")


def _failed(master: str, error: Exception) -> EtlFailed:
    message = f"Spark could not be started with master {master}: {last_words(error)}"
    return EtlFailed(message, hint="A master is local[*], local[2], or a cluster's spark://host:7077.")


def last_words(error: BaseException) -> str:
    """The line of a Java or Python stack that says most: its innermost cause."""
    lines = [line.strip() for line in str(error).splitlines()]
    said = [line for line in lines if line and not line.startswith(("at ", "File ", "Traceback", "... "))]
    causes = [line.removeprefix("Caused by: ") for line in said if line.startswith("Caused by: ")]
    errors = [line for line in said if not line.startswith((":", "Caused by: ")) and "Error: " in line]
    java = [line.removeprefix(": ") for line in said if line.startswith(": ")]
    found = (errors or causes or java or said or [type(error).__name__])[-1]
    return found if len(found) <= 400 else found[:399] + "…"


def _is_here(master: str) -> bool:
    if master.startswith("local"):
        return True
    host = master.removeprefix("spark://").rpartition(":")[0].strip("[]")
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
