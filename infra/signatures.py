"""Who may change which models answer, and how a shop drifts: whoever holds the installation's key. An HMAC says so.

The HMAC covers every field of the record, the partition that it stands in and the identity of the log, so that a
genuine record can't be copied to another partition or shop. Copied within its partition it has the id of one that was
taken before, which whoever folds the log refuses.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from msgspec.structs import replace

from contracts.codec import NOT_SIGNED, REASONS
from contracts.errors import BadRecord
from contracts.events import ModelActivated
from contracts.records import DriftSwitched
from contracts.settings import Settings
from contracts.topics import USER_EVENTS, topic_name
from infra.kafka import topic_id
from infra.keyring import Keyring, key_id, load_keyring
from infra.signing import sign

__all__ = ["Signatures", "signatures_of"]

_T = TypeVar("_T", ModelActivated, DriftSwitched)


class Signatures:
    """Signs control records for one log, and tells those that are signed from all others.

    Parameters
    ----------
    load : callable
        Reads the keys; can be pickled, for audits. Called again where a record names a key that is not known: it may be
        newer than this process.
    log : str
        The identity of the log (`infra.kafka.topic_id` of the main input).

    Examples
    --------
    >>> signatures = Signatures(lambda: Keyring(bytes(32)), "log-1")
    >>> event = ModelActivated(id="c-1", time="2026-01-05T08:00:00.000Z", source="s", task="t", model="m", version="1")
    >>> signatures.check(signatures.signed(event, 0), 0)
    >>> signatures.check(signatures.signed(event, 0), 1)
    Traceback (most recent call last):
    contracts.errors.BadRecord: not-signed: c-1 is not signed for partition 1 of this log
    """

    def __init__(self, load: Callable[[], Keyring], log: str) -> None:
        self._load = load
        self._keys = load()
        self._log = log

    def signed(self, event: _T, partition: int) -> _T:
        """`event` with the signature of the key in use, for this partition alone."""
        key = self._keys.current
        named = replace(event, key=key_id(key), mac="")
        return replace(named, mac=self._mac(key, named, partition))

    def check(self, event: ModelActivated | DriftSwitched, partition: int) -> None:
        """Hold an event that stands in this partition to its signature.

        Raises
        ------
        BadRecord
            If it has none, one by a key that is not ours, or one for something else.
        """
        if not event.mac:
            raise BadRecord(NOT_SIGNED, REASONS[NOT_SIGNED])
        key = self._keys.find(event.key)
        if key is None:
            self._keys = self._load()
            key = self._keys.find(event.key)
        if key is None:
            raise BadRecord(NOT_SIGNED, f"{event.id} is signed by the key {event.key}, which is not ours")
        if not hmac.compare_digest(self._mac(key, event, partition), event.mac):
            raise BadRecord(NOT_SIGNED, f"{event.id} is not signed for partition {partition} of this log")

    def _mac(self, key: bytes, event: ModelActivated | DriftSwitched, partition: int) -> str:
        said = [*_said(event), str(partition)]
        return sign(
            key, kind=type(event).__name__, name=event.key, versions=said, log=self._log, payload=b""
        ).hex()


def _said(event: ModelActivated | DriftSwitched) -> list[str]:
    if isinstance(event, DriftSwitched):
        return [event.id, event.drift]
    return [
        event.id, event.time, event.source, event.task, event.model, event.version, event.stage, event.digest,
        event.change or "",
    ]  # fmt: skip


def signatures_of(settings: Settings) -> Signatures:
    """Return those of the installation and log of `settings`.

    Raises
    ------
    EnvironmentProblem
        If a key can't be had.
    Unreachable
        If no broker answers, or there is no log yet.
    """
    log = topic_id(settings.bootstrap, topic_name(USER_EVENTS, settings.namespace))
    return Signatures(partial(load_keyring, settings.secret_file), log)
