"""Long-running roles go on when two of three brokers are killed and come back, at whatever point that was.

``make chaos`` does each of them five times; a run of the tests does one, for a cluster costs its own start.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from contracts.topics import JOURNAL, USER_EVENTS
from infra.embedded import EmbeddedPostgres
from infra.kafka import log_range, read_to_end
from producers.simulator import Scenario, Simulator
from tests.chaos.cluster import Cluster, cluster
from tests.faults.cut import END_TXN, FETCH, INIT_PRODUCER_ID, LIST_OFFSETS, METADATA, PRODUCE
from tests.faults.roles import Away, Role, away_on
from tests.faults.stage import shop_events
from tests.waiting import until

_ROUNDS: Final = int(os.environ.get("FRESHET_TEST_ROUNDS", "0"))
_EVENTS: Final = 50
_SIMULATED: Final = 2_000


@dataclass(frozen=True)
class Fault:
    """When two of three are killed: before the role starts, or at a request; and again while it connects anew."""

    role: str
    at: int | None
    again_at: int | None = None

    def __str__(self) -> str:
        names = {END_TXN: "commit", FETCH: "fetch", PRODUCE: "produce", None: "connect"}
        return f"{self.role}-{names[self.at]}{'-and-reconnect' if self.again_at is not None else ''}"


# That of a run of the tests comes first.
_FAULTS: Final = (
    Fault("learn", END_TXN),
    Fault("learn", None),
    Fault("learn", None, INIT_PRODUCER_ID),
    Fault("learn", FETCH),
    Fault("learn", FETCH, METADATA),
    Fault("learn", END_TXN, INIT_PRODUCER_ID),
    Fault("scoreboard", None),
    Fault("scoreboard", FETCH),
    Fault("scoreboard", FETCH, LIST_OFFSETS),
    Fault("scoreboard", FETCH, METADATA),
    Fault("simulate", None),
    Fault("simulate", PRODUCE),
    Fault("simulate", PRODUCE, METADATA),
    Fault("simulate", PRODUCE, PRODUCE),
)
_COMMANDS: Final = {
    "learn": ("learn",),
    "scoreboard": ("scoreboard",),
    "simulate": ("simulate", "--seed", "5", "--events", str(_SIMULATED), "--rate", "500"),
}


@pytest.fixture(scope="module")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three brokers for this file."""
    with cluster(tmp_path_factory.mktemp("cluster")) as made:
        yield made


@pytest.fixture
def away(
    brokers: Cluster, embedded_postgres: EmbeddedPostgres, tmp_path: Path, namespace: str
) -> Iterator[Away]:
    """A shop's topics on the cluster, and a database."""
    with away_on(brokers, brokers.bootstrap, embedded_postgres, tmp_path, namespace) as made:
        yield made


@pytest.mark.long
@pytest.mark.parametrize(
    ("fault", "number"),
    [(fault, n + 1) for fault in _FAULTS for n in range(_ROUNDS)] or [(_FAULTS[0], 1)],
    ids=str,
)
def test_a_role_goes_on_when_two_of_three_brokers_were_killed(
    away: Away, tmp_path: Path, fault: Fault, number: int
) -> None:
    if fault.at is None:
        away.broker.shut()
    with away.role(*_COMMANDS[fault.role], folder=tmp_path) as role:
        if fault.at is not None:
            if fault.role == "learn":
                until(lambda: role.lines("at offset 0"), "the worker has recovered")
            away.broker.shut_at(fault.at)
            if fault.at == END_TXN:
                away.publish(USER_EVENTS, _events()[:_EVENTS])
        role.waits_and_goes_on(away.broker, and_again_at=fault.again_at)
        _has_done_its_work(fault.role, away, role)
    print(f"{fault} {number}: goes on {role.went_on_s[0]:.1f} s after they are back")


def _events() -> list[bytes]:
    return [event.value for event in shop_events(200)][: 2 * _EVENTS]


def _has_done_its_work(name: str, away: Away, role: Role) -> None:
    """Each record once, whatever was killed."""
    if name == "learn":
        away.publish(USER_EVENTS, _events()[_EVENTS:])
        ((_, end),) = log_range(away.settings.bootstrap, away.name(USER_EVENTS)).values()
        until(lambda: away.committed() == end, "all is committed")
        journal = [json.loads(r.value) for r in read_to_end(away.settings.bootstrap, away.name(JOURNAL))]
        turns = [(entry["start"], entry["end"]) for entry in journal]
        assert [start for start, _ in turns] == [0, *(end for _, end in turns[:-1])]
    elif name == "simulate":
        assert role.process.wait(120) == 0
        sent = [record.value for record in read_to_end(away.settings.bootstrap, away.name(USER_EVENTS))]
        shop = Simulator(Scenario(seed=5, events=_SIMULATED, partitions=1))
        assert sent == [emission.value for emission in shop if emission.topic == USER_EVENTS.name]
