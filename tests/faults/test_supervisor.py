"""The supervisor starts again what dies, and gives up on what can't go on."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import psutil
import pytest

from consumers.supervisor import EXIT_AWAY, StaticAssignment, WorkersStopped, supervise
from consumers.supervisor.supervise import DEATHS_AT_ONE_OFFSET
from infra.embedded import EmbeddedPostgres
from tests.faults.stage import Stage
from tests.waiting import until

WORKER = [sys.executable, str(Path(__file__).with_name("worker_process.py"))]


def workers_of_this_process() -> list[psutil.Process]:
    return [
        p for p in psutil.Process().children() if any("consumers.learner" in part for part in p.cmdline())
    ]


def test_a_worker_that_is_killed_comes_back_and_all_end_with_the_supervisor(
    stage: Stage, events: list[bytes]
) -> None:
    stage.publish(events[:300])
    stop = threading.Event()
    thread = threading.Thread(
        target=supervise, args=(stage.settings, StaticAssignment([0])), kwargs={"should_stop": stop.is_set}
    )
    thread.start()
    try:
        until(lambda: stage.committed_offset() >= 300, "worker at 300")
        (first,) = workers_of_this_process()
        os.kill(first.pid, signal.SIGKILL)
        stage.publish(events[300:500])
        until(lambda: stage.committed_offset() >= 500, "the next worker at 500")
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()
    assert workers_of_this_process() == []


def test_a_worker_that_died_three_times_at_one_offset_is_given_up_with_its_last_error(
    stage: Stage, events: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent.parent))
    stage.publish(events[:300])
    stage.run_to_end()
    stage.publish(events[300:600])
    with pytest.raises(
        WorkersStopped, match=r"user-events/0: the worker died 3 times at offset 300"
    ) as stopped:
        supervise(
            stage.settings,
            StaticAssignment([0]),
            should_stop=lambda: False,
            program=WORKER,
            arguments=["--fault", "after poll"],
        )
    assert len(stopped.value.problems) == 1
    assert stage.committed_offset() == 300


def test_a_worker_is_started_again_as_often_as_it_takes_while_broker_or_database_is_away(
    stage: Stage, tmp_path: Path
) -> None:
    tries = tmp_path / "tries"
    script = f"import sys; open(sys.argv[1], 'a').write('.'); sys.exit({EXIT_AWAY})"
    supervise(
        stage.settings,
        StaticAssignment([0]),
        should_stop=lambda: tries.exists() and len(tries.read_text()) > DEATHS_AT_ONE_OFFSET + 1,
        program=[sys.executable, "-c", script, str(tries)],
    )


def test_a_worker_that_refuses_is_not_started_again(
    stage: Stage, events: list[bytes], new_stage: object
) -> None:
    stage.publish(events[:100])
    stage.run_to_end()
    from contracts.topics import USER_EVENTS
    from infra.kafka import Committed, restore_offset

    restore_offset(stage.bootstrap, stage.settings.group, stage.name(USER_EVENTS), 0, Committed(40, ""))
    with pytest.raises(WorkersStopped, match="OffsetsMoved"):
        supervise(stage.settings, StaticAssignment([0]), should_stop=lambda: False)


def test_predictions_go_on_while_the_database_is_away(
    stage: Stage, events: list[bytes], embedded_postgres: EmbeddedPostgres
) -> None:
    stage.publish(events[:300])
    embedded_postgres.stop()
    try:
        stage.run_to_end(max_poll_records=50, snapshot_every_events=60)
    finally:
        embedded_postgres.start()
    stage.publish(events[300:600])
    assert "recovered from start" in stage.run_to_end()
    assert stage.committed_offset() == 600
