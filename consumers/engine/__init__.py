"""Exactly once, and the same again: a pure fold over one partition, in turns, with a journal and a chain.

Knows nothing of shops or models: see `consumers.learner` for the fold that it runs.
"""

from consumers.engine.chain import GENESIS, link
from consumers.engine.dead_letters import dead_letter
from consumers.engine.fold import Fold, Step
from consumers.engine.journal import Journal, Journalled, committed_metadata
from consumers.engine.listener import Listener, Turn
from consumers.engine.ports import GroupOffsets, Identity, Ports
from consumers.engine.recovery import Position, Recovery, Repairs
from consumers.engine.snapshots import Snapshots, SnapshotWriter
from consumers.engine.watchdog import Watchdog
from consumers.engine.worker import FAULT_POINTS, SnapshotPolicy, Worker

__all__ = [
    "FAULT_POINTS",
    "GENESIS",
    "Fold",
    "GroupOffsets",
    "Identity",
    "Journal",
    "Journalled",
    "Listener",
    "Ports",
    "Position",
    "Recovery",
    "Repairs",
    "SnapshotPolicy",
    "SnapshotWriter",
    "Snapshots",
    "Step",
    "Turn",
    "Watchdog",
    "Worker",
    "committed_metadata",
    "dead_letter",
    "link",
]
