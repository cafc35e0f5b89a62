"""What a producer says of itself: when it is well, when it is ready, and what it has sent."""

from __future__ import annotations

from infra.waiting import Waiting
from producers.publish import Published, PublishMonitor

MINUTE_S = 60.0


def samples(monitor: PublishMonitor) -> dict[tuple[str, ...], float]:
    return {
        (sample.name.removeprefix("freshet_producer_"), *sample.labels.values()): sample.value
        for metric in monitor.collect()
        for sample in metric.samples
    }


def test_it_is_healthy_while_it_sends_or_waits_for_what_is_due_and_when_it_is_through():
    done, now_s = Published(), 100.0
    monitor = PublishMonitor(done, clock=lambda: now_s)
    assert monitor.healthy() == monitor.ready() == (False, "starting")
    done.alive_s = 90.0  # passing over what is on the log
    assert (monitor.healthy(), monitor.ready()) == ((True, ""), (False, "starting"))
    done.has_begun = True
    assert monitor.ready() == (True, "")
    done.alive_s = now_s - MINUTE_S - 1
    assert (monitor.healthy(), monitor.ready()) == ((False, "nothing could be sent for 61 s"), (True, ""))
    done.is_complete = True
    assert monitor.healthy() == (True, "")


def test_while_it_waits_for_a_broker_it_is_not_ready_and_says_so():
    waiting = Waiting("The simulator", lambda _line: None)
    monitor = PublishMonitor(Published(has_begun=True), waiting)
    assert monitor.ready().ok
    waiting.waits("No broker answers.")
    assert monitor.ready() == (False, "waits: No broker answers.")
    waiting.goes_on()
    assert monitor.ready().ok


def test_it_can_be_scraped_before_it_has_begun_and_counts_by_topic():
    done = Published()
    monitor = PublishMonitor(done)
    assert samples(monitor) == {("user_events_total",): 0, ("behind_seconds",): 0, ("complete",): 0}
    done.topics, done.user_events, done.behind_s = {"shop.user-events": 5, "shop.truth": 2}, 4, 1.5
    assert samples(monitor) == {
        ("records_total", "shop.user-events"): 5,
        ("records_total", "shop.truth"): 2,
        ("user_events_total",): 4,
        ("behind_seconds",): 1.5,
        ("complete",): 0,
    }
