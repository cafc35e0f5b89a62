"""A run in a process of its own, which ends by SIGKILL at the fault point that it is given."""

from __future__ import annotations

import os
import signal
import sys

from contracts.settings import load
from spark_jobs.run import run_once
from spark_jobs.session import open_session


def end_at(point: str) -> None:
    if point == sys.argv[1]:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    spark = open_session("local[1]", memory="512m")
    spark.conf.set("spark.sql.shuffle.partitions", "1")
    print("started", flush=True)
    run_once(spark, load(), progress=lambda what, _: end_at(what), fault=end_at)
    print("ended", flush=True)
