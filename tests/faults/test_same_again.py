"""The same log gives the same chain, however it is cut into turns; a new release opens a new generation."""

from __future__ import annotations

import pytest

from contracts.topics import JOURNAL, PREDICTIONS
from tests.faults.stage import Stage


@pytest.fixture(scope="module")
def log(events: list[bytes]) -> list[bytes]:
    """A short one: at one record a turn each costs a transaction."""
    return events[:900]


@pytest.mark.long
def test_turns_of_1_37_and_5000_records_and_other_hash_seeds_give_the_same_chain(
    new_stage, namespace: str, log: list[bytes]
) -> None:
    chains, turns = set(), []
    for number, (records, hash_seed) in enumerate([(1, "1"), (37, "2"), (5000, "3")]):
        stage: Stage = new_stage(f"{namespace}{number}.")
        stage.publish(log)
        stage.run_to_end(max_poll_records=records, env={"PYTHONHASHSEED": hash_seed})
        chains.add(stage.chain())
        turns.append(len(stage.journal()))
    assert len(chains) == 1
    assert turns[0] == len(log) > turns[1] > turns[2] >= 1


def test_a_release_with_another_portfolio_goes_on_in_a_new_generation(stage: Stage, log: list[bytes]) -> None:
    stage.publish(log[:500])
    stage.run_to_end()
    before = stage.records(PREDICTIONS)
    last = stage.journal()[-1]
    stage.publish(log[500:])
    assert "recovered from start" in stage.run_to_end("--portfolio", "upgraded")

    entry = next(e for e in stage.journal() if e["generation"] == 2)
    assert entry["parent"] == {"generation": 1, "turn": last["turn"], "chain": last["chain"]}
    assert entry["start"] == last["end"] == 500
    after = stage.records(PREDICTIONS)
    assert [r.value for r in after[: len(before)]] == [r.value for r in before]
    assert all(
        b'"upgraded":0.25' in (r.value or b"")
        for r in after[len(before) :]
        if b'"conversion"' in (r.value or b"")
    )


def test_the_chain_of_a_new_generation_is_that_of_the_new_release_from_the_start(
    stage: Stage, new_stage, namespace: str, log: list[bytes]
) -> None:
    stage.publish(log[:500])
    stage.run_to_end()
    stage.publish(log[500:])
    stage.run_to_end("--portfolio", "upgraded")
    fresh: Stage = new_stage(f"{namespace}fresh.")
    fresh.publish(log)
    fresh.run_to_end("--portfolio", "upgraded")
    assert stage.chain() == fresh.chain()
    assert len(stage.records(JOURNAL)) > 1
