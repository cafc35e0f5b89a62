"""The feed of the live board against a broker."""

from __future__ import annotations

from contracts.settings import Settings
from dashboard.view.live_feed import Feed
from dashboard.view.scores import Counts
from infra.kafka import ensure_topics
from tests.waiting import until


def test_what_keeps_the_feed_from_looking_is_said_and_gone_when_it_looks_again(
    bootstrap: str, namespace: str
):
    ensure_topics(bootstrap, 1, namespace=namespace, group="g")
    broken = True

    def count() -> Counts:
        if broken:
            message = "no such table"
            raise RuntimeError(message)
        return Counts(late=1)

    feed = Feed(Settings(bootstrap=bootstrap, namespace=namespace, group="g"), count)
    feed.start()
    try:
        until(lambda: feed.facts.problem == "can't look: RuntimeError: no such table", "the problem is said")
        broken = False
        until(lambda: feed.facts.counts.late == 1, "it looks again")
        assert feed.facts.problem == ""
    finally:
        feed.close()
