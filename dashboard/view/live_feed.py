"""Follows a running instance, in a thread of its own, and says what the live board shows.

Reads what any other client could: ends of topics, the journal, the windowed scores, the newest predictions. Counts
of labels and predictions are the scoreboard's.
"""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from contracts.codec import decode
from contracts.errors import BadRecord, FreshetError
from contracts.journal import turn_of
from contracts.records import JournalRecord, Metrics, Prediction
from contracts.topics import JOURNAL, METRICS, MODELS, PREDICTIONS, USER_EVENTS, Topic, topic_name
from contracts.views import EventHead
from dashboard.view.champions import Champions
from dashboard.view.latest_records import LatestRecords
from dashboard.view.scores import Counts
from dashboard.view.view_model import LatestAnswer
from infra.kafka import LogCheck
from models.belief import Known, any_batch, believed

if TYPE_CHECKING:
    from contracts.settings import Settings
    from infra.kafka import Record

__all__ = ["Facts", "Feed"]

_EVERY_S: Final = 0.5
_RATE_OVER_S: Final = 5.0
_HISTORY: Final = 400
_LATEST: Final = 60
_NEWEST: Final = 40
_THOROUGHLY: Final = 5_000
_PATIENTLY_S: Final = 60.0  # the last figures are not cut short by a busy broker
_JOURNAL_BACK: Final = 50
_NUMBER = re.compile(r"[a-z]+-0*([0-9]{1,18})")
_NOT_USERS: Final = frozenset(
    {"ClockTicked", "ModelActivated", "ProductListed", "PriceChanged", "StockChanged", "ProductRetired"}
)


@dataclass(frozen=True)
class Facts:
    """What is known since one moment: `began_s`, by `time.monotonic`; `problem` says why it is not known anew.

    `held` says where an open transaction keeps learners from reading on, and whose it is.
    """

    began_s: float = 0.0
    events: int = 0
    events_per_s: float | None = None
    learner_lag: int | None = None
    chains: Mapping[int, str] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    history: Mapping[str, tuple[Metrics, ...]] = field(default_factory=dict)
    latest: tuple[LatestAnswer, ...] = ()
    champions: Champions = field(default_factory=Champions)
    held: str = ""
    problem: str = ""


class Feed:
    """Follows until closed; `facts` is always the newest.

    Parameters
    ----------
    settings : Settings
        Where the broker is.
    count : callable
        Asks the scoreboard; may raise, then the last answer stands.
    has_batch : RegisteredNames or another
        As in `models.belief.Known`.
    """

    def __init__(
        self,
        settings: Settings,
        count: Callable[[], Counts],
        has_batch: Callable[[str, str], bool] = any_batch,
    ) -> None:
        self.facts = Facts()
        self._settings = settings
        self._count = count
        self._has_batch = has_batch
        self._passed_over = 0
        self._unconfirmed: list[Metrics] = []
        self._closing = threading.Event()
        self._chains: dict[int, JournalRecord] = {}
        self._history: dict[str, deque[Metrics]] = {}
        self._champions = Champions()
        self._log = LogCheck(settings.bootstrap, topic_name(USER_EVENTS, settings.namespace))
        self._events: deque[tuple[float, int]] = deque()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)

    @property
    def journalled(self) -> Mapping[int, JournalRecord]:
        """The last turn of each partition, as of the last look."""
        return dict(self._chains)

    def look(self) -> Facts:
        """Look once more thoroughly, before following or after: ticks and copies may hide the last event of a user."""
        reader = LatestRecords(self._settings.bootstrap, within_s=_PATIENTLY_S)
        try:
            self._look(reader, _THOROUGHLY)
        finally:
            reader.close()
            self._log.close()
        return self.facts

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def close(self) -> None:
        """Stop following."""
        self._closing.set()
        self._thread.join(timeout=2.0)

    def _run(self) -> None:
        reader: LatestRecords | None = None
        while not self._closing.is_set():
            try:
                reader = reader or LatestRecords(self._settings.bootstrap)
                self._look(reader)
            except Exception as error:  # noqa: BLE001 - keeps what it has, says why, and looks again
                self.facts = replace(self.facts, problem=f"can't look: {type(error).__name__}: {error}")
                if reader is not None:
                    reader.close()
                reader = None
            self._closing.wait(_EVERY_S)
        if reader is not None:
            reader.close()
        self._log.close()

    def _look(self, reader: LatestRecords, newest: int = _NEWEST) -> None:
        began_s = time.monotonic()
        settings = self._settings
        inputs = topic_name(USER_EVENTS, settings.namespace)
        for record in reader.since_last_look(
            topic_name(JOURNAL, settings.namespace, settings.group), _JOURNAL_BACK
        ):
            self._take_turn(record)
        ends = reader.ends(inputs)
        scored = reader.since_last_look(topic_name(METRICS, settings.namespace))
        counts, known = self._asked(), Known(self._has_batch, len(ends))
        for record in reader.since_last_look(topic_name(MODELS, settings.namespace)):
            if (news := self._believed(MODELS, record, known)) is not None:
                self._champions = self._champions.after(news)
        found = [self._believed(METRICS, record, known) for record in scored]
        self._remember([one for one in found if one is not None], counts.labels)
        events = max(self.facts.events, _number_of_events(reader.newest(inputs, newest)))
        latest = self._latest(reader, known)
        self.facts = Facts(
            began_s=began_s,
            events=events,
            events_per_s=self._rate(events),
            learner_lag=self._lag(ends),
            chains={partition: last.chain for partition, last in sorted(self._chains.items())},
            counts=replace(counts, passed_over=counts.passed_over + self._passed_over),
            history={task: tuple(seen) for task, seen in self._history.items()},
            latest=latest,
            champions=self._champions,
            held=self._log.problem() or "",
        )

    def _asked(self) -> Counts:
        try:
            return self._count()
        except FreshetError:  # the database is away: scores wait, and so does the board
            return replace(self.facts.counts, lag=None)

    def _lag(self, ends: Mapping[int, int]) -> int | None:
        """Records of the main input that no turn has ended behind yet."""
        if not ends:
            return None
        return sum(end - (self._chains[p].end if p in self._chains else 0) for p, end in ends.items())

    def _take_turn(self, record: Record) -> None:
        turn = turn_of(record.key, record.value, self._settings.group, record.partition)
        if turn is not None:
            self._chains[record.partition] = turn
        else:
            self._passed_over += 1

    def _believed(self, topic: Topic, record: Record, known: Known) -> Any:
        try:
            found = believed(decode(topic, record.value), record.partition, known)
        except BadRecord:
            found = None
        # What is wrong with the scoreboard's own topics, it has counted itself.
        self._passed_over += found is None and topic is METRICS
        return found

    def _remember(self, found: list[Metrics], labels: Mapping[str, int]) -> None:
        """Take the scores that are of no more labels than the scoreboard has counted: others it can't have sent."""
        waiting = self._unconfirmed + found
        for metrics in [one for one in waiting if one.labels <= labels.get(one.task, 0)]:
            seen = self._history.setdefault(metrics.task, deque(maxlen=_HISTORY))
            # Sent again after a crash of the scoreboard, for its offsets are not Kafka's.
            if not seen or metrics.labels > seen[-1].labels:
                seen.append(metrics)
        self._unconfirmed = [one for one in waiting if one.labels > labels.get(one.task, 0)][-_HISTORY:]

    def _rate(self, events: int) -> float | None:
        now = time.monotonic()
        self._events.append((now, events))
        while len(self._events) > 2 and now - self._events[0][0] > _RATE_OVER_S:
            self._events.popleft()
        (since, before), waited = self._events[0], now - self._events[0][0]
        return (events - before) / waited if waited > 0 and since < now else None

    def _latest(self, reader: LatestRecords, known: Known) -> tuple[LatestAnswer, ...]:
        found = reader.newest(topic_name(PREDICTIONS, self._settings.namespace), _NEWEST)
        found.sort(key=lambda record: record.timestamp_ms)
        answers = []
        for record in found[-_LATEST:]:
            one: Prediction | None = self._believed(PREDICTIONS, record, known)
            if one is None:
                continue
            self._champions = self._champions.answered(one)
            answers.append(
                LatestAnswer(
                    one.task, one.time, one.user_id, one.event_id, one.prediction, one.model, one.latency_ms
                )
            )
        return tuple(answers)


def _number_of_events(newest: Iterable[Record]) -> int:
    """The running number in the ids of users' own events, which is how many there have been."""
    highest = 0
    for record in newest:
        try:
            head: EventHead = decode(USER_EVENTS, record.value, EventHead)
        except BadRecord:
            continue
        found = _NUMBER.fullmatch(head.id)
        if found is not None and head.type not in _NOT_USERS:
            highest = max(highest, int(found[1]))
    return highest
