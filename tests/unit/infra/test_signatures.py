"""A change of models counts only where this installation signed it, for this log and partition, and once."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from contracts.codec import decode_user_event, encode
from contracts.errors import BadRecord
from contracts.events import ModelActivated
from infra.keyring import Keyring
from infra.signatures import Signatures

OLD, NEW, STRANGER = (bytes([n]) * 32 for n in range(3))
EVENT = ModelActivated(
    id="c-1-0-0", time="2026-01-05T08:00:00.000Z", source="freshet", task="conversion", model="a", version="1",
    stage="shadow", digest="a" * 64, change="c-1",
)  # fmt: skip


def signatures(*keys: bytes, log: str = "log-1") -> Signatures:
    return Signatures(lambda: Keyring(keys[0], keys[1:]), log)


def test_what_is_signed_is_believed_after_its_way_over_the_log():
    signed = signatures(NEW).signed(EVENT, 3)
    event, _ = decode_user_event(encode(signed))
    assert isinstance(event, ModelActivated)
    signatures(NEW).check(event, 3)


def test_what_a_retired_key_signed_is_believed():
    signatures(NEW, OLD).check(signatures(OLD).signed(EVENT, 0), 0)


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "c-2-0-0"}, {"time": "2026-01-05T08:00:00.001Z"}, {"source": "x"}, {"task": "basket"}, {"model": "b"},
        {"version": "2"}, {"stage": "champion"}, {"digest": "b" * 64}, {"digest": ""}, {"change": "c-2"},
        {"change": None}, {"mac": ""}, {"mac": "0" * 64}, {"key": ""}, {"key": "0" * 16},
    ],
)  # fmt: skip
def test_every_field_is_covered(changed: dict[str, Any]):
    mine = signatures(NEW)
    forged = replace(mine.signed(EVENT, 0), **changed)
    with pytest.raises(BadRecord) as refused:
        mine.check(forged, 0)
    assert refused.value.reason == "not-signed"


def test_no_field_is_forgotten():
    assert set(ModelActivated.__struct_fields__) == {
        "id", "time", "source", "task", "model", "version", "stage", "digest", "change", "key", "mac",
    }, "a new field must be signed, too"  # fmt: skip


def test_another_log_partition_or_installation_is_another_matter():
    signed = signatures(NEW).signed(EVENT, 0)
    for other, partition in (
        (signatures(NEW, log="log-2"), 0),
        (signatures(NEW), 1),
        (signatures(STRANGER), 0),
    ):
        with pytest.raises(BadRecord, match="not-signed"):
            other.check(signed, partition)


def test_a_key_that_is_newer_than_the_process_is_read():
    rings = [Keyring(OLD), Keyring(NEW, (OLD,))]
    running = Signatures(lambda: rings.pop(0) if len(rings) > 1 else rings[0], "log-1")
    running.check(signatures(NEW).signed(EVENT, 0), 0)
