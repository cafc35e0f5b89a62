"""What the audit is handed to audit the learners of some settings; it can be pickled into other processes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from consumers.audit.partition import Progress
from consumers.audit.report import AuditReport
from consumers.audit.run import audit
from consumers.engine import Snapshots
from consumers.learner import LearnerFold, Shelf
from consumers.learner.artefacts import RegistryArtefacts
from contracts.errors import FreshetError
from contracts.settings import Settings
from infra.postgres import Snapshot, SnapshotStore, read_password
from infra.signing import load_key

__all__ = ["audit_learners"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Folds:
    settings: Settings

    def __call__(self, partition: int) -> LearnerFold:
        # Its shelf never goes live: folding waits for a model, as a learner's recovery does.
        shelf = Shelf(RegistryArtefacts(self.settings))
        return LearnerFold(partition, namespace=self.settings.namespace, batch_models=shelf)


@dataclass(frozen=True)
class _StoredSnapshots:
    """Verified snapshots from the database; none where it is away, or the key is."""

    settings: Settings

    def __call__(self, partition: int, topic_id: str) -> Sequence[Snapshot]:
        settings = self.settings
        try:
            key = load_key(settings.secret_file)
            store = SnapshotStore(settings.database_url, read_password(settings.database_password_file))
            try:
                stored = Snapshots(store, key, settings.snapshots_kept)
                return list(stored.newest(settings.group, partition, topic_id))
            finally:
                store.close()
        except FreshetError as error:
            _log.warning("no snapshot to be had: %s", error)
            return ()


def audit_learners(settings: Settings, progress: Progress) -> AuditReport:
    """Audit the learners of `settings`, with their own fold; see `audit`."""
    return audit(
        settings.bootstrap,
        group=settings.group,
        namespace=settings.namespace,
        fold=_Folds(settings),
        snapshots=_StoredSnapshots(settings),
        progress=progress,
    )
