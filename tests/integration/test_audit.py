"""The audit of a real run on a real broker: it agrees with a good one, and finds whatever was tampered with."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from consumers.engine import Step
from contracts.topics import DEAD_LETTERS, FEATURES, JOURNAL, OUTCOMES, PREDICTIONS, USER_EVENTS, Topic
from infra.kafka import Committed, OutgoingRecord, Record, restore_offset
from producers.simulator import Scenario, Simulator
from tests.corpus import corpus
from tests.integration.rehearsal import GROUP, Rehearsal, Skipping, Tamper

ODDITIES = [oddity for oddity in corpus("2026-01-05T00:00:00.000Z") if oddity.value is not None]
ABORTED = 3


def shop_values(events: int, seed: int = 3) -> list[bytes]:
    """A small shop with every oddity in its midst."""
    values = [e.value for e in Simulator(Scenario(seed=seed, events=events)) if e.topic == USER_EVENTS.name]
    middle = len(values) // 2
    return [*values[:middle], *(oddity.value or b"" for oddity in ODDITIES), *values[middle:]]


@pytest.fixture(scope="module")
def good(bootstrap: str) -> Rehearsal:
    """A run in which a worker died in the middle of a turn."""
    shop = Rehearsal(bootstrap, "good.")
    values = shop_values(1_200)
    shop.publish(values[:700])
    shop.learn(turn=97)
    dying = shop.transactions()
    dying.init()
    dying.begin()
    for _ in range(ABORTED):
        dying.send(OutgoingRecord(shop.name(PREDICTIONS), 0, b"u", b"never committed", []))
    dying.flush(10.0)
    dying.close()
    shop.publish(values[700:])
    shop.learn(turn=97)
    return shop


def fields(record: Record) -> dict[str, Any]:
    return dict(json.loads(record.value or b""))


def changed(record: Record, **changes: Any) -> Record:
    return record._replace(value=json.dumps(fields(record) | changes).encode())


def only(topic: Topic, change: Callable[[list[Record]], list[Record]]) -> Tamper:
    return lambda at, records: change(records) if at is topic else records


def test_a_good_run_is_ok_and_every_record_is_accounted_for(good: Rehearsal) -> None:
    report = good.audit()
    assert report.explain() == []
    refused = sum(oddity.reason is not None for oddity in ODDITIES)
    committed = good.committed()
    assert committed is not None
    chain = json.loads(committed.metadata)["chain"]
    assert report.as_json() == {
        "ok": True,
        "partitions": {
            "0": {
                "from": 0,
                "to": committed.offset,
                "events": len(good.records(USER_EVENTS)),
                "predictions": len(good.records(PREDICTIONS)),
                "dead_letters": refused,
                "not_signed": 0,
                "missing": 0,
                "duplicate": 0,
                "label_mismatches": 0,
                "aborted_records": ABORTED,
                "folded_from": "start",
                "chain": chain,
                "chain_recomputed": chain,
            }
        },
    }
    assert report.partitions[0].predictions > 500


def test_a_deleted_prediction_is_found(good: Rehearsal, namespace: str) -> None:
    victim = fields(good.records(PREDICTIONS)[300])
    copy = good.copy(namespace, only(PREDICTIONS, lambda records: records[:300] + records[301:]))
    report = copy.audit()
    (finding,) = report.partitions[0].findings
    assert (finding.kind, finding.offset) == ("missing", victim["offset"])
    assert victim["task"] in finding.what
    assert not report.is_ok
    assert report.as_json()["partitions"]["0"]["missing"] == 1


def test_a_doubled_prediction_is_found(good: Rehearsal, namespace: str) -> None:
    copy = good.copy(
        namespace, only(PREDICTIONS, lambda records: records[:200] + records[100:101] + records[200:])
    )
    report = copy.audit()
    (finding,) = report.partitions[0].findings
    assert (finding.kind, finding.topic, finding.offset) == ("duplicate", copy.name(PREDICTIONS), 200)
    assert report.as_json()["partitions"]["0"]["duplicate"] == 1


def test_a_turned_label_is_found(good: Rehearsal, namespace: str) -> None:
    outcomes = good.records(OUTCOMES)
    at = next(n for n, r in enumerate(outcomes) if n > 50 and fields(r).get("task") == "conversion")
    label = fields(outcomes[at])["label"]

    def turn(records: list[Record]) -> list[Record]:
        records[at] = changed(records[at], label=1.0 - label)
        return records

    report = good.copy(namespace, only(OUTCOMES, turn)).audit()
    (finding,) = report.partitions[0].findings
    assert (finding.kind, finding.offset) == ("label", at)
    assert f"must be {label}" in finding.what
    assert report.as_json()["partitions"]["0"]["label_mismatches"] == 1


class SilentlySkipping(Skipping):
    """Passes the record over without even a dead letter."""

    def step(self, record: Record) -> Step:
        return Step((), b"") if record.offset == self.offset else self.fold.step(record)


@pytest.mark.parametrize("kind", ["ProductViewed", "OrderPlaced"])
def test_a_record_that_the_learner_skipped_is_found(bootstrap: str, namespace: str, kind: str) -> None:
    shop = Rehearsal(bootstrap, namespace)
    values = shop_values(700)
    at = next(n for n, v in enumerate(values) if n > 300 and v.startswith(b'{"type":"%s"' % kind.encode()))
    shop.publish(values)
    shop.learn(SilentlySkipping(shop.fold(0), at))
    report = shop.audit()
    said = report.as_json()["partitions"]["0"]
    assert not report.is_ok
    assert said["chain"] != said["chain_recomputed"]
    findings = report.partitions[0].findings
    assert any(finding.kind == "chain" and finding.topic == shop.name(JOURNAL) for finding in findings)
    if kind == "ProductViewed":
        assert any((f.kind, f.topic, f.offset) == ("missing", shop.name(USER_EVENTS), at) for f in findings)
    else:
        assert said["label_mismatches"] > 0


def test_a_good_event_among_the_dead_letters_is_found(bootstrap: str, namespace: str) -> None:
    shop = Rehearsal(bootstrap, namespace)
    shop.publish(shop_values(300))
    shop.learn(Skipping(shop.fold(0), 250))
    findings = shop.audit().partitions[0].findings
    assert any(f.kind == "duplicate" and "is an event and no dead letter" in f.what for f in findings)


def test_whatever_else_is_tampered_with_is_found_as_well(good: Rehearsal, namespace: str) -> None:
    def tamper(topic: Topic, records: list[Record]) -> list[Record]:
        if topic is PREDICTIONS:
            answers = fields(records[10])["answers"]
            first = next(iter(answers))
            records[10] = changed(records[10], answers=answers | {first: answers[first] * (1 + 2**-52)})
            records[20] = changed(records[20], event_id="u-another")
            records[30] = changed(records[30], answers=dict.fromkeys(fields(records[30])["answers"]))
            records[40] = changed(records[40], partition=1)
            records[50] = records[50]._replace(value=b"no prediction")
            records.append(changed(records[60], task="fortune"))
        if topic is FEATURES:
            values = fields(records[10])["values"]
            turned = [value * (1 + 2**-52) for value in values]
            records[10] = changed(records[10], values=turned)
            records.append(records[30])
        if topic is OUTCOMES:
            records[10] = changed(records[10], settled_offset=fields(records[10])["settled_offset"] + 1)
            records[20] = changed(records[20], why="magic")
            records.append(records[30])
            del records[40]
        if topic is DEAD_LETTERS:
            records[3] = records[3]._replace(value=b"other bytes")
            records.append(records[4])
            del records[5]
        if topic is JOURNAL:
            records[-2] = changed(records[-2], chain="00" * 16)
            del records[5]
        return records

    turns = len(good.records(JOURNAL))
    report = good.copy(namespace, tamper).audit()
    found = {(f.kind, f.topic.removeprefix(namespace), f.offset) for f in report.partitions[0].findings}
    assert {
        ("missing", "ml.predictions", 10),
        ("missing", "ml.predictions", 20),
        ("missing", "ml.predictions", 30),
        ("missing", "ml.features", 10),
        ("label", "ml.outcomes", 10),
        ("missing", "dead-letters", 3),
        ("chain", f"ml.journal.{GROUP}", turns - 3),
        ("journal", f"ml.journal.{GROUP}", 5),
    } <= found
    said = report.as_json()["partitions"]["0"]
    # The predictions at 40 and 50 and the outcome at 20 are nobody's, and missing; so are one outcome and two letters.
    assert said["missing"] == 3 + 2 + 1 + 2 + 1 + 1
    assert said["duplicate"] == 1 + 1 + 1
    notes = [note for note in report.as_json()["notes"] if "passed over" in note]
    assert [note.split()[2] for note in notes] == ["3", "1"]
    assert len(report.as_json()["findings"]) == len(report.partitions[0].findings)


def test_a_moved_offset_and_tampered_metadata_are_found(good: Rehearsal, namespace: str) -> None:
    copy = good.copy(namespace, lambda _topic, records: records)
    committed = copy.committed()
    assert committed is not None
    main = copy.name(USER_EVENTS)
    restore_offset(copy.bootstrap, GROUP, main, 0, Committed(committed.offset, '{"turn": 1}'))
    assert [finding.kind for finding in copy.audit().partitions[0].findings] == ["journal"]
    restore_offset(copy.bootstrap, GROUP, main, 0, Committed(committed.offset - 1, committed.metadata))
    finding = copy.audit().partitions[0].findings[0]
    assert (finding.kind, finding.offset) == ("journal", committed.offset - 1)


def test_nothing_learnt_yet_is_ok(bootstrap: str, namespace: str) -> None:
    shop = Rehearsal(bootstrap, namespace, partitions=2)
    report = shop.audit()
    assert report.is_ok
    assert [report.partitions[p].end for p in (0, 1)] == [0, 0]
