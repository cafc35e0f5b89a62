"""Spark's driver listens on the loopback only, and to nobody who does not know the secret of this run."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import psutil
from pyspark.sql import SparkSession


def test_the_drivers_listeners_ask_for_a_secret_that_no_argument_shows(spark: SparkSession) -> None:
    java: Any = spark._jvm
    security = java.org.apache.spark.SparkEnv.get().securityManager()
    assert security.isAuthenticationEnabled()
    process = psutil.Process(java.java.lang.ProcessHandle.current().pid())
    assert security.getSecretKey() not in " ".join([*process.cmdline(), *process.environ().values()])

    open_ports = [c for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert open_ports
    assert all(ip_address(c.laddr.ip.removeprefix("::ffff:")).is_loopback for c in open_ports)
