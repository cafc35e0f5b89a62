"""Health and metrics of the workers: the sums of their metrics, and what a supervisor knows of each.

Workers write their metrics to files in a folder of the supervisor's, which outlive them: counts of one that was killed
stay in the sums. Gauges go with their worker.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from consumers.supervisor.listener import Listener
from infra.metric_families import counter, gauge

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from infra.kafka import LogCheck
    from infra.monitoring import Health
    from infra.postgres import DatabaseCheck

__all__ = [
    "FOLDER_VARIABLE",
    "IDLE",
    "LAG",
    "LAST_COMMIT",
    "MISSING",
    "RECOVERED",
    "STALE_AFTER_S",
    "WorkersMonitor",
]

FOLDER_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
"""By which prometheus-client finds the folder in a worker."""

RECOVERED: Final = "freshet_learner_recovered"
LAG: Final = "freshet_learner_lag_records"
LAST_COMMIT: Final = "freshet_learner_last_commit_timestamp_seconds"
MISSING: Final = "freshet_learner_batch_models_missing"
IDLE: Final = "freshet_learner_last_idle_timestamp_seconds"

STALE_AFTER_S: Final = 60.0
"""A worker that has neither committed a turn nor stood idle at the end of the log for so long is not healthy."""

_HEAD_BYTES: Final = 8


class WorkersMonitor(Listener):
    """A `Listener` to a supervisor, and the `infra.monitoring.Role` of its workers.

    Parameters
    ----------
    database : DatabaseCheck
        Used by readiness: without Postgres, predictions go on and snapshots wait.
    log : LogCheck
        Of the main input; used by readiness: nothing can be read behind somebody's open transaction.
    stale_after_s : float
        See `STALE_AFTER_S`.
    now : callable
        Seconds since 1970.
    """

    def __init__(
        self,
        database: DatabaseCheck,
        log: LogCheck,
        *,
        stale_after_s: float = STALE_AFTER_S,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._log = log
        self._stale_after_s = stale_after_s
        self._now = now
        self._folder = Path(tempfile.mkdtemp(prefix="freshet-metrics-"))
        self._lock = threading.Lock()
        self._owned: frozenset[int] | None = None
        self._pids: dict[int, int] = {}
        self._problems: dict[int, str] = {}
        self._waits: dict[int, str] = {}
        self._deaths: Counter[int] = Counter()

    def close(self) -> None:
        """Close the connection to the broker and remove the folder; workers must have ended."""
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- told by the supervisor ------------------------------------------------------------------------------

    def environment(self) -> Mapping[str, str]:
        """The folder that workers write to."""
        return {FOLDER_VARIABLE: str(self._folder)}

    def owned(self, partitions: Collection[int]) -> None:
        """Report on these partitions from now on."""
        with self._lock:
            self._owned = frozenset(partitions)
            for partition in self._problems.keys() - self._owned:
                del self._problems[partition]

    def started(self, partition: int, pid: int) -> None:
        """Expect the worker to recover, and to take turns."""
        with self._lock:
            self._pids[partition] = pid
            self._problems.pop(partition, None)

    def died(self, partition: int, pid: int) -> None:
        """Keep the worker's counts, and drop its gauges."""
        from prometheus_client.multiprocess import mark_process_dead

        with self._lock:
            if self._pids.get(partition) == pid:
                del self._pids[partition]
            self._deaths[partition] += 1
        mark_process_dead(pid, str(self._folder))  # type: ignore[no-untyped-call]

    def gave_up(self, partition: int, problem: str) -> None:
        """Report why, as long as the partition is owned."""
        with self._lock:
            self._problems[partition] = problem

    def waits(self, partition: int, why: str | None) -> None:
        """Report why the worker is not ready."""
        with self._lock:
            self._waits.pop(partition, None)
            if why is not None:
                self._waits[partition] = why

    # -- asked by machines -----------------------------------------------------------------------------------

    def healthy(self) -> Health:
        """Every owned partition has a worker that commits turns, or has nothing to do."""
        return self._judged(self._not_healthy)

    def ready(self) -> Health:
        """Every partition is recovered, no worker silent or without a model, no log held, and the database answers."""
        from infra.monitoring import Health

        recovered = self._judged(self._not_ready)
        away, held = self._database.problem(), self._log.problem()
        why = [said for said in (recovered.why, held) if said]
        if away is not None:
            why.append(f"Snapshots wait, predictions go on: {away}")
        return Health(recovered.ok and away is None and held is None, "; ".join(why))

    def _judged(self, problem_of: Callable[[int, Mapping[str, Mapping[int, float]]], str | None]) -> Health:
        from infra.monitoring import Health

        with self._lock:
            owned = self._owned
        if owned is None:
            return Health(False, "starting")
        gauges = self._gauges()
        found = [problem for p in sorted(owned) if (problem := problem_of(p, gauges)) is not None]
        return Health(not found, "; ".join(found))

    def _not_recovered(self, partition: int, gauges: Mapping[str, Mapping[int, float]]) -> str | None:
        with self._lock:
            problem, runs = self._problems.get(partition), partition in self._pids
            why = self._waits.get(partition)
        name = f"partition {partition}: "
        if problem is not None:
            return name + problem.removeprefix(name)
        if why is not None:
            return f"{name}waits: {why}"
        if not runs:
            return f"{name}no worker runs"
        return None if gauges[RECOVERED].get(partition) else f"{name}recovering"

    def _not_healthy(self, partition: int, gauges: Mapping[str, Mapping[int, float]]) -> str | None:
        if (problem := self._not_recovered(partition, gauges)) is not None:
            return problem
        if not _well_s(partition, gauges):
            return f"partition {partition}: recovered, and has committed no turn yet"
        return self._silent(partition, gauges)

    def _not_ready(self, partition: int, gauges: Mapping[str, Mapping[int, float]]) -> str | None:
        return (
            self._not_recovered(partition, gauges)
            or self._silent(partition, gauges)
            or _incomplete(partition, gauges)
        )

    def _silent(self, partition: int, gauges: Mapping[str, Mapping[int, float]]) -> str | None:
        """Whether it took turns or was idle before, but no longer: the broker may be away."""
        well_s = _well_s(partition, gauges)
        if well_s and (silent_s := self._now() - well_s) > self._stale_after_s:
            waiting = int(gauges[LAG].get(partition, 0))
            return (
                f"partition {partition}: no turn committed for {silent_s:.0f} s, and {waiting} records wait"
            )
        return None

    def _gauges(self) -> dict[str, dict[int, float]]:
        found: dict[str, dict[int, float]] = {
            name: {} for name in (RECOVERED, LAG, LAST_COMMIT, IDLE, MISSING)
        }
        for metric in self._of_workers("gauge_*.db"):
            for sample in metric.samples:
                if sample.name in found:
                    found[sample.name][int(sample.labels["partition"])] = sample.value
        return found

    def collect(self) -> Iterable[Metric]:
        """The sums over all workers, dead ones among them, and who runs and has died."""
        with self._lock:
            owned, pids, deaths = sorted(self._owned or ()), dict(self._pids), dict(self._deaths)
        up = [(str(partition), partition in pids) for partition in owned]
        died = [(str(partition), deaths.get(partition, 0)) for partition in owned]
        return [
            gauge("freshet_learner_worker_up", "1 where a worker of the partition runs.", up, "partition"),
            counter(
                "freshet_learner_worker_deaths", "Workers of the partition that ended.", died, "partition"
            ),
            *self._of_workers("*.db"),
        ]

    def _of_workers(self, pattern: str) -> Iterable[Metric]:
        from prometheus_client.multiprocess import MultiProcessCollector

        files = []
        for file in self._folder.glob(pattern):
            # A worker that is just opening its file has written nothing yet; a gauge's may be gone by now.
            with contextlib.suppress(FileNotFoundError):
                if file.stat().st_size >= _HEAD_BYTES:
                    files.append(str(file))
        merged: Iterable[Metric] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
        return merged


def _incomplete(partition: int, gauges: Mapping[str, Mapping[int, float]]) -> str | None:
    missing = int(gauges[MISSING].get(partition, 0))
    if not missing:
        return None
    models = "a batch model" if missing == 1 else f"{missing} batch models"
    return f"partition {partition}: {models} can't be had, online ones take the place"


def _well_s(partition: int, gauges: Mapping[str, Mapping[int, float]]) -> float:
    return max(gauges[LAST_COMMIT].get(partition, 0.0), gauges[IDLE].get(partition, 0.0))
