"""The audit of runs with a history: cut logs, upgrades, broken models, new models, a learner that is at work."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial

import pytest
from kafka import TopicPartition

from consumers.audit import audit
from consumers.learner import LearnerFold
from contracts.topics import MODELS, OUTCOMES, PREDICTIONS, USER_EVENTS, Topic
from infra.kafka import connect_admin, log_range
from models.portfolio import Portfolio
from models.tasks import TASKS, ModelSpec, TaskSpec
from producers.simulator import Scenario, Simulator
from tests.integration.rehearsal import GROUP, Rehearsal


class Constant:
    """A model that is new in this release."""

    def predict_one(self, x: dict[str, float]) -> float:
        return 0.25

    def learn_one(self, x: dict[str, float], y: float) -> None:
        pass


class BreaksAfter:
    """A model that raises once it has learnt from so many labels."""

    def __init__(self, labels: int) -> None:
        self.left = labels

    def predict_one(self, x: dict[str, float]) -> float:
        return 0.5

    def learn_one(self, x: dict[str, float], y: float) -> None:
        self.left -= 1
        if self.left <= 0:
            raise ValueError("no more")


# Two cheap models of each task stand for all: what is audited here is the history, not the models.
PLAIN = tuple(
    replace(task, models=tuple(spec for spec in task.models if spec.kind == "baseline")[:2])
    for task in TASKS.values()
)
UPGRADED = (
    replace(PLAIN[0], models=(*PLAIN[0].models, ModelSpec("constant", "online", Constant))),
    *PLAIN[1:],
)
BREAKING = (
    replace(PLAIN[0], models=(ModelSpec("fragile", "online", BreaksAfter, {"labels": 40}), *PLAIN[0].models)),
    *PLAIN[1:],
)


def shop_values(events: int, partitions: int = 1) -> list[list[bytes]]:
    """Values of each partition of the main input."""
    values: list[list[bytes]] = [[] for _ in range(partitions)]
    for emission in Simulator(Scenario(seed=5, events=events, partitions=partitions)):
        if emission.topic == USER_EVENTS.name:
            values[emission.partition].append(emission.value)
    return values


VALUES = shop_values(900)[0]


def fold_of(shop: Rehearsal, tasks: tuple[TaskSpec, ...], partition: int = 0) -> LearnerFold:
    return LearnerFold(partition, namespace=shop.namespace, portfolio=Portfolio(partition, tasks))


def cut(shop: Rehearsal, topic: Topic, before: int) -> None:
    """Delete what retention would."""
    admin = connect_admin(shop.bootstrap)
    admin.delete_records({TopicPartition(shop.name(topic), 0): before})
    admin.close()
    assert log_range(shop.bootstrap, shop.name(topic))[0][0] == before


@pytest.fixture
def shop(bootstrap: str, namespace: str) -> Rehearsal:
    return Rehearsal(bootstrap, namespace)


def test_a_log_that_was_cut_is_folded_from_the_oldest_snapshot_that_the_journal_confirms(
    shop: Rehearsal,
) -> None:
    shop.publish(VALUES)
    shop.learn(fold_of(shop, PLAIN), turn=100, every_events=300)
    assert len(shop.snapshots.kept) >= 3
    stolen = replace(shop.snapshots.kept[0], turn=1)
    shop.snapshots.kept.insert(0, stolen)
    cut(shop, USER_EVENTS, 250)
    report = shop.audit(lambda p: fold_of(shop, PLAIN, p))
    said = report.as_json()["partitions"]["0"]
    assert report.explain() == []
    assert (said["from"], said["folded_from"], said["events"]) == (250, "snapshot", len(VALUES) - 250)
    assert said["chain"] == said["chain_recomputed"]

    shop.snapshots.kept.clear()
    report = shop.audit(lambda p: fold_of(shop, PLAIN, p))
    assert not report.is_ok
    (finding,) = report.partitions[0].findings
    assert finding.what == (
        "the log begins at 250 instead of 0, and the journal confirms no snapshot to fold from"
    )


def test_outputs_that_retention_deleted_are_told_and_not_missed(shop: Rehearsal) -> None:
    shop.publish(VALUES)
    shop.learn(fold_of(shop, PLAIN))
    cut(shop, PREDICTIONS, 100)
    cut(shop, OUTCOMES, 50)
    report = shop.audit(lambda p: fold_of(shop, PLAIN, p))
    assert report.is_ok
    notes = report.partitions[0].notes
    assert [note.split(" begins")[0] for note in notes] == [shop.name(PREDICTIONS), shop.name(OUTCOMES)]
    assert all("deleted by retention" in note for note in notes)
    # What is left is held to all the same: no more than a hundred predictions are gone.
    assert report.partitions[0].predictions == len(shop.records(PREDICTIONS))


def test_after_an_upgrade_old_predictions_stay_and_new_ones_are_held_to_the_new_code(shop: Rehearsal) -> None:
    shop.publish(VALUES[:600])
    shop.learn(fold_of(shop, PLAIN))
    report = shop.audit(lambda p: fold_of(shop, UPGRADED, p))
    assert not report.is_ok
    assert "was learnt by other code than this" in report.partitions[0].findings[0].what

    shop.publish(VALUES[600:])
    shop.learn(fold_of(shop, UPGRADED))
    report = shop.audit(lambda p: fold_of(shop, UPGRADED, p))
    assert report.explain() == []
    assert report.as_json()["partitions"]["0"]["folded_from"] == "start"
    assert report.is_ok


def test_a_model_in_quarantine_answers_null_from_then_on(shop: Rehearsal) -> None:
    shop.publish(VALUES)
    shop.learn(fold_of(shop, BREAKING))
    told = [record for record in shop.records(MODELS) if b"ModelQuarantined" in (record.value or b"")]
    assert len(told) == 1
    report = shop.audit(lambda p: fold_of(shop, BREAKING, p))
    assert report.explain() == []
    assert report.is_ok

    unannounced = shop.copy("q" + shop.namespace, lambda topic, records: [] if topic is MODELS else records)
    report = unannounced.audit(lambda p: fold_of(unannounced, BREAKING, p))
    assert [finding.kind for finding in report.partitions[0].findings] == ["missing"]
    assert "does not say so" in report.partitions[0].findings[0].what


def test_new_models_after_lost_state_begin_anew_and_what_was_open_never_settles(shop: Rehearsal) -> None:
    shop.publish(VALUES[:600])
    shop.learn(fold_of(shop, PLAIN), every_events=10_000)
    cut(shop, USER_EVENTS, 10)
    shop.publish(VALUES[600:])
    shop.learn(fold_of(shop, PLAIN), untrained=True)
    report = shop.audit(lambda p: fold_of(shop, PLAIN, p))
    said = report.as_json()["partitions"]["0"]
    assert report.explain() == []
    assert (said["from"], said["folded_from"]) == (10, "start")


def test_a_learner_at_work_is_audited_up_to_what_it_had_committed_at_the_start(shop: Rehearsal) -> None:
    shop.publish(VALUES)
    learner = threading.Thread(target=shop.learn, args=(fold_of(shop, PLAIN),), kwargs={"turn": 10})
    learner.start()
    ends = []
    while learner.is_alive():
        report = shop.audit(lambda p: fold_of(shop, PLAIN, p))
        assert report.explain() == []
        ends.append(report.partitions[0].end)
    learner.join()
    assert ends == sorted(ends)
    assert shop.audit(lambda p: fold_of(shop, PLAIN, p)).partitions[0].end == len(VALUES)


def test_each_partition_is_audited_by_itself(bootstrap: str, namespace: str) -> None:
    shop = Rehearsal(bootstrap, namespace, partitions=2)
    for partition, values in enumerate(shop_values(600, partitions=2)):
        shop.publish(values, partition)
        shop.learn(fold_of(shop, PLAIN, partition), partition=partition)
    told: list[tuple[int, ...]] = []
    before = [log_range(bootstrap, shop.name(USER_EVENTS))[p][1] for p in (0, 1)]

    def show(*at: int) -> None:
        if at[0] == 0 and not told:  # the second one goes on while the first is audited
            shop.publish(VALUES[:50], 1)
            shop.learn(fold_of(shop, PLAIN, 1), partition=1)
        told.append(at)

    report = shop.audit(lambda p: fold_of(shop, PLAIN, p), progress=show)
    assert report.explain() == []
    assert [report.partitions[p].end for p in (0, 1)] == before
    assert [report.partitions[p].predictions > 100 for p in (0, 1)] == [True, True]
    ends = {(p, report.partitions[p].end) for p in (0, 1)}
    assert {(p, done) for p, done, until in told if done == until} == ends

    told.clear()
    in_processes = audit(
        bootstrap,
        group=GROUP,
        namespace=namespace,
        fold=partial(LearnerFold, namespace=namespace, portfolio=None),
        progress=lambda *at: told.append(at),
        many_records=0,
    )
    # Other models than those that learnt: all but the fold is as before.
    again = in_processes.partitions
    assert [again[p].folded_from for p in (0, 1)] == [None, None]
    assert again[0].predictions == report.partitions[0].predictions
    assert again[1].end == before[1] + 50
    assert {(p, done) for p, done, until in told if done == until} == {(p, again[p].end) for p in (0, 1)}
