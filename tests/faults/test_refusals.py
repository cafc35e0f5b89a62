"""Where going on would lose or double something, a worker stops within 5 s and says the way out."""

from __future__ import annotations

import signal
import time

from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata

from contracts.topics import JOURNAL, USER_EVENTS
from infra.kafka import connect_admin, partition_count
from infra.postgres import connect, read_password
from tests.faults.stage import Stage
from tests.waiting import DEADLINE_S, slowed, until

REFUSED = 3
WITHIN_S = 5.0


def refused(stage: Stage, *arguments: str) -> str:
    """What a worker says that must refuse, and soon: Python's own start is not counted, since workers are forked."""
    with stage.worker("--help") as first:
        first.process.wait(DEADLINE_S)
    started = time.monotonic()
    code, said = stage.run_to_death(*arguments)
    assert code == REFUSED, said
    assert time.monotonic() - started < slowed(WITHIN_S), said
    return said


def forget_snapshots(stage: Stage) -> None:
    with connect(
        stage.settings.database_url, read_password(stage.settings.database_password_file)
    ) as connection:
        connection.execute("DELETE FROM snapshot WHERE worker_group = %s", (stage.settings.group,))


def cut(stage: Stage, offset: int) -> None:
    admin = connect_admin(stage.bootstrap)
    admin.delete_records({TopicPartition(stage.name(USER_EVENTS), 0): offset})
    admin.close()


def test_a_log_cut_below_the_oldest_snapshot_is_state_lost(stage: Stage, events: list[bytes]) -> None:
    stage.publish(events[:600])
    stage.run_to_end()
    forget_snapshots(stage)
    cut(stage, 200)
    said = refused(stage)
    assert said.startswith("StateLost")
    assert "offset 600" in said and "begins at 200" in said and "--untrained" in said
    # The way out that it names.
    stage.publish(events[600:700])
    assert "recovered from untrained" in stage.run_to_end("--untrained")
    assert stage.journal()[-1]["generation"] == 2


def test_records_deleted_before_they_were_learnt_from_are_state_lost(
    stage: Stage, events: list[bytes]
) -> None:
    stage.publish(events[:300])
    stage.run_to_end()
    stage.publish(events[300:400])
    cut(stage, 350)
    said = refused(stage)
    assert said.startswith("StateLost")
    assert "offsets 300 to 349" in said


def test_an_offset_without_a_journal_is_state_lost(stage: Stage, events: list[bytes]) -> None:
    stage.publish(events[:300])
    stage.run_to_end()
    admin = connect_admin(stage.bootstrap)
    admin.delete_topics([stage.name(JOURNAL)])
    admin.close()
    until(lambda: partition_count(stage.bootstrap, stage.name(JOURNAL)) is None, "the journal is gone")
    stage.publish([])
    said = refused(stage)
    assert said.startswith("StateLost")
    assert "offset 300" in said and "--fresh" in said


def test_a_stray_subscriber_of_the_group_is_offsets_moved(stage: Stage, events: list[bytes]) -> None:
    stage.publish(events[:300])
    stage.run_to_end()
    at = TopicPartition(stage.name(USER_EVENTS), 0)
    stray = KafkaConsumer(
        bootstrap_servers=stage.bootstrap, group_id=stage.settings.group, enable_auto_commit=False
    )
    stray.assign([at])
    stray.commit({at: OffsetAndMetadata(120, "", -1)})
    stray.close()
    said = refused(stage)
    assert said.startswith("OffsetsMoved")
    assert "must be 300" in said and "was 120" in said and "--mend-offsets" in said
    stage.publish(events[300:400])
    stage.run_to_end("--mend-offsets")
    assert stage.committed_offset() == 400


def test_an_offset_that_has_expired_is_written_again_from_the_journal(
    stage: Stage, events: list[bytes]
) -> None:
    stage.publish(events[:300])
    stage.run_to_end()
    admin = connect_admin(stage.bootstrap)
    admin.delete_group_offsets(stage.settings.group, [TopicPartition(stage.name(USER_EVENTS), 0)])
    admin.close()
    assert stage.committed() is None
    stage.publish(events[300:400])
    stage.run_to_end()
    assert stage.committed_offset() == 400
    assert [entry["start"] for entry in stage.journal()][-1] == 300


def test_a_model_that_answers_by_the_clock_is_diverged(stage: Stage, events: list[bytes]) -> None:
    stage.publish(events[:600])
    stage.run_to_end("--portfolio", "nondeterministic", max_poll_records=100)
    forget_snapshots(stage)
    said = refused(stage, "--portfolio", "nondeterministic")
    assert said.startswith("Diverged")
    first = next(e for e in stage.journal() if e["chain"] != "0" * 32)
    assert f"turn {first['turn']} (offsets {first['start']} to {first['end']})" in said


def test_a_zombie_is_fenced_and_writes_nothing(stage: Stage, events: list[bytes]) -> None:
    stage.publish(events[:300])
    with stage.worker() as zombie:
        until(lambda: stage.committed_offset() >= 300, "the first worker at 300")
        zombie.process.send_signal(signal.SIGSTOP)
        stage.run_to_end()
        stage.publish(events[300:600])
        zombie.process.send_signal(signal.SIGCONT)
        until(lambda: not zombie.runs(), "the zombie is gone")
        assert zombie.process.returncode == REFUSED, zombie.said()
        assert "fenced" in zombie.said()
    assert stage.committed_offset() == 300
    stage.run_to_end()
    ends = [(entry["start"], entry["end"]) for entry in stage.journal()]
    assert ends[-1][1] == 600
    assert all(start == before for (_, before), (start, _) in zip(ends, ends[1:], strict=False))
