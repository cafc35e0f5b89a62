"""Learns what is on the log with the code that is first on the path and one model from outside, audits it, and ends.

One process for both, since each imports for seconds. Prints where it stood and what the audit says, as JSON.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import replace
from importlib import import_module

from consumers.audit import audit
from consumers.engine import Position, Snapshots
from consumers.learner import LearnerFold, work
from contracts.settings import load
from contracts.topics import USER_EVENTS, topic_name
from infra.kafka import group_offset, log_range
from infra.postgres import SnapshotStore, database_of
from infra.signing import load_key
from models.portfolio import Portfolio
from models.tasks import TASKS, ModelSpec


def main() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    settings = load()
    topic = topic_name(USER_EVENTS, settings.namespace)
    end = log_range(settings.bootstrap, topic)[0][1]
    more = ModelSpec("outside", "online", import_module("outside.model").Outside)
    tasks = [replace(task, models=(*task.models, more)) for task in TASKS.values()]
    stood: list[Position] = []

    def fold(partition: int) -> LearnerFold:
        return LearnerFold(partition, namespace=settings.namespace, portfolio=Portfolio(partition, tasks))

    def is_through() -> bool:
        found = group_offset(settings.bootstrap, settings.group, topic, 0)
        return found is not None and found.offset >= end

    work(settings, 0, should_stop=is_through, recovered=stood.append, fold=fold(0))
    store = SnapshotStore(database_of(settings))
    kept = Snapshots(store, load_key(settings.secret_file), settings.snapshots_kept)
    report = audit(
        settings.bootstrap,
        group=settings.group,
        namespace=settings.namespace,
        fold=fold,
        snapshots=lambda partition, log: list(kept.newest(settings.group, partition, log)),
    )
    found = {"how": stood[0].how, "generation": stood[0].generation, "audit": report.explain()}
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
    os._exit(0)
