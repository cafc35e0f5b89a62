"""What takes long is left when the end is asked for."""

from __future__ import annotations

import os
import signal
import threading

from infra.signals import run_unless_stopped

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def test_what_is_done_in_time_gives_its_result_and_the_handlers_are_as_before():
    before = [signal.getsignal(number) for number in SIGNALS]
    told = threading.Event()
    assert run_unless_stopped(told, lambda: 7) == 7
    assert not told.is_set()
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_a_signal_in_the_middle_ends_it_there_and_is_remembered():
    before = [signal.getsignal(number) for number in SIGNALS]
    told, reached = threading.Event(), []

    def work() -> int:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            reached.append("behind the signal")
        except KeyboardInterrupt:  # the only one at which py4j and psycopg let go of what they wait for
            reached.append("interrupted")
            raise
        finally:
            os.kill(os.getpid(), signal.SIGTERM)  # asked twice: what cleans up is not cut off
            reached.append("cleaned up")
        return 7

    assert run_unless_stopped(told, work) is None
    assert told.is_set()
    assert reached == ["interrupted", "cleaned up"]
    assert [signal.getsignal(number) for number in SIGNALS] == before
    assert run_unless_stopped(told, lambda: reached.append("begun")) is None
    assert reached == ["interrupted", "cleaned up"]
