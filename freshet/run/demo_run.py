"""A whole run, from an empty folder to nothing left behind: what `demo` and `replay` have in common."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING, Any

from rich.live import Live

from contracts.shop import Shop
from dashboard.terminal.board import draw, draw_tasks
from dashboard.terminal.keys import Keys
from dashboard.terminal.plain_text import json_line
from dashboard.terminal.score_table import show_board
from dashboard.view.live_feed import Feed
from dashboard.view.scores import Scores
from freshet.cli.failures import INTERRUPTED
from freshet.cli.rendering import can_redraw, console, echo, tell
from freshet.run.batch_logs import BatchLogs
from freshet.run.remembered_shop import remember
from freshet.run.stack import Stack

if TYPE_CHECKING:
    from contracts.settings import Settings
    from dashboard.view.live_feed import Facts
    from dashboard.view.scores import Counts
    from dashboard.view.view_model import View
    from infra.embedded import Running

__all__ = ["PRODUCER", "Show"]

PRODUCER = "producer"
_BOARD_EVERY_S = 0.25
_LINE_EVERY_S = 5.0


class Show:
    """One run.

    Parameters
    ----------
    settings : Settings
        As typed; addresses are the embedded runtime's.
    shop : Shop
        Which shop.
    producer : sequence of str
        Arguments of ``python -m freshet`` for the child that sends the events; it ends when all are sent.
    batch_from : int or None
        Move history, train and promote as well, from so many new labels on; None: don't.
    untrained : bool
        Where the learners' state is lost, start new models.
    keep : bool
        Leave broker and database up at the end.
    is_json : bool
        Print the result as JSON on standard output, and all else on standard error.
    more : callable, optional
        What the result says beside the rest.
    """

    def __init__(
        self,
        settings: Settings,
        shop: Shop,
        producer: Sequence[str],
        *,
        batch_from: int | None,
        untrained: bool,
        keep: bool,
        is_json: bool,
        more: Callable[[], dict[str, Any]] = dict,
    ) -> None:
        self._settings = settings
        self._shop = shop
        self._producer = tuple(producer)
        self._learner = ("learn", "--untrained") if untrained else ("learn",)
        self._is_json = is_json
        self._more = more
        self._is_live = not is_json and can_redraw(sys.stdout)
        self._note = ""
        self._first_note = ""
        self._told = threading.Event()
        self._is_up = False
        self._sent_s: float | None = None
        self._batch_from = batch_from
        self._labels_at_first: int | None = None
        facts = {"group": settings.group, "partitions": shop.partitions}
        self._stack = Stack(settings.data_dir, facts, keep=keep, note=self._say)
        self._batch = BatchLogs(self._stack.logs)
        self._keep = keep

    def run(self) -> int:
        """Run to the end, or until Ctrl-C; return the exit code.

        Raises
        ------
        FreshetError
            If something is missing, or a part of it died for good.
        """
        has_begun = False  # where a start is refused, nothing was started that would have to be stopped
        with self._listening():
            try:
                if not self._stack.is_taken():
                    self._say("starting broker and database")
                # River and scikit-learn take seconds to import: meanwhile the broker starts.
                threading.Thread(target=import_module, args=("dashboard.view.build",), daemon=True).start()
                running = self._stack.bring_up()
                has_begun = True
                result = self._perform(running)
            except KeyboardInterrupt:  # in the middle of the start
                has_begun = True
                return INTERRUPTED
            finally:
                self._is_up, self._is_live = True, False
                self._end(has_begun)
        if result is not None and self._is_json:
            echo(json_line(result))
        return INTERRUPTED if result is None and self._is_json else 0

    def _end(self, has_begun: bool) -> None:
        began_s = time.monotonic()
        if has_begun:
            self._say("stopping")
        self._stack.take_down()
        if has_begun:
            took_s = time.monotonic() - began_s
            self._say(f"stopped in {took_s:.1f} s; {self._stack.what_stays()}")

    @contextmanager
    def _listening(self) -> Iterator[None]:
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = [signal.signal(number, self._hear) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        if self._told.is_set():  # asked twice
            self._stack.kill_all()
            return
        self._told.set()
        self._stack.must_end()
        if not self._is_up:  # in the middle of a start, which cleans up behind itself
            raise KeyboardInterrupt

    def _say(self, line: str) -> None:
        self._note = line
        if not (self._is_live and self._is_up):
            tell(line, "dim")

    def _perform(self, running: Running) -> dict[str, Any] | None:
        """From a started broker to the result; None where Ctrl-C came before the end."""
        from freshet.run.changed_models import what_changed
        from infra.kafka import ensure_topics
        from infra.postgres import migrated

        where = {
            "bootstrap": running.bootstrap,
            "database_url": running.database_url,
            "database_password_file": running.database_password_file,
        }
        settings = self._settings = self._settings.model_copy(update=where)
        ensure_topics(
            settings.bootstrap, settings.partitions, namespace=settings.namespace, group=settings.group
        )
        remember(settings.data_dir, self._shop)
        migrated(settings)
        scores = Scores(settings)
        feed = Feed(settings, scores.counts, scores.has_batch)
        before = feed.look().events
        if changed := what_changed(feed.journalled):
            self._first_note = changed
            self._say(changed)
        self._is_up = True
        began_s = time.monotonic()
        self._stack.start_stream(settings, PRODUCER, self._producer, self._learner)
        feed.start()
        try:
            self._follow(feed, began_s)
        finally:
            feed.close()
        seconds = time.monotonic() - began_s
        if self._told.is_set():  # no time for a full board: what was seen last will do
            if not self._is_json:
                console().print(draw_tasks(self._view(feed, seconds), console().width))
            return None
        board = scores.board()
        if not self._is_json:
            batch = self._batch.look()
            show_board(console(), board, scores.champions(), scores.stages(), batch.tasks)
        return self._result(feed.look(), scores.counts(), board, seconds, before)

    def _follow(self, feed: Feed, began_s: float) -> None:
        """Show how it goes until it is through, or told to end."""
        with self._screen() as put:
            while not (self._told.wait(_BOARD_EVERY_S) or self._is_through(feed)):
                self._stack.check()
                if self._batch_from is not None and self._has_new_labels(feed.facts, self._batch_from):
                    self._stack.start_batch(self._batch_from)
                    self._batch_from = None
                put(self._view(feed, time.monotonic() - began_s))

    def _has_new_labels(self, facts: Facts, count: int) -> bool:
        """Whether so many came in this run: Spark takes all cores for seconds, and a start is no time for that."""
        labels = sum(facts.counts.labels.values())
        if facts.counts.lag is None:  # not counted yet
            return False
        if self._labels_at_first is None:
            self._labels_at_first = labels
        return labels - self._labels_at_first >= count

    def _view(self, feed: Feed, elapsed_s: float) -> View:
        state = "running" if self._sent_s is None else "settling"
        from dashboard.view.build import view_of

        return view_of(
            feed.facts,
            self._shop,
            self._settings,
            state=state,
            elapsed_s=elapsed_s,
            note=self._note,
            batch=self._batch.look(),
        )

    def _is_through(self, feed: Feed) -> bool:
        """Whether every event is sent, learnt and scored, by a look that began after the last was sent."""
        if self._sent_s is None and self._stack.done(PRODUCER):
            self._sent_s = time.monotonic()
        facts = feed.facts
        is_fresh = self._sent_s is not None and facts.began_s > self._sent_s
        return is_fresh and facts.learner_lag == 0 and facts.counts.lag == 0

    @contextmanager
    def _screen(self) -> Iterator[Callable[[View], None]]:
        if not self._is_live:
            yield self._line_now_and_then()
            return
        screen = console()
        self._note = self._first_note
        chosen: int | None = None

        def put(view: View) -> None:
            nonlocal chosen
            for key in filter(str.isdecimal, keys.pressed()):
                chosen = int(key) - 1 if key != "0" else None
            live.update(draw(view, screen.width, screen.height, chosen), refresh=True)

        with Keys() as keys, Live(console=screen, screen=True, auto_refresh=False) as live:
            yield put

    def _line_now_and_then(self) -> Callable[[View], None]:
        from dashboard.terminal.progress_line import progress_line

        last_s = time.monotonic()

        def put(view: View) -> None:
            nonlocal last_s
            if time.monotonic() - last_s >= _LINE_EVERY_S:
                last_s = time.monotonic()
                tell(progress_line(view))

        return put

    def _result(
        self, facts: Facts, counts: Counts, board: dict[str, Any], seconds: float, before: int
    ) -> dict[str, Any]:
        asked = board["tasks"]
        return {
            "events": facts.events,
            "partitions": self._shop.partitions,
            **self._more(),
            "predictions": {task: counts.predictions.get(task, 0) for task in asked},
            "outcomes": {task: counts.outcomes.get(task, 0) for task in asked},
            "dead_letters": counts.dead_letters,
            "late": counts.late,
            "seconds": round(seconds, 3),
            "events_per_s": round((facts.events - before) / seconds, 1),
            "chain": {str(partition): chain for partition, chain in facts.chains.items()},
            "tasks": asked,
            "drift": board["drift"],
        }
