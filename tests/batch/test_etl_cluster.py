"""The same run on a standalone cluster: a master and two workers from PySpark's own jars, each a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pyspark
import pytest

from contracts.settings import environment
from infra.embedded.java import find_java
from infra.embedded.ports import free_port, is_free
from infra.embedded.server import launcher_argv
from infra.lifeline import spawn
from tests.batch.etl_shop import MARTS, EtlShop, expected_of, shop_lines
from tests.conftest import ROOT
from tests.integration.conftest import FreshDatabase
from tests.waiting import DEADLINE_S, until

_SPARK = Path(pyspark.__file__).parent


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """Address of a master with two workers of one core each."""
    port = free_port()
    address = f"spark://127.0.0.1:{port}"
    env = os.environ | {
        "JAVA_HOME": str(find_java().path.parent.parent),
        "SPARK_HOME": str(_SPARK),
        "SPARK_DAEMON_MEMORY": "256m",
    }
    worker = ["--host", "127.0.0.1", "--cores", "1", "--memory", "1g", "--webui-port", "0"]
    with ExitStack() as held:
        log = held.enter_context((tmp_path / "cluster.log").open("wb"))

        def run(name: str, *arguments: str) -> None:
            argv = [str(_SPARK / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", *arguments]
            argv = launcher_argv(argv, stop_signal=signal.SIGTERM, grace_s=5.0)
            child = spawn(argv, env=env, cwd=tmp_path, stdout=log, stderr=subprocess.STDOUT)
            held.callback(child.stop, 10.0)

        run("master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0")
        until(lambda: not is_free(port), "the master listens")
        for number in (1, 2):
            run("worker.Worker", *worker, "--work-dir", str(tmp_path / f"worker-{number}"), address)
        yield address


def test_a_cluster_moves_what_a_single_process_would(
    cluster: str, bootstrap: str, namespace: str, fresh_database: FreshDatabase
) -> None:
    shop = EtlShop.make(bootstrap, namespace, fresh_database)
    shop.publish(shop_lines(150, seed=11))
    done = subprocess.run(
        [sys.executable, "-m", "freshet", "etl", "--json"],
        env=os.environ | environment(shop.settings) | {"SPARK_MASTER": cluster},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S * 6,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    found = {table: shop.rows(f"SELECT count(*) FROM {table}")[0][0] for table in MARTS}
    assert found == expected_of(shop).rows
    assert said["moved"] == found
    assert f"starting Spark on {cluster}" in done.stderr
