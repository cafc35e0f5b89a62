"""What the gate is given of ``ml.outcomes``: the same as of all labels one by one, in the memory of their sessions."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest

from consumers.lifecycle.evidence import judged
from contracts.codec import encode, rfc3339
from contracts.records import Outcome
from infra.kafka import Record
from models.evaluate import GateReport, gate

START_MS = 1_767_600_000_000


def settled(
    partition: int, at: int, session: str, settled_s: int, losses: dict[str, float | None], **more: object
) -> Record:
    fields: dict[str, object] = {"task": "conversion", "label": 0.0, "offset": at}
    made = Outcome(
        partition=partition, event_id=f"e{at}", user_id="u", session_id=session,
        time="2026-01-05T08:00:00.000Z", why="ended", settled_offset=at,
        settled_time=rfc3339(START_MS + 1_000 * settled_s), answers={}, losses=losses, **(fields | more),
    )  # fmt: skip
    return Record("", partition, at, 0, b"u", encode(made), ())


def judge(records: Iterator[Record] | list[Record], tell: list[int]) -> GateReport:
    since = {0: 0, 1: 0}
    return judged(
        records, task="conversion", candidate="a@1", champion=None, since=since, progress=tell.append
    )


def test_added_up_by_session_it_is_what_the_gate_says_of_the_labels_in_the_order_of_settlement() -> None:
    rng = np.random.default_rng(2)
    records, rows = [], []
    for partition in (0, 1):  # all of one before the other, and sessions of the same names
        for at in range(1, 18_001):
            session, settled_s = f"s{(at + rng.integers(3)) // 2}", int(at + rng.integers(-50, 50))
            mine, theirs = float(rng.exponential(0.3 + 0.1 * partition)), float(rng.exponential(0.4))
            records.append(settled(partition, at, session, settled_s, {"online": theirs, "a@1": mine}))
            rows.append((settled_s, partition, at, f"{partition}/{session}", mine, theirs))
    losses: dict[str, float | None] = {"online": 9.0, "a@1": 0.0}
    passed_over = [
        settled(0, 1, "s1", 1, losses, task="basket"),
        settled(0, 1, "s1", 1, losses, label=None),
        settled(0, 1, "s1", 1, losses, offset=0),
        settled(0, 1, "s1", 1, losses | {"a@1": None}),
        settled(0, 1, "s1", 1, {"a@1": 0.0}),
        settled(1, 1, "s1", 1, losses)._replace(partition=0),
        records[0]._replace(value=b"not ours"),
        records[0]._replace(value=(records[0].value or b"").replace(b"2026-", b"soon-")),
    ]
    rows.sort()
    expected = gate([r[4] for r in rows], [r[5] for r in rows], [r[3] for r in rows])
    assert expected.sessions > 14_300, "from there on the bound depends on the order"
    told: list[int] = []
    found = judge([*passed_over, *records], told)
    assert (found.sessions, found.labels, found.why) == (expected.sessions, 36_000, expected.why)
    for name in ("loss", "loss_served", "effect", "lower_bound", "least_effect"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-9), name
    assert told == list(range(1_000, 36_001, 1_000))


def test_without_a_label_nothing_is_said() -> None:
    assert judge([], []) == gate([], [], [])


def test_ten_times_the_labels_of_the_same_sessions_take_no_more_memory() -> None:
    def peak(labels: int) -> int:
        losses: dict[str, float | None] = {"online": 0.3, "a@1": 0.2}
        tracemalloc.start()
        report = judge((settled(0, n + 1, f"s{n % 100}", n, losses) for n in range(labels)), [])
        assert (report.sessions, report.labels) == (100, labels)
        (_, most) = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(100)  # what is imported or kept at the first time
    assert peak(5_000) < peak(500) + 100_000
