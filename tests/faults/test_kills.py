"""Whatever dies and whenever: nothing is lost, nothing doubled, and the state is that of an undisturbed run."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable

import psycopg
import pytest

from consumers.engine import FAULT_POINTS
from infra.embedded import EmbeddedKafka
from infra.postgres import connect, read_password
from tests.faults.stage import Stage
from tests.waiting import until


@pytest.fixture(scope="module")
def undisturbed(
    new_stage: Callable[[str], Stage], events: list[bytes]
) -> tuple[str, list[dict[str, object]]]:
    """Chain and outputs of a run in which nothing died."""
    stage = new_stage("undisturbed.")
    stage.publish(events)
    stage.run_to_end(env={"PYTHONHASHSEED": "4"})  # not that of the workers which are killed
    return stage.chain(), stage.outputs()


def assert_same_result(stage: Stage, undisturbed: tuple[str, list[dict[str, object]]]) -> None:
    """The same chain, and the same records one by one: a mismatch names the first that differs."""
    chain, outputs = undisturbed
    found = stage.outputs()
    for one, other in zip(found, outputs, strict=False):
        differing = {
            key: (one.get(key), other.get(key)) for key in one | other if one.get(key) != other.get(key)
        }
        assert not differing, (one["offset"], differing)
    assert (stage.chain(), len(found)) == (chain, len(outputs))


def snapshots(stage: Stage) -> psycopg.Connection[tuple[object, ...]]:
    return connect(stage.settings.database_url, read_password(stage.settings.database_password_file))


def test_a_worker_killed_at_every_point_of_a_turn_leaves_no_trace_in_the_result(
    stage: Stage, events: list[bytes], undisturbed: tuple[str, list[dict[str, object]]]
) -> None:
    stage.publish(events)
    for nth, point in enumerate(FAULT_POINTS, start=1):
        code, said = stage.run_to_death(
            "--fault", point, "--nth", str(nth % 3 + 1), max_poll_records=100, snapshot_every_events=150
        )
        assert code == -signal.SIGKILL, said
    assert 0 < stage.committed_offset() < stage.end()
    stage.run_to_end()
    assert_same_result(stage, undisturbed)


@pytest.mark.long
def test_kills_at_random_leave_no_trace_in_the_result(
    stage: Stage, events: list[bytes], undisturbed: tuple[str, list[dict[str, object]]]
) -> None:
    stage.publish(events)
    draws = random.Random(20)
    for _ in range(4):
        with stage.worker(max_poll_records=23, snapshot_every_events=200) as worker:
            goal = min(stage.end(), stage.committed_offset() + draws.randrange(50, 700))
            until(lambda goal=goal: stage.committed_offset() >= goal, f"worker past {goal}")  # type: ignore[misc]
            worker.process.kill()
    stage.run_to_end()
    assert_same_result(stage, undisturbed)


@pytest.mark.parametrize(
    ("sql", "how"),
    [
        (
            "UPDATE snapshot SET payload = set_byte(payload, 100, (get_byte(payload, 100) + 1) %% 256) "
            "WHERE worker_group = %s AND turn = (SELECT max(turn) FROM snapshot s WHERE s.worker_group = "
            "snapshot.worker_group)",
            "recovered from snapshot",
        ),
        ("DELETE FROM snapshot WHERE worker_group = %s", "recovered from start"),
    ],
    ids=["the newest is corrupted", "all are deleted"],
)
def test_snapshots_are_only_a_cache(
    stage: Stage, events: list[bytes], undisturbed: tuple[str, list[dict[str, object]]], sql: str, how: str
) -> None:
    stage.publish(events)
    code, said = stage.run_to_death(
        "--fault", "after snapshot", "--nth", "3", snapshot_every_events=150, max_poll_records=100
    )
    assert code == -signal.SIGKILL, said
    with snapshots(stage) as connection:
        assert connection.execute(sql, (stage.settings.group,)).rowcount > 0
    assert how in stage.run_to_end()
    assert_same_result(stage, undisturbed)


def test_a_broker_that_stops_and_comes_back_costs_nothing(
    stage: Stage,
    events: list[bytes],
    undisturbed: tuple[str, list[dict[str, object]]],
    embedded_kafka: EmbeddedKafka,
) -> None:
    stage.publish(events)
    with stage.worker(max_poll_records=50) as worker:
        until(lambda: stage.committed_offset() > 300, "worker past 300")
        embedded_kafka.stop()
        embedded_kafka.start()
        worker.process.kill()
    stage.run_to_end()
    assert_same_result(stage, undisturbed)
