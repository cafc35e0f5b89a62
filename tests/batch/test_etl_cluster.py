"""The same run on a standalone cluster: a master and two workers from PySpark's own jars, each a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import pyspark
import pytest

from benchmarks.etl.counts import found_in
from contracts.settings import environment
from infra.embedded.java.find import find_java
from infra.embedded.ports import free_port
from infra.embedded.server import launcher_argv
from infra.lifeline import Child, spawn
from tests.batch.chaos import Kill, drawn
from tests.batch.etl_shop import EtlShop, shop_lines
from tests.conftest import ROOT
from tests.integration.conftest import FreshDatabase
from tests.waiting import DEADLINE_S, until

_SPARK = Path(pyspark.__file__).parent


@dataclass(frozen=True)
class Cluster:
    """A master with two workers of one core each."""

    address: str
    workers: list[Child]

    def kill(self, what: str) -> None:
        """End all executors, or all Python workers of theirs, at once."""
        for process in (one for w in self.workers for one in psutil.Process(w.pid).children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                if self._is(process, what):
                    process.kill()

    @staticmethod
    def _is(process: psutil.Process, what: str) -> bool:
        command = " ".join(process.cmdline())
        if what == "executor":
            return "CoarseGrainedExecutorBackend" in command and "java" in process.name()
        parent = process.parent()
        return "pyspark.daemon" in command and parent is not None and "pyspark.daemon" in parent.cmdline()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    port = free_port()
    address = f"spark://127.0.0.1:{port}"
    env = os.environ | {
        "JAVA_HOME": str(find_java().path.parent.parent),
        "SPARK_HOME": str(_SPARK),
        "SPARK_DAEMON_MEMORY": "256m",
        "JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1",  # of executors, too
    }
    worker = ["--host", "127.0.0.1", "--cores", "1", "--memory", "1g", "--webui-port", "0"]
    with ExitStack() as held:
        log = held.enter_context((folder / "cluster.log").open("wb"))

        def run(name: str, *arguments: str) -> Child:
            argv = [str(_SPARK / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", *arguments]
            argv = launcher_argv(argv, stop_signal=signal.SIGTERM, grace_s=5.0)
            child = spawn(argv, env=env, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
            held.callback(child.stop, 10.0)
            return child

        run("master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0")
        until(lambda: answers(port), "the master listens")
        yield Cluster(
            address,
            [
                run("worker.Worker", *worker, "--work-dir", str(folder / f"worker-{number}"), address)
                for number in (1, 2)
            ],
        )


def answers(port: int) -> bool:
    """Whether somebody takes connections; binding, to see whether nobody does, could come before the master."""
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except OSError:
        return False
    return True


def copying(shop: EtlShop) -> set[int]:
    """Backends whose COPY waits for a lock."""
    query = (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' "
        "AND query LIKE 'COPY%'"
    )
    return {pid for (pid,) in shop.rows(query)}


def _copies_or_ended(shop: EtlShop, run: subprocess.Popen[str], dead: set[int]) -> bool:
    return bool(copying(shop) - dead) or run.poll() is not None


# Without a kill it is what a single process would do, too: this test stands for both.
@pytest.mark.long
@pytest.mark.parametrize("kill", drawn("executor", "worker"), ids=str)
def test_a_cluster_whose_executors_are_killed_moves_all_or_nothing(
    cluster: Cluster, bootstrap: str, namespace: str, fresh_database: FreshDatabase, kill: Kill
) -> None:
    shop = EtlShop.make(bootstrap, namespace, fresh_database)
    shop.publish(shop_lines(150, seed=11))
    before = (shop.marts(), shop.ledger())
    run = subprocess.Popen(
        [sys.executable, "-m", "freshet", "etl", "--json"],
        env=os.environ | environment(shop.settings) | {"SPARK_MASTER": cluster.address},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        # Events are the first to be copied, and staging was emptied before.
        until(
            lambda: run.poll() is not None or shop.rows("SELECT 1 FROM stage_event LIMIT 1"), "a first copy"
        )
        with shop.database.open() as database, database.transaction() as connection:
            connection.execute(f"LOCK TABLE {kill.point} IN ACCESS EXCLUSIVE MODE")
            dead: set[int] = set()
            while run.poll() is None and (kill.again_and_again or not dead):
                until(partial(_copies_or_ended, shop, run, dead), f"a task copies to {kill.point}")
                dead |= copying(shop)
                cluster.kill(kill.what)
        said, errors = run.communicate(timeout=DEADLINE_S * 6)
    finally:
        run.kill()
        run.wait()
    if kill.again_and_again:
        assert run.returncode == 1 and "the marts are as before" in errors
        assert (shop.marts(), shop.ledger()) == before
        return
    assert run.returncode == 0, errors
    shop.assert_moved()
    assert json.loads(said)["moved"] == shop.ask(found_in)
    assert f"starting Spark on {cluster.address}" in errors
