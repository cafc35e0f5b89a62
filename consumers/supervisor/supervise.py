"""One worker process a partition, each started again when it dies."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Final

from kafka.errors import KafkaError

from consumers.supervisor.watch import Unwatched, Watch
from contracts.errors import FreshetError
from contracts.settings import Settings, environment
from contracts.topics import USER_EVENTS, topic_name
from infra.kafka import group_offset
from infra.lifeline import Child, spawn

__all__ = ["DEATHS_AT_ONE_OFFSET", "EXIT_REFUSED", "WorkersStopped", "supervise"]

EXIT_REFUSED: Final = 3
"""A worker leaves with this where going on would be wrong: it is not started again, for it would refuse again."""

DEATHS_AT_ONE_OFFSET: Final = 3
_BACK_OFF_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
_LAST_LINES: Final = 20
_STOP_GRACE_S: Final = 10.0
_LOOK_EVERY_S: Final = 0.1


class WorkersStopped(FreshetError):
    """At least one worker can't go on; `problems` says for each why."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass
class _Worker:
    partition: int
    start: Callable[[], tuple[Child, IO[bytes]]]
    said: deque[str] = field(default_factory=lambda: deque(maxlen=_LAST_LINES))
    child: Child | None = None
    start_at_s: float = 0.0
    died_at: deque[int | None] = field(default_factory=lambda: deque(maxlen=DEATHS_AT_ONE_OFFSET))
    problem: str | None = None

    def run(self) -> int:
        child, stderr = self.start()
        self.child = child
        self.said.clear()
        threading.Thread(target=self._pass_on, args=(stderr,), daemon=True).start()
        return child.pid

    def _pass_on(self, stderr: IO[bytes]) -> None:
        with stderr:
            for line in stderr:
                text = line.decode(errors="backslashreplace").rstrip()
                self.said.append(text)
                print(text, file=sys.stderr, flush=True)


def supervise(
    settings: Settings,
    partitions: Sequence[int],
    *,
    should_stop: Callable[[], bool],
    arguments: Sequence[str] = (),
    program: Sequence[str] = (sys.executable, "-m", "consumers.learner"),
    watch: Watch = Unwatched(),  # noqa: B008 - has no state
) -> None:
    """Keep a worker for each of `partitions` running until `should_stop`.

    A worker that died is started again after 0.2 to 5 s. One that refuses to go on (`RecoveryError`), or has died
    3 times at the same offset, is not; the others go on, and what it said is raised when all are through.

    Parameters
    ----------
    settings : Settings
        Handed on to the workers.
    partitions : sequence of int
        Which partitions.
    should_stop : callable
        Asked ten times a second.
    arguments : sequence of str
        Further arguments for each worker, such as ``--untrained``.
    program : sequence of str
        What is run: it takes the partition and `arguments`, and its settings from the environment.
    watch : Watch
        Told what becomes of the workers.

    Raises
    ------
    WorkersStopped
        When no worker is left that could run, or at the end where some had stopped.
    """
    more = watch.environment()
    workers = [_Worker(p, _starter(settings, more, [*program, str(p), *arguments])) for p in partitions]
    watch.owned(partitions)
    pause = threading.Event()
    try:
        while not should_stop() and any(w.problem is None for w in workers):
            for worker in workers:
                if worker.problem is None:
                    _look_after(worker, settings, watch)
            pause.wait(_LOOK_EVERY_S)
    finally:
        _stop([w.child for w in workers if w.child is not None])
    problems = [w.problem for w in workers if w.problem is not None]
    if problems:
        raise WorkersStopped(problems)


def _starter(
    settings: Settings, more: Mapping[str, str], argv: Sequence[str]
) -> Callable[[], tuple[Child, IO[bytes]]]:
    env = environment(settings) | dict(more)

    def start() -> tuple[Child, IO[bytes]]:
        read_fd, write_fd = os.pipe()
        try:
            return spawn(argv, env=env, stderr=write_fd), os.fdopen(read_fd, "rb")
        finally:
            os.close(write_fd)

    return start


def _look_after(worker: _Worker, settings: Settings, watch: Watch) -> None:
    if worker.child is None:
        if time.monotonic() >= worker.start_at_s:
            watch.started(worker.partition, worker.run())
        return
    code = worker.child.poll()
    if code is None:
        return
    worker.child.stop(0)
    watch.died(worker.partition, worker.child.pid)
    worker.child = None
    offset = _committed(settings, worker.partition)
    worker.died_at.append(offset)
    last = worker.said[-1] if worker.said else f"exit code {code}"
    if code == EXIT_REFUSED:
        worker.problem = last
    elif offset is not None and list(worker.died_at) == [offset] * DEATHS_AT_ONE_OFFSET:
        topic = topic_name(USER_EVENTS, settings.namespace)
        worker.problem = (
            f"{topic}/{worker.partition}: the worker died {DEATHS_AT_ONE_OFFSET} times at offset {offset} and is not "
            f"started again. The last time with: {last}"
        )
    else:
        deaths = sum(1 for at in worker.died_at if at == offset)
        worker.start_at_s = time.monotonic() + _BACK_OFF_S[min(deaths, len(_BACK_OFF_S)) - 1]
    if worker.problem is not None:
        watch.gave_up(worker.partition, worker.problem)


def _committed(settings: Settings, partition: int) -> int | None:
    """The group's offset; -1 where nothing is committed yet, None where the broker does not say."""
    try:
        found = group_offset(
            settings.bootstrap, settings.group, topic_name(USER_EVENTS, settings.namespace), partition
        )
    except (FreshetError, KafkaError):
        return None
    return -1 if found is None else found.offset


def _stop(children: Sequence[Child]) -> None:
    """All at once: each finishes its turn."""
    for child in children:
        child.let_go()
    deadline = time.monotonic() + _STOP_GRACE_S
    for child in children:
        child.stop(max(0.0, deadline - time.monotonic()))
