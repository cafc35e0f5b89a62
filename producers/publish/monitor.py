"""How the sending is, for machines: health, readiness, what was sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from infra.metric_families import counter, gauge

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from infra.monitoring import Health
    from infra.waiting import Waiting
    from producers.publish.publish import Published

__all__ = ["STALE_AFTER_S", "PublishMonitor"]

STALE_AFTER_S: Final = 60.0
"""Who has neither sent anything nor waited for what is due for so long is not healthy."""


class PublishMonitor:
    """The `infra.monitoring.Role` of a producer.

    Parameters
    ----------
    done : Published
        What `publish` counts in.
    waiting : Waiting, optional
        What `publish` tells where a broker is away.
    stale_after_s : float
        See `STALE_AFTER_S`.
    clock : callable
        The one of `publish`.
    """

    def __init__(
        self,
        done: Published,
        waiting: Waiting | None = None,
        *,
        stale_after_s: float = STALE_AFTER_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._done = done
        self._waiting = waiting
        self._stale_after_s = stale_after_s
        self._clock = clock

    def healthy(self) -> Health:
        """It sends, waits for what is due, or is through."""
        from infra.monitoring import Health

        if self._done.is_complete:
            return Health(True)
        if (alive_s := self._done.alive_s) is None:
            return Health(False, "starting")
        silent_s = self._clock() - alive_s
        is_stale = silent_s > self._stale_after_s
        return Health(not is_stale, f"nothing could be sent for {silent_s:.0f} s" if is_stale else "")

    def ready(self) -> Health:
        """The topics are there, it is known where to go on, and a broker takes what is sent."""
        from infra.monitoring import Health

        if self._waiting is not None and self._waiting.why is not None:
            return Health(False, f"waits: {self._waiting.why}")
        return Health(True) if self._done.has_begun else Health(False, "starting")

    def collect(self) -> Iterable[Metric]:
        """What was sent."""
        done = self._done
        sent, records = (
            "User events among them, as counted by --events.",
            "Records handed to the broker's client.",
        )
        return [
            counter("freshet_producer_records", records, done.topics.items(), "topic"),
            counter("freshet_producer_user_events", sent, done.user_events),
            gauge(
                "freshet_producer_behind_seconds",
                "How much later than due the last record was.",
                done.behind_s,
            ),
            gauge("freshet_producer_complete", "1 once all is sent.", done.is_complete),
        ]
