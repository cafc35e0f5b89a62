"""`docker compose up` from nothing, as its users see it: from outside, by clients that know nothing of Freshet.

The tests share one stack and each leaves it up and healthy.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psutil
import psycopg
import pytest
from kafka import KafkaAdminClient, KafkaConsumer
from kafka.errors import RetriableError

from tests.containers.conftest import PARTITIONS
from tests.containers.stack import LONG_RUNNING, Stack, docker, docker_logs
from tests.waiting import slowed, until

HANDOVER_S = 15.0
SESSION_TIMEOUT_S = 6.0
# A Kafka that has crashed starts twice, on two cores that others need too.
RECOVERED_S = 120.0
# From nothing to a first trained model: Spark starts, moves all that there is, and minutes of training may follow.
BATCH_S = 420.0


def read(
    stack: Stack, topic: str, is_enough: Callable[[list[dict[str, Any]]], bool], silence_s: float = 60
) -> list[dict[str, Any]]:
    """Records of a topic until there are enough, by a consumer without a group."""
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=stack.bootstrap,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        consumer_timeout_ms=int(silence_s * 1000),
    )
    found: list[dict[str, Any]] = []
    try:
        for record in consumer:
            found.append(json.loads(record.value))
            if is_enough(found):
                break
    finally:
        consumer.close()
    assert found and is_enough(found), f"{topic} came to an end after {len(found)} records"
    return found


def committed(stack: Stack) -> dict[int, int]:
    """Offsets of the learners' group, by partition; a broker that has just come back says nothing for a moment."""
    admin = KafkaAdminClient(bootstrap_servers=stack.bootstrap)
    try:
        offsets = admin.list_group_offsets({"learner": None})["learner"]
        return {at.partition: found.offset for at, found in offsets.items()}
    except RetriableError:
        return {}
    finally:
        admin.close()


def all_committed(stack: Stack, timeout_s: float = RECOVERED_S) -> dict[int, int]:
    """As `committed`, once every partition has its offset."""
    found: dict[int, int] = {}

    def are_known() -> bool:
        found.update(committed(stack))
        return len(found) == PARTITIONS

    until(are_known, "the group's offsets are known", timeout_s)
    return found


def all_move_on(stack: Stack, timeout_s: float) -> float:
    """Wait until every partition has been committed further than now; seconds."""
    before = all_committed(stack, timeout_s)

    def moved() -> bool:
        after = committed(stack)
        return all(after.get(p, 0) > offset for p, offset in before.items())

    try:
        return until(moved, "every partition moves on", timeout_s)
    except AssertionError:
        print(f"{before} became {committed(stack)}\n{stack.logs()}")
        raise


def test_predictions_and_their_labels_can_be_read_from_outside(stack: Stack) -> None:
    outcomes = [
        o for o in read(stack, "ml.outcomes", lambda found: len(found) >= 150) if o["type"] == "Outcome"
    ]
    assert len(outcomes) >= 100
    settled = {(o["task"], o["event_id"]) for o in outcomes}

    def each_was_asked(found: list[dict[str, Any]]) -> bool:
        if found:
            settled.discard((found[-1]["task"], found[-1]["event_id"]))
        return not settled

    predictions = read(stack, "ml.predictions", each_was_asked)
    assert {p["model"] for p in predictions} <= {"second-order", "recursive-median"}


def shares(stack: Stack) -> list[int]:
    """How many partitions each learner has by the word of the group, which is stable; else nothing."""
    admin = KafkaAdminClient(bootstrap_servers=stack.bootstrap)
    try:
        group = admin.describe_groups(["learner.members"])["learner.members"]
    except RetriableError:
        return []
    finally:
        admin.close()
    if group["group_state"] != "Stable":
        return []
    assigned = [member["member_assignment"]["assigned_partitions"] for member in group["members"]]
    return sorted(sum(len(topic["partitions"]) for topic in topics) for topics in assigned)


def test_every_partition_is_owned_by_one_of_three_learners(stack: Stack) -> None:
    assert len(stack.containers("learner")) == 3
    all_move_on(stack, RECOVERED_S)
    until(lambda: shares(stack) == [2, 2, 2], "each has two", RECOVERED_S)


def hold_hardened(stack: Stack, service: str) -> None:
    for container in stack.containers(service):
        found = stack.inspect(container)
        host = found["HostConfig"]
        assert found["Config"]["User"] not in ("", "root", "0"), service
        assert host["ReadonlyRootfs"], service
        assert host["CapDrop"] == ["ALL"] and not host["CapAdd"], service
        assert "no-new-privileges:true" in host["SecurityOpt"], service
        assert not host["Privileged"] and host["Memory"] > 0, service
        assert host["RestartPolicy"]["Name"] == "unless-stopped", service
        assert host["LogConfig"]["Config"]["max-size"], service
        status = docker("exec", container, "cat", "/proc/1/status")
        (uid,) = [line.split()[1] for line in status.splitlines() if line.startswith("Uid:")]
        (effective,) = [line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")]
        assert uid != "0" and int(effective, 16) == 0, service


def test_containers_are_hardened(stack: Stack) -> None:
    for service in LONG_RUNNING:
        hold_hardened(stack, service)


def test_secrets_are_files_that_only_their_user_can_read(stack: Stack) -> None:
    learner, postgres = stack.containers("learner")[0], stack.containers("postgres")[0]
    password = "/run/freshet/password/postgres"  # noqa: S105 - the file's name
    for container, files in ((learner, [password, "/run/freshet/key/snapshots"]), (postgres, [password])):
        for file in files:
            assert docker("exec", container, "stat", "-c", "%a %u", file) == "400 999\n"
    secret = docker("exec", learner, "cat", password).strip()
    for service in LONG_RUNNING:
        found = json.dumps(stack.inspect(stack.containers(service)[0]))
        assert secret not in found, service
    mounted = {
        service: {m["Destination"] for m in stack.inspect(stack.containers(service)[0])["Mounts"]}
        for service in LONG_RUNNING
    }
    # The simulator tells by the key who may switch its drifts.
    assert {s for s in LONG_RUNNING if "/run/freshet/key" in mounted[s]} == {"learner", "simulator"}
    assert {s for s in LONG_RUNNING if "/run/freshet/password" in mounted[s]} == {
        "postgres",
        "learner",
        "scoreboard",
    }
    writing = ["docker", "exec", learner, "sh", "-c", f"echo x >>{password}"]
    assert subprocess.run(writing, capture_output=True, check=False).returncode != 0


def test_every_published_port_is_on_loopback(stack: Stack) -> None:
    bound = {
        (published["HostIp"], published["HostPort"])
        for service in LONG_RUNNING
        for container in stack.containers(service)
        for binding in stack.inspect(container)["HostConfig"]["PortBindings"].values()
        for published in binding
    }
    assert bound == {("127.0.0.1", str(stack.kafka_port)), ("127.0.0.1", str(stack.postgres_port))}
    for port in (stack.kafka_port, stack.postgres_port):
        # 0A is LISTEN in /proc/net; 0100007F is 127.0.0.1.
        with open("/proc/net/tcp") as tcp, open("/proc/net/tcp6") as tcp6:
            rows = [line.split() for line in [*tcp, *tcp6]]
        listening = {
            row[1].split(":")[0] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")
        }
        assert listening == {"0100007F"}


def test_kafka_answers_outside_on_loopback_only_and_inside_by_its_name(stack: Stack) -> None:
    ask = (
        "import sys; from kafka import KafkaConsumer; c = KafkaConsumer(bootstrap_servers=sys.argv[1]);"
        "print(sorted((b.host, b.port) for b in c._client.cluster.brokers()))"
    )
    learner = stack.containers("learner")[0]
    assert docker("exec", learner, "python", "-W", "ignore", "-c", ask, "kafka:9092") == "[('kafka', 9092)]\n"
    consumer = KafkaConsumer(bootstrap_servers=stack.bootstrap)
    try:
        known = consumer._client.cluster.brokers()  # noqa: SLF001 - nothing public says what is advertised
        assert [(b.host, b.port) for b in known] == [("127.0.0.1", stack.kafka_port)]
    finally:
        consumer.close()


def test_postgres_refuses_a_wrong_password(stack: Stack) -> None:
    conninfo = f"host=127.0.0.1 port={stack.postgres_port} user=freshet dbname=freshet connect_timeout=5"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"{conninfo} password=wrong")
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(conninfo, passfile="/no/such/file")
    password = docker("exec", stack.containers("learner")[0], "cat", "/run/freshet/password/postgres").strip()
    with psycopg.connect(conninfo, password=password) as connection:
        assert connection.execute("SELECT count(*) FROM score_label").fetchone() is not None


def test_another_number_of_partitions_is_refused_with_the_way_out(stack: Stack) -> None:
    done = stack.compose("run", "--rm", "-T", "setup", check=False, FRESHET_PARTITIONS="3")
    assert done.returncode == 1
    assert f"must have 3 partitions. It was created with {PARTITIONS}." in done.stderr
    assert f"FRESHET_PARTITIONS={PARTITIONS}" in done.stderr and "make wipe" in done.stderr
    found = stack.compose("run", "--rm", "-T", "setup", FRESHET_PARTITIONS="")
    assert f"0 of them new; {PARTITIONS} partitions" in found.stdout + found.stderr


def test_a_killed_learners_partitions_are_handed_over(stack: Stack) -> None:
    gone = stack.containers("learner")[-1]
    docker("kill", gone)  # for the engine that is a stop by hand: it is not started again
    shared_s = until(lambda: shares(stack) == [3, 3], "the partitions are shared anew", slowed(HANDOVER_S))
    worked_s = all_move_on(stack, RECOVERED_S)
    print(f"shared anew within {shared_s:.1f} s, and {worked_s:.1f} s later all had recovered")
    docker("start", gone)
    until(lambda: stack.is_healthy(gone), "the third learner is back", RECOVERED_S)


def test_a_learner_that_is_told_to_stop_leaves_the_group_at_once(stack: Stack) -> None:
    leaving = stack.containers("learner")[0]
    docker("stop", "--time", "20", leaving)
    left_s = until(lambda: shares(stack) == [3, 3], "the partitions are shared anew", slowed(HANDOVER_S))
    state = stack.inspect(leaving)["State"]
    assert (state["ExitCode"], state["OOMKilled"]) == (0, False), docker_logs(leaving)
    assert left_s < slowed(SESSION_TIMEOUT_S), "it was missed, it did not leave"
    docker("start", leaving)
    until(lambda: stack.is_healthy(leaving), "it is back", RECOVERED_S)


@pytest.mark.long
def test_a_learner_that_was_frozen_and_replaced_is_fenced_when_it_wakes(stack: Stack) -> None:
    frozen = stack.containers("learner")[0]
    began = datetime.now(UTC).isoformat()
    (supervisor,) = psutil.Process(stack.main_process(frozen)).children()
    # One that has just come may be without a partition yet, or its workers without a state.
    until(lambda: shares(stack) == [2, 2, 2] and len(supervisor.children()) == 2, "each has two", RECOVERED_S)
    all_move_on(stack, RECOVERED_S)
    workers = supervisor.children()
    docker("pause", frozen)
    try:
        all_move_on(stack, RECOVERED_S)
        # Its workers wake and it does not: nothing but what they don't own any more stops them.
        supervisor.suspend()
    finally:
        docker("unpause", frozen)
    try:
        until(lambda: not any(map(is_at_work, workers)), "the zombie's workers have ended", RECOVERED_S)
    finally:
        supervisor.resume()
    until(lambda: stack.is_healthy(frozen), "it takes part again", RECOVERED_S)
    all_move_on(stack, RECOVERED_S)
    said = docker_logs(frozen, "--since", began)
    # One that was frozen in the middle of a request wakes to its time-out, or to an epoch that is over.
    ended = len(re.findall(r"this one is fenced and ends|learner of partition \d waits: ", said))
    assert ended >= len(workers), said


def is_at_work(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def all_are_healthy(stack: Stack) -> bool:
    running = [c for service in LONG_RUNNING for c in stack.containers(service)]
    return len(running) == len(LONG_RUNNING) + stack.learners - 1 and all(map(stack.is_healthy, running))


def test_whatever_is_killed_comes_back_by_itself(stack: Stack) -> None:
    restarts = {c: stack.kill_main_process(c) for c in (stack.containers(s)[0] for s in LONG_RUNNING)}
    for container, before in restarts.items():
        until(
            lambda c=container, n=before: stack.inspect(c)["RestartCount"] > n,  # type: ignore[misc]
            f"{container} is started again",
            RECOVERED_S,
        )
    until(lambda: all_are_healthy(stack), "all are healthy again", RECOVERED_S)
    all_move_on(stack, RECOVERED_S)


@pytest.mark.long
def test_restarts_of_broker_and_database_are_survived(stack: Stack) -> None:
    stack.compose("restart", "kafka", "postgres")
    until(lambda: all_are_healthy(stack), "all are healthy again", RECOVERED_S)
    all_move_on(stack, RECOVERED_S)


@pytest.mark.long
def test_a_batch_model_is_trained_promoted_and_served_beside_the_stream(
    stack: Stack, spark_image: str
) -> None:
    # One learner and a quieter shop leave Spark a core; there are labels enough from before.
    stack.env |= {"COMPOSE_PROFILES": "batch", "FRESHET_RATE": "50"}
    stack.learners = 1
    try:
        stack.up()
        for service in ("etl", "trainer"):
            hold_hardened(stack, service)
        news = read(stack, "ml.models", lambda found: answers_to_shopping(found[-1]), BATCH_S)
        model = news[-1]["model"]
        # The gate wants hundreds of sessions more than there are; whoever can't wait may say so, and that is noted.
        trainer = stack.containers("trainer")[0]
        said = docker("exec", trainer, "freshet", "promote", f"conversion/{model}", "--force", "--json")
        assert json.loads(said)["forced"], said
        served = read(stack, "ml.predictions", lambda found: found[-1]["model"] == model, BATCH_S)[-1]
        assert served["answers"][model] is not None
        asked = ["freshet", "why", "--prediction", served["event_id"], "--json"]
        why = json.loads(docker("exec", trainer, *asked))
        (answered,) = [one for one in why["answered"] if one["task"] == served["task"]]
        assert answered["served"] == model
        (change,) = why["changes"].values()
        assert (change["model"], change["action"]) == (f"conversion/{model}", "promote")
        assert change["forced"]
    finally:
        stack.compose("rm", "--stop", "--force", "etl", "trainer")
        del stack.env["COMPOSE_PROFILES"]


def answers_to_shopping(news: dict[str, Any]) -> bool:
    return (news["type"], news["task"], news.get("stage")) == ("ModelInForce", "conversion", "shadow")


def test_down_and_up_goes_on_where_it_was_and_all_that_happened_can_be_proved(stack: Stack) -> None:
    before = all_committed(stack)
    stack.compose("down")
    stack.up()
    after = all_committed(stack)
    assert all(after[p] >= before[p] > 0 for p in range(PARTITIONS))
    all_move_on(stack, RECOVERED_S)
    report = stack.audit()
    assert report["ok"], report
    assert set(report["partitions"]) == {str(p) for p in range(PARTITIONS)}
    for partition in report["partitions"].values():
        assert partition["predictions"] > 0
        assert partition["chain"] == partition["chain_recomputed"]
