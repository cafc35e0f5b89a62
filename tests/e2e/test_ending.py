"""However a demo ends, nothing is left behind, and the next one goes on."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

import psutil

from tests.e2e.running import (
    Demo,
    argv,
    at_work,
    environment,
    freshet,
    next_prediction,
    nothing_is_left,
    run_of,
)
from tests.e2e.terminal import Terminal
from tests.waiting import slowed, until

PROMISED_S = 10.0
KILLED_S = 15.0  # 2 to 3 s on an idle machine, 27 s when graces added up


def test_ctrl_c_ends_everything_and_kill_9_leaves_nothing_and_it_goes_on_each_time(folder):
    command = argv("demo", "--rate", "50", "--seed", "3", folder=folder)
    with Terminal(command, environment()) as terminal:
        # The live board, on a terminal: predictions are made while we look.
        until(lambda: is_predicting(terminal), "predictions on the board")
        for said in ("simulated shop, seed 3", "learner", "latest predictions", "Will this session end"):
            assert said in terminal.shown
        running = json.loads((folder / "runtime.json").read_text())
        before = next_prediction(folder)
        second_is_refused(folder, terminal.process.pid)

        terminal.press_ctrl_c()
        assert terminal.wait(slowed(PROMISED_S)) == 0, terminal.shown[-2000:]
        nothing_is_left(folder)
        assert not (folder / "runtime.json").exists()
        assert "the data stay in" in terminal.shown.replace("\r\n", " ")

    # Its port is taken meanwhile: it comes back on another one, with what it had learnt, asked for nothing.
    port = int(running["bootstrap"].rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)), Demo(folder, "--rate", "50") as demo:
        after = demo.until_it_predicts()
        assert json.loads((folder / "runtime.json").read_text())["bootstrap"] != running["bootstrap"]
        assert after["time"] > before["time"]

        # kill -9 of the demo alone: the life lines of its children are cut.
        os.kill(demo.process.pid, signal.SIGKILL)
        demo.process.wait()
        print(f"nothing left {nothing_is_left(folder, KILLED_S):.1f} s after kill -9 of a demo")

    # And it goes on all the same; what happened is whole.
    # At a rate that leaves room: the audit folds the log again beside all that runs.
    with Demo(folder, "--rate", "100", "--least-labels", "2000") as demo:
        demo.until_it_predicts()
        audit = run_of("audit", "--json", folder=folder)
        assert audit["ok"] is True
        assert all(found["folded_from"] == "start" for found in audit["partitions"].values())

        # By itself it has begun to move history meanwhile: Spark ends with all the rest.
        until(lambda: spark_is_at_work(folder), "Spark is at work")
        assert {address for address in listening(folder) if not ip_address(address).is_loopback} == set()
        assert folder.stat().st_mode & 0o777 == 0o700
        assert freshet("down", folder=folder).returncode == 0
        assert demo.process.wait(timeout=slowed(PROMISED_S)) == 0
        nothing_is_left(folder)


def spark_is_at_work(folder: Path) -> bool:
    """Whether its Python workers are there: they come with the first task."""
    return any("pyspark.daemon" in part for process in at_work(folder) for part in process.info["cmdline"])


def listening(folder: Path) -> set[str]:
    """Where others could connect to all that runs."""
    found = set()
    for process in at_work(folder):
        with suppress(psutil.NoSuchProcess):
            connections = process.net_connections(kind="inet")
            found |= {
                c.laddr.ip.removeprefix("::ffff:") for c in connections if c.status == psutil.CONN_LISTEN
            }
    assert found
    return found


def is_predicting(terminal: Terminal) -> bool:
    assert terminal.process.poll() is None, terminal.shown[-2000:]
    return re.search(r"predicted [1-9]", terminal.shown) is not None


def second_is_refused(folder: Path, pid: int) -> None:
    """A second one on the same folder says who is there."""
    second = freshet("demo", folder=folder)
    assert second.returncode == 1
    assert str(pid) in second.stderr
    assert "Traceback" not in second.stderr


def test_an_interrupted_start_leaves_nothing_behind(folder):
    with Demo(folder, "--rate", "50") as demo:
        until(lambda: (folder / "lock").exists(), "the folder is locked")
        os.killpg(demo.process.pid, signal.SIGINT)
        assert demo.process.wait(timeout=2 * slowed(PROMISED_S)) != 0
        assert "Traceback" not in demo.stderr.read_text()
        nothing_is_left(folder)


def test_down_ends_a_demo_whose_broker_and_database_are_kept_up_too(folder):
    with Demo(folder, "--rate", "100", "--keep", "--no-batch") as demo:
        until((folder / "shop.json").exists, "its topics are there")
        next_prediction(folder)
        assert freshet("down", folder=folder).returncode == 0
        until(lambda: demo.process.poll() is not None, "the demo has ended")
        assert demo.process.returncode == 1
        nothing_is_left(folder)
