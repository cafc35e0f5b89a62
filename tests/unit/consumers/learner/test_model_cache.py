"""The cache of batch models: waited for while recovering, never while turns are taken; failed loads are retried."""

from __future__ import annotations

import logging
import threading

import pytest

from consumers.learner import ModelCache
from contracts.errors import Unreachable
from models.serving import BatchModel
from tests.batch_models import trained
from tests.waiting import until

KEY = ("conversion/a@1", "0" * 64)


class Store:
    """Has the model when told; counts who asks."""

    def __init__(self, *, has_it: bool = True) -> None:
        self.has_it = has_it
        self.loads = 0
        self.may_answer = threading.Event()
        self.may_answer.set()

    def load(self, model_id: str, digest: str) -> BatchModel:
        self.loads += 1
        assert self.may_answer.wait(10)
        if not self.has_it:
            message = "The database is away."
            raise Unreachable(message)
        return trained()


def test_before_it_is_live_whoever_asks_waits_and_gets_the_model() -> None:
    store = Store()
    cache = ModelCache(store.load)
    assert cache.get(*KEY) is cache.get(*KEY) is trained()
    assert store.loads == 1
    assert cache.missing == {}


def test_live_it_never_waits() -> None:
    store = Store()
    store.may_answer.clear()
    cache = ModelCache(store.load)
    cache.go_live()
    assert cache.get(*KEY) is None
    assert cache.get(*KEY) is None
    assert cache.missing == {KEY[0]: "is being loaded"}
    store.may_answer.set()
    until(lambda: cache.get(*KEY) is not None, "the model is loaded")
    assert store.loads == 1
    assert cache.missing == {}


def test_what_can_not_be_had_is_tried_again_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    store, now = Store(has_it=False), [100.0]
    cache = ModelCache(store.load, retry_s=5.0, now_s=lambda: now[0])
    with caplog.at_level(logging.WARNING):
        assert cache.get(*KEY) is None
        assert cache.get(*KEY) is None
        assert store.loads == 1
        assert cache.missing == {KEY[0]: "The database is away."}
        now[0] += 5.0
        assert cache.get(*KEY) is None
        assert store.loads == 2
    assert len(caplog.records) == 1
    store.has_it = True
    now[0] += 5.0
    assert cache.get(*KEY) is trained()


def test_live_what_will_be_wanted_is_loaded_ahead_and_what_is_not_is_let_go_of() -> None:
    store = Store()
    cache = ModelCache(store.load)
    cache.go_live()
    cache.retain([KEY])
    until(lambda: cache.missing == {}, "the model is loaded")
    assert store.loads == 1
    cache.retain([])
    assert cache.get(*KEY) is None
    until(lambda: cache.missing == {}, "the model is loaded again")
    assert store.loads == 2


def test_a_model_that_was_let_go_of_while_it_was_loaded_is_no_longer_missed() -> None:
    store = Store(has_it=False)
    store.may_answer.clear()
    cache = ModelCache(store.load)
    cache.go_live()
    cache.retain([KEY])
    cache.retain([])
    store.may_answer.set()
    until(lambda: not any(t.name.startswith("load ") for t in threading.enumerate()), "the try has ended")
    assert cache.missing == {}


def test_nothing_is_asked_for_a_record_of_before_that_names_no_artefact() -> None:
    store = Store()
    assert ModelCache(store.load).get("conversion/a@1", "") is None
    assert store.loads == 0
