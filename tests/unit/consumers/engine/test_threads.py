"""The watchdog and the writer of snapshots, which run beside the turns."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from consumers.engine import SnapshotWriter, Watchdog
from consumers.supervisor import EXIT_OVERDUE
from contracts.errors import Unreachable
from infra.postgres import Snapshot

SNAPSHOT = Snapshot(
    group="g", partition=0, generation=1, turn=1, end_offset=1, journal_offset=0, topic_id="t", chain="",
    fingerprint="", payload=b"",
)  # fmt: skip
SOON_S = 10.0


def test_a_stretch_that_takes_too_long_is_told() -> None:
    told: list[str] = []
    heard = threading.Event()

    def hear(what: str) -> None:
        told.append(what)
        heard.set()

    dog = Watchdog(0.01, hear)
    with dog.watch():
        assert heard.wait(SOON_S)
    dog.close()
    assert told == ["a turn took longer than 0.01 s"]


def test_stretches_that_end_in_time_are_not() -> None:
    told: list[str] = []
    dog = Watchdog(SOON_S, told.append)
    for _ in range(1000):
        with dog.watch():
            pass
    dog.close()
    assert told == []


def test_by_default_the_process_ends() -> None:
    program = (
        "import threading\nfrom consumers.engine import Watchdog\n"
        "with Watchdog(0.01).watch():\n    threading.Event().wait()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == EXIT_OVERDUE
    assert "a turn took longer than 0.01 s" in done.stderr


def test_a_snapshot_is_stored_beside_the_turns_and_told() -> None:
    may_save, stored = threading.Event(), threading.Event()

    def save(_snapshot: Snapshot) -> None:
        assert may_save.wait(SOON_S)

    writer = SnapshotWriter(save, lambda _snapshot: stored.set())
    writer.offer(SNAPSHOT)
    assert writer.is_busy
    may_save.set()
    assert stored.wait(SOON_S)
    writer.close(SOON_S)


def test_a_snapshot_that_can_not_be_stored_is_told_once_and_the_next_one_tried(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tries: list[int] = []
    stored: list[Snapshot] = []

    def save(_snapshot: Snapshot) -> None:
        tries.append(1)
        if len(tries) < 3:
            message = "The database is away."
            raise Unreachable(message)

    writer = SnapshotWriter(save, stored.append)
    for _ in range(3):
        writer.offer(SNAPSHOT)
    writer.close(SOON_S)
    assert (len(tries), stored) == (3, [SNAPSHOT])
    waits, goes_on = caplog.messages
    assert waits == "The writer of snapshots waits: The database is away. Predictions go on."
    assert goes_on.startswith("The writer of snapshots goes on after ")


def test_closing_does_not_wait_for_a_database_that_hangs() -> None:
    never = threading.Event()
    writer = SnapshotWriter(lambda _snapshot: never.wait() or None, lambda _snapshot: None)
    writer.offer(SNAPSHOT)
    writer.close(0.05)
    assert writer.is_busy
    never.set()
