"""Records that a stranger may put on the topics that only Freshet writes to: most are none, some look like ours.

Made from the golden records, field by field: a new field is tried without anybody thinking of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from contracts.codec import decode
from contracts.errors import BadRecord
from contracts.topics import MODELS, TOPICS, USER_EVENTS, Topic
from tests.corpus import corpus

__all__ = ["WRITTEN_BY_US", "OddRecord", "broken", "forged", "golden", "slander", "strange", "told"]

WRITTEN_BY_US: Final = [topic for topic in TOPICS if topic.record is not None and topic is not USER_EVENTS]

_GOLDEN: Final = Path(__file__).parent / "contract" / "golden"
_LONG: Final = "x" * 10_000
_TEXTS: Final = {
    "10,000 characters": _LONG,
    "no text": "",
    "a NUL": "a\0b",
    "a line break": "a\nb",
    "a terminal sequence": "\x1b[31mred",
    "a C1 control": "a\x9bb",
    "a line separator": "a\u2028b",
    "a number for a text": 7,
}
_NUMBERS: Final = {
    "below zero": -1,
    "more than 64 bits": 2**64,
    "beyond any range": 1e30,
    "a text for a number": "7",
    "a list for a number": [7],
}
_RAW: Final = {"NaN": b"NaN", "Infinity": b"-Infinity", "1e999": b"1e999", "9,000 digits": b"9" * 9_000}


class OddRecord(NamedTuple):
    """One record; `field` is what is odd in it, empty where it is the whole."""

    name: str
    field: str
    value: bytes | None


def golden(topic: Topic) -> list[dict[str, Any]]:
    """The fields of good records of a topic."""
    return [json.loads(line) for line in (_GOLDEN / f"{topic.name}.jsonl").read_bytes().splitlines()]


def _fields_with(fields: dict[str, Any], name: str, value: Any) -> bytes:
    return json.dumps(fields | {name: value}).encode()


def _raw(fields: dict[str, Any], name: str, value: bytes) -> bytes:
    return _fields_with(fields, name, "\ue000").replace(rb'"\ue000"', value)


def _in_a_field(fields: dict[str, Any], name: str) -> Iterator[tuple[str, bytes]]:
    value = fields[name]
    rest = {key: item for key, item in fields.items() if key != name}
    yield "left out", json.dumps(rest).encode()
    if isinstance(value, str):
        for what, text in _TEXTS.items():
            yield what, _fields_with(fields, name, text)
    elif isinstance(value, dict):
        some = next(iter(value.values()), 0.5)
        for what in ("10,000 characters", "no text", "a NUL", "a C1 control"):
            yield f"a name of {what}", _fields_with(fields, name, value | {str(_TEXTS[what]): some})
        yield "5,000 names", _fields_with(fields, name, {f"m{n}": some for n in range(5_000)})
        yield "a text for an object", _fields_with(fields, name, "x")
        for inner in list(value)[:1]:
            for what, odd in _NUMBERS.items() if isinstance(some, float) else ():
                yield f"inside, {what}", _fields_with(fields, name, value | {inner: odd})
            yield "inside, NaN", _raw(fields, name, b'{"m":NaN}')
    elif isinstance(value, list):
        yield "5,000 items", _fields_with(fields, name, value[:1] * 5_000)
        yield "a text for a list", _fields_with(fields, name, "x")
        for what, item in (_TEXTS if isinstance(value[0], str) else _NUMBERS).items():
            yield f"inside, {what}", _fields_with(fields, name, [item])
        yield "inside, NaN", _raw(fields, name, b"[NaN]")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        for what, number in _NUMBERS.items():
            yield what, _fields_with(fields, name, number)
        for what, raw in _RAW.items():
            yield what, _raw(fields, name, raw)


@cache
def broken(topic: Topic) -> tuple[OddRecord, ...]:
    """Bytes that are no record of `topic`, and records of it in which one field is odd."""
    found = [
        OddRecord(one.name, "", one.value) for one in corpus() if one.reason not in (None, "no-such-time")
    ]
    found += [OddRecord(name, "", value) for name, value in {"{}": b"{}", "[]": b"[]", "0": b"0"}.items()]
    kinds = {fields.get("type", ""): fields for fields in reversed(golden(topic))}
    for kind, fields in kinds.items():
        for name in fields:
            found += [
                OddRecord(f"{kind}.{name}: {what}", name, value) for what, value in _in_a_field(fields, name)
            ]
        if "time" in fields:
            value = _fields_with(fields, "time", "2026-02-30T08:00:00.000Z")
            found.append(OddRecord(f"{kind}: a day that is not", "time", value))
    return tuple(found)


def told(topic: Topic, **fields: object) -> bytes:
    """A good record of `topic`, of the type that is asked for, in which these fields are changed."""
    kind = fields.get("type")
    return json.dumps(next(f for f in golden(topic) if kind in (None, f.get("type"))) | fields).encode()


def forged(topic: Topic) -> list[OddRecord]:
    """Records within all bounds that nobody may believe where partition 0 of the main input is the only one."""
    ghosts = {f"ghost-{n}": 0.5 for n in range(200)}
    batch = {f"ghost@{n}": 0.5 for n in range(1, 200)}
    of: dict[str, dict[str, dict[str, Any]]] = {
        "ml.predictions": {
            "of another partition": {"partition": 1, "answers": {"prior": 0.5}, "model": "prior"},
            "of no task": {"partition": 0, "task": "fortune"},
            "of 200 models": {"partition": 0, "answers": ghosts, "model": "ghost-0"},
            "served by a batch model of nobody": {"partition": 0, "answers": batch, "model": "ghost@1"},
        },
        "ml.features": {"of no task": {"task": "fortune"}},
        "ml.outcomes": {
            "of another partition": {"partition": 1, "answers": {"prior": 0.5}, "losses": {"prior": 0.5}},
            "of no task": {"partition": 0, "task": "fortune"},
            "of 200 models": {"partition": 0, "answers": ghosts, "losses": ghosts},
            "of a label that is none": {"partition": 0, "label": 900.0},
            "of a day to come": {
                "type": "Outcome", "partition": 0, "settled_time": "2099-01-01T00:00:00.000Z",
                "answers": {"prior": 0.5}, "losses": {"prior": 0.5},
            },
            "a late label elsewhere": {"type": "LateLabel", "partition": 1},
        },
        "ml.models": {
            "a ghost in quarantine": {"type": "ModelQuarantined", "model": "ghost", "task": "conversion"},
            "a quarantine of no partition": {"type": "ModelQuarantined", "partition": 7},
            "a ghost in force": {
                "type": "ModelInForce", "model": "ghost@1", "stage": "champion", "partition": 0, "offset": 9,
            },
            "an online model in force": {"type": "ModelInForce", "model": "prior", "partition": 0},
            "other names for a set": {"type": "FeatureSetDeclared", "names": ["views", "price"]},
            "a ghost is changed": {"type": "ModelChanged", "model": "ghost@1"},
        },
        "ml.metrics": {
            "of 200 models": {"models": {name: {"log_loss": 0.0} for name in ghosts}},
            "of no task": {"task": "fortune", "models": {"prior": {"log_loss": 0.0}}},
            "of more labels than there are": {"labels": 2**62, "models": {"prior": {"log_loss": 0.0}}},
        },
        "ml.journal": {"of another worker": {"partition": 1}},
    }  # fmt: skip
    return [OddRecord(name, "", told(topic, **fields)) for name, fields in of.get(topic.name, {}).items()]


def slander(model: str, partition: int = 0) -> bytes:
    """That a model of conversion broke, which goes on answering."""
    kind = "ModelQuarantined"
    return told(
        MODELS, type=kind, task="conversion", model=model, partition=partition, offset=0, reason="slander"
    )


def strange(topic: Topic) -> list[OddRecord]:
    """All that nobody may take: of the broken ones some are records all the same, such as one without a default."""

    def is_none(odd: OddRecord) -> bool:
        try:
            decode(topic, odd.value)
        except BadRecord:
            return True
        return False

    return [*filter(is_none, broken(topic)), *forged(topic)]
