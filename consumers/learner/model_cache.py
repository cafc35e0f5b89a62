"""Cache of batch models by digest; failed loads are retried."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from typing import Final, TypeAlias

from contracts.errors import FreshetError
from models.serving import BatchModel

__all__ = ["Load", "ModelCache", "no_registry"]

_log = logging.getLogger(__name__)
RETRY_S: Final = 5.0


Load: TypeAlias = Callable[[str, str], BatchModel]
"""Loads the model ``task/name@version`` whose artefact has a given SHA-256, verified. Blocks, as a database may.

Raises `FreshetError` if it is not there, not genuine, or the database is away.
"""


def no_registry(model_id: str, _digest: str) -> BatchModel:
    """Raise: there are no batch models."""
    message = f"{model_id} must be in a registry. This learner was given none."
    raise FreshetError(message)


class ModelCache:
    """The `models.serving.BatchModels` of one learner.

    At first `get` waits until the model is loaded, so that folding the log again gives pending decisions the answers
    that they had. After `go_live`, models are loaded on another thread, and are None until then.

    Parameters
    ----------
    load : callable
        Loads one; see `Load`.
    retry_s : float
        What could not be loaded is tried again after so long.
    now_s : callable
        A clock that only goes forward.
    """

    def __init__(
        self, load: Load, *, retry_s: float = RETRY_S, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._load_one = load
        self._retry_s = retry_s
        self._now_s = now_s
        self._is_live = False
        self._lock = threading.Lock()
        self._wanted: list[tuple[str, str]] = []
        self._loaded: dict[tuple[str, str], BatchModel] = {}
        self._due_s: dict[tuple[str, str], float] = {}
        self._missing: dict[tuple[str, str], str] = {}

    def go_live(self) -> None:
        """From now on, load models on another thread and never wait."""
        self._is_live = True

    @property
    def missing(self) -> dict[str, str]:
        """Models that could not be loaded yet, and why."""
        with self._lock:
            return {model_id: why for (model_id, _), why in self._missing.items()}

    def get(self, model_id: str, digest: str) -> BatchModel | None:
        """See `models.serving.BatchModels`."""
        key = (model_id, digest)
        # No lock: a dict's own look-up is whole, and this is asked in every turn.
        found = self._loaded.get(key)
        if found is not None or not digest:
            return found
        now_s = self._now_s()
        with self._lock:
            if now_s < self._due_s.get(key, now_s):
                return None
            self._due_s[key] = float("inf")  # until this try has ended
            self._missing.setdefault(key, "is being loaded")
        if self._is_live:
            threading.Thread(target=self._load, args=key, name=f"load {model_id}", daemon=True).start()
            return None
        self._load(model_id, digest)
        return self._loaded.get(key)

    def retain(self, standing: Collection[tuple[str, str]]) -> None:
        """See `models.serving.BatchModels`: other models are dropped; after `go_live`, these are loaded in advance."""
        wanted = list(standing)
        if wanted != self._wanted:
            with self._lock:
                for kept in (self._loaded, self._due_s, self._missing):
                    for key in kept.keys() - set(wanted):
                        del kept[key]
            self._wanted = wanted
        if self._is_live:
            for key in wanted:
                self.get(*key)

    def _load(self, model_id: str, digest: str) -> None:
        key = (model_id, digest)
        try:
            model = self._load_one(model_id, digest)
        except Exception as error:  # noqa: BLE001 - whatever it is, online models take its place
            why = error.message if isinstance(error, FreshetError) else f"{type(error).__name__}: {error}"
            with self._lock:
                if key not in self._missing:  # let go of meanwhile
                    return
                is_news = self._missing[key] != why
                self._missing[key] = why
                self._due_s[key] = self._now_s() + self._retry_s
            if is_news:
                _log.warning("%s can't be had, online models take its place: %s", model_id, why)
            return
        with self._lock:
            if self._missing.pop(key, None) is not None:  # else it was let go of meanwhile
                self._loaded[key] = model
