"""What a stranger may write who reads the log and has no key."""

from __future__ import annotations

import msgspec

from contracts.codec import decode_user_event, encode
from contracts.events import ModelActivated
from contracts.topics import USER_EVENTS
from infra.kafka import topic_id
from infra.keyring import Keyring, load_keyring
from infra.signatures import Signatures
from tests.batch.lifecycle.town import Town


def forge(town: Town) -> None:
    """What a stranger may write into the first partition who reads the log and has no key."""
    records = {0: b"", 1: b""} | {
        r.partition: r.value for r in town.shop.records(USER_EVENTS) if b"ModelActivated" in (r.value or b"")
    }
    genuine, _ = decode_user_event(records[0])
    assert isinstance(genuine, ModelActivated)
    other = Signatures(lambda: Keyring(bytes(32)), topic_id(town.shop.bootstrap, town.shop.name(USER_EVENTS)))
    of_another_log = Signatures(lambda: load_keyring(town.settings.secret_file), "another log")
    champion = msgspec.structs.replace(genuine, stage="champion", id="forged-1")
    town.shop.publish(
        [
            encode(msgspec.structs.replace(champion, key="", mac="")),
            encode(other.signed(champion, 0)),
            encode(of_another_log.signed(champion, 0)),
            records[0],
            records[1],
        ]
    )
