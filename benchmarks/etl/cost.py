"""What a run of the ETL costs: seconds, and processor time of all its processes, Java's start among them.

``python -m benchmarks.etl.cost --events 900 200000`` publishes a shop of each size on the real broker, and has
``freshet etl`` move it into an empty database: with Java as it is, and with its quick compiler alone, which is what
``SPARK_SUBMIT_OPTS=-XX:TieredStopAtLevel=1`` asks for.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import psutil

from benchmarks.etl.shop import publish
from contracts.settings import Settings, environment
from infra.embedded import EmbeddedKafka, EmbeddedPostgres
from infra.postgres import connect, migrate, read_password

JAVAS: Final = {"Java as it is": "", "quick compiler alone": "-XX:TieredStopAtLevel=1"}


def cost_of(settings: Settings, java: str) -> tuple[float, float]:
    """Run it; seconds, and processor seconds of the process and of all that it started."""
    env = os.environ | environment(settings) | {"SPARK_SUBMIT_OPTS": java}
    began, used = time.monotonic(), dict[int, float]()
    run = subprocess.Popen(
        [sys.executable, "-m", "freshet", "etl", "--json"], env=env, stdout=subprocess.DEVNULL
    )
    root = psutil.Process(run.pid)
    while True:
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in (root, *root.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    used[process.pid] = sum(process.cpu_times()[:2])
        with contextlib.suppress(subprocess.TimeoutExpired):
            assert run.wait(0.1) == 0, "the run must end well"
            return time.monotonic() - began, sum(used.values())


def main() -> None:
    """Print a line for each size and each Java."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[900, 100_000])
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedKafka(Path(folder, "kafka")) as kafka,
        EmbeddedPostgres(Path(folder, "postgres")) as postgres,
    ):
        password = read_password(postgres.password_file)
        for events in given.events:
            for number, (name, java) in enumerate(JAVAS.items()):
                database = f"etl_{events}_{number}"
                with connect(postgres.conninfo, password) as connection:
                    connection.autocommit = True
                    connection.execute(f"CREATE DATABASE {database}")
                settings = Settings(
                    bootstrap=kafka.bootstrap,
                    database_url=f"{postgres.conninfo} dbname={database}",
                    database_password_file=postgres.password_file,
                    namespace=f"cost-{events}.",
                )
                migrate(settings.database_url, password)
                if number == 0:
                    publish(settings, events)
                seconds, used_s = cost_of(settings, java)
                print(
                    f"{events:8,} events, {name:20} {used_s:7.1f} processor s, {seconds:7.1f} s", flush=True
                )


if __name__ == "__main__":
    main()
