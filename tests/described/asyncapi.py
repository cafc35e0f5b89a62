"""docs/asyncapi.json: ``python -m tests.described.asyncapi > docs/asyncapi.json``, or ``make docs``."""

from __future__ import annotations

import json
import re
import sys
from typing import Any, Final, get_args

import msgspec

from contracts.topics import TOPICS, Topic, topic_name
from tests.described.samples import Sample, samples

__all__ = ["document"]

_TITLE: Final = "Freshet"
_BYTES: Final = "Bytes"


def document() -> dict[str, Any]:
    """Build the document, as plain values."""
    found = samples()
    kinds = [kind for topic in TOPICS if topic.record is not None for kind in _kinds(topic)]
    _, schemas = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    messages = {kind.__name__: _message(kind) for kind in kinds}
    messages[_BYTES] = {"title": _BYTES, "summary": "Whatever stood there.", "payload": {}}
    for topic, sample in found.items():
        if topic.record is not None:
            value = json.loads(sample.value)
            name = next(k.__name__ for k in _kinds(topic) if value.get("type") in (None, k.__name__))
            messages[name]["examples"] = [{"payload": value}]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": _TITLE,
            "version": "0",
            "description": "What stands on Freshet's topics. Read committed records only.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "embedded": {
                "host": "127.0.0.1:9092",
                "protocol": "kafka",
                "description": "`freshet config` names the address.",
            }
        },
        "channels": {topic.name: _channel(topic, found[topic]) for topic in TOPICS},
        "operations": {
            f"read {topic.name}": {"action": "receive", "channel": {"$ref": f"#/channels/{topic.name}"}}
            for topic in TOPICS
        },
        "components": {"messages": messages, "schemas": _in_javascript(schemas)},
    }


def _kinds(topic: Topic) -> tuple[Any, ...]:
    return get_args(topic.record) or (topic.record,)


def _message(kind: Any) -> dict[str, Any]:
    summary = (kind.__doc__ or "").strip().splitlines()[0].replace("``", "`")
    return {
        "title": kind.__name__,
        "summary": summary,
        "payload": {"$ref": f"#/components/schemas/{kind.__name__}"},
    }


def _channel(topic: Topic, sample: Sample) -> dict[str, Any]:
    names = [_BYTES] if topic.record is None else [kind.__name__ for kind in _kinds(topic)]
    config = dict(topic.config)
    known: dict[str, Any] = {"cleanup.policy": [config["cleanup.policy"]]}
    known |= {
        name: int(config[name])
        for name in ("retention.ms", "retention.bytes", "max.message.bytes")
        if name in config
    }
    channel: dict[str, Any] = {
        "address": topic_name(topic, group="{group}" if topic.per_group else None),
        "description": f"{topic.what[0].upper()}{topic.what[1:]}. Keyed by {topic.key}, as {sample.key}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"kafka": {"topicConfiguration": known, "bindingVersion": "0.5.0"}},
    }
    if topic.per_group:
        channel["parameters"] = {"group": {"description": "Consumer group of the learners."}}
    if not topic.follows_input:
        channel["bindings"]["kafka"]["partitions"] = 1
    return channel


def _in_javascript(schema: Any) -> Any:
    r"""With patterns as ECMAScript has them: it takes ``\A`` for the letter."""
    if isinstance(schema, list):
        return [_in_javascript(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: re.sub(r"\\Z$", "$", re.sub(r"^\\A", "^", part)) if name == "pattern" else _in_javascript(part)
        for name, part in schema.items()
    }


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=2)
    sys.stdout.write("\n")
