"""People hear that models are learnt anew, and from how much."""

from __future__ import annotations

from consumers.learner import LearnerFold
from contracts.records import JournalRecord
from freshet.run.changed_models import what_changed


def last_turn(partition: int, fingerprint: str, end: int) -> JournalRecord:
    return JournalRecord(
        group="learner", partition=partition, generation=1, turn=3, start=end - 1, end=end, origin=100,
        chain="", topic_id="log", fingerprint=fingerprint,
    )  # fmt: skip


def test_learners_of_the_same_code_go_on_in_silence() -> None:
    assert what_changed({}) == ""
    assert what_changed({p: last_turn(p, LearnerFold(p).fingerprint, 5_000) for p in (0, 1)}) == ""


def test_learners_of_other_code_say_from_how_many_events_the_state_is_built() -> None:
    journalled = {0: last_turn(0, "other", 5_000), 1: last_turn(1, LearnerFold(1).fingerprint, 7_000)}
    assert what_changed(journalled) == (
        "Models or features have changed: their state is built anew from the log, 4,900 events."
    )
