"""What the audit is handed to audit the learners of some settings; it can be pickled into other processes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from consumers.audit.partition import Progress
from consumers.audit.report import AuditReport
from consumers.audit.run import audit
from consumers.engine import Snapshots
from consumers.learner import LearnerFold, ModelCache
from consumers.learner.registered import load_registered
from contracts.errors import FreshetError
from contracts.settings import Settings
from infra.keyring import load_keyring
from infra.postgres import Snapshot, SnapshotStore, database_of
from infra.signatures import Signatures, signatures_of

__all__ = ["Folds", "StoredSnapshots", "audit_learners"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Folds:
    """Makes the learner's fold of a partition in its first state, with its batch models."""

    settings: Settings
    signatures: Signatures

    def __call__(self, partition: int) -> LearnerFold:
        """Make the fold of a partition."""
        # Its cache never goes live: folding waits for a model, as a learner's recovery does.
        cache = ModelCache(partial(load_registered, self.settings))
        return LearnerFold(
            partition, namespace=self.settings.namespace, batch_models=cache, signatures=self.signatures
        )


@dataclass(frozen=True)
class StoredSnapshots:
    """Verified snapshots from the database; none where it is away, or the key is."""

    settings: Settings

    def __call__(self, partition: int, topic_id: str) -> Sequence[Snapshot]:
        """The snapshots of a partition and log, newest first."""
        settings = self.settings
        try:
            keys = load_keyring(settings.secret_file)
            with SnapshotStore(database_of(settings)) as store:
                stored = Snapshots(store, keys.current, settings.snapshots_kept, keys.retired)
                return list(stored.newest(settings.group, partition, topic_id))
        except FreshetError as error:
            _log.warning("no snapshot to be had: %s", error)
            return ()


def audit_learners(settings: Settings, progress: Progress) -> AuditReport:
    """Audit the learners of `settings`, with their own fold; see `audit`."""
    signatures = signatures_of(settings)
    return audit(
        settings.bootstrap,
        group=settings.group,
        namespace=settings.namespace,
        fold=Folds(settings, signatures),
        signatures=signatures,
        snapshots=StoredSnapshots(settings),
        progress=progress,
    )
