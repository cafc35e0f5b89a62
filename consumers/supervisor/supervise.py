"""One worker process for each partition, started again when it dies. The set of partitions may change meanwhile."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Final, Protocol

from kafka.errors import KafkaError

from consumers.supervisor.listener import Listener
from consumers.supervisor.talk import EXIT_AWAY, EXIT_FENCED, EXIT_OVERDUE, EXIT_REFUSED, GOES_ON, WAITS
from contracts.errors import FreshetError
from contracts.settings import Settings, environment
from contracts.topics import USER_EVENTS, topic_name
from infra.kafka import group_offset
from infra.lifeline import Child, spawn
from infra.waiting import Waiting

__all__ = [
    "DEATHS_AT_ONE_OFFSET",
    "StaticAssignment",
    "Assignment",
    "WorkersStopped",
    "supervise",
]

DEATHS_AT_ONE_OFFSET: Final = 3
_BACK_OFF_S: Final = (0.2, 0.5, 1.0)
_FENCED_S: Final = 5.0
_ASKED_S: Final = 2.0
_LAST_LINES: Final = 20
_LAST_WORD_S: Final = 1.0
_STOP_GRACE_S: Final = 10.0
_LOOK_EVERY_S: Final = 0.1


class WorkersStopped(FreshetError):
    """At least one worker can't go on; `problems` has the reason of each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Assignment(Protocol):
    """The partitions that this supervisor runs; see `infra.kafka.GroupMembership`."""

    def owned(self, wait_s: float) -> Collection[int] | None:
        """Wait for about `wait_s` seconds, then return the partitions; None while they are not known yet."""
        ...


class StaticAssignment:
    """Always the same partitions: this supervisor is the only one."""

    def __init__(self, partitions: Collection[int]) -> None:
        self._partitions = partitions
        self._pause = threading.Event()

    def owned(self, wait_s: float) -> Collection[int]:
        """Wait, then return the partitions."""
        self._pause.wait(wait_s)
        return self._partitions


@dataclass
class _Worker:
    partition: int
    start: Callable[[], tuple[Child, IO[bytes]]]
    waits: Callable[[str | None], None]
    said: deque[str] = field(default_factory=lambda: deque(maxlen=_LAST_LINES))
    child: Child | None = None
    reader: threading.Thread | None = None
    start_at_s: float = 0.0
    died_at: deque[int | None] = field(default_factory=lambda: deque(maxlen=DEATHS_AT_ONE_OFFSET))
    problem: str | None = None
    is_away: bool = False

    def run(self) -> int:
        child, stderr = self.start()
        self.child = child
        self.said.clear()
        self.reader = threading.Thread(target=self._pass_on, args=(stderr,), daemon=True)
        self.reader.start()
        return child.pid

    def last_word(self, code: int) -> str:
        """The last line that it said, now that it has ended with that exit code."""
        if self.reader is not None:
            self.reader.join(_LAST_WORD_S)  # what it said last may still be on its way
        return self.said[-1] if self.said else f"exit code {code}"

    def _pass_on(self, stderr: IO[bytes]) -> None:
        with stderr:
            for line in stderr:
                text = line.decode(errors="backslashreplace").rstrip()
                if text == GOES_ON:
                    self.waits(None)
                elif text.startswith(WAITS):
                    self.waits(text.removeprefix(WAITS))
                else:
                    self.said.append(text)
                    print(text, file=sys.stderr, flush=True)


def supervise(
    settings: Settings,
    assignment: Assignment,
    *,
    should_stop: Callable[[], bool],
    arguments: Sequence[str] = (),
    program: Sequence[str] = (sys.executable, "-m", "consumers.learner"),
    listener: Listener = Listener(),  # noqa: B008 - has no state
    answers: Callable[[], bool] = lambda: True,
) -> None:
    """Keep a worker for each partition that `assignment` names running until `should_stop`.

    A worker that died is started again after 0.2 to 1 s, as often as it takes where broker or database is away. One
    that refuses to go on (`RecoveryError`), or has died 3 times at the same offset, is not; the others go on, and what
    it said is raised when all are through. One whose partition is no longer ours finishes its turn and ends.

    Parameters
    ----------
    settings : Settings
        Handed on to the workers.
    assignment : Assignment
        Which partitions; asked ten times a second.
    should_stop : callable
        Asked as often.
    arguments : sequence of str
        Further arguments for each worker, such as ``--untrained``.
    program : sequence of str
        What is run: it takes the partition and `arguments`, and its settings from the environment.
    listener : Listener
        Told what becomes of the workers.
    answers : callable
        Whether a broker listens: who left because it was away is not started before, for starting is dear.

    Raises
    ------
    WorkersStopped
        When no worker is left that could run, or at the end where some had stopped.
    """
    workers: dict[int, _Worker] = {}
    leaving: list[_Leaving] = []
    # The only supervisor owns its partitions whatever happens: who fences its workers was started beside it by hand.
    is_alone = isinstance(assignment, StaticAssignment)
    more = listener.environment()
    known: frozenset[int] | None = None
    try:
        while not should_stop():
            owned = assignment.owned(_LOOK_EVERY_S)
            if owned is None:
                continue
            if known != (owned := frozenset(owned)):
                known = owned
                listener.owned(owned)
            for partition in workers.keys() - owned:
                if (child := workers.pop(partition).child) is not None:
                    child.release()
                    listener.died(partition, child.pid)  # for what it says no longer counts
                    leaving.append(_Leaving(child, time.monotonic() + _STOP_GRACE_S))
            leaving = [one for one in leaving if not one.has_ended()]
            for partition in sorted(owned - workers.keys()):
                argv = [*program, str(partition), *arguments]
                workers[partition] = _Worker(
                    partition, _starter(settings, more, argv), _waits(partition, listener)
                )
            for worker in workers.values():
                if worker.problem is None and not should_stop():
                    _look_after(worker, settings, listener, answers, is_alone=is_alone)
            if workers and all(worker.problem is not None for worker in workers.values()):
                break
    finally:
        _stop([w.child for w in workers.values() if w.child is not None] + [one.child for one in leaving])
    problems = [w.problem for w in workers.values() if w.problem is not None]
    if problems:
        raise WorkersStopped(problems)


@dataclass(frozen=True)
class _Leaving:
    """A worker whose partition is no longer ours: it has been told, and ends after its turn."""

    child: Child
    deadline_s: float

    def has_ended(self) -> bool:
        if self.child.poll() is None and time.monotonic() < self.deadline_s:
            return False
        self.child.stop(0)
        return True


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


def _waits(partition: int, listener: Listener) -> Callable[[str | None], None]:
    waiting = Waiting(
        f"The learner of partition {partition}", lambda line: print(line, file=sys.stderr, flush=True)
    )

    def told(why: str | None) -> None:
        listener.waits(partition, why)
        if why is None:
            waiting.goes_on()
        else:
            waiting.waits(why)

    return told


def _look_after(
    worker: _Worker, settings: Settings, listener: Listener, answers: Callable[[], bool], *, is_alone: bool
) -> None:
    if worker.child is None:
        if time.monotonic() < worker.start_at_s:
            return
        if worker.is_away and not answers():
            worker.start_at_s = time.monotonic() + _BACK_OFF_S[-1]
            return
        listener.started(worker.partition, worker.run())
        return
    code = worker.child.poll()
    if code is None:
        return
    worker.child.stop(0)
    listener.died(worker.partition, worker.child.pid)
    worker.child = None
    last = worker.last_word(code)
    if code == EXIT_FENCED and not is_alone:
        # Soon the group says whose the partition is; until then two would only fence each other in turn.
        worker.start_at_s = time.monotonic() + _FENCED_S
        return
    worker.is_away = code in (EXIT_AWAY, EXIT_OVERDUE)
    if worker.is_away:
        worker.start_at_s = time.monotonic() + _BACK_OFF_S[-1]
        return
    offset = _committed(settings, worker.partition)
    worker.died_at.append(offset)
    if code in (EXIT_REFUSED, EXIT_FENCED):
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
        listener.gave_up(worker.partition, worker.problem)


def _committed(settings: Settings, partition: int) -> int | None:
    """The group's offset; -1 where nothing is committed yet, None where the broker does not say."""
    try:
        topic = topic_name(USER_EVENTS, settings.namespace)
        found = group_offset(settings.bootstrap, settings.group, topic, partition, wait_s=_ASKED_S)
    except (FreshetError, KafkaError):
        return None
    return -1 if found is None else found.offset


def _stop(children: Sequence[Child]) -> None:
    """Stop all at once; each finishes its turn."""
    for child in children:
        child.release()
    deadline = time.monotonic() + _STOP_GRACE_S
    for child in children:
        child.stop(max(0.0, deadline - time.monotonic()))
