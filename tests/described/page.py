"""docs/topics.md: ``python -m tests.described.page > docs/topics.md``, or ``make docs``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, Final, get_args

from msgspec import inspect

from contracts.bounds import Id, Time
from contracts.dead_letters import letter_headers
from contracts.errors import BadRecord
from contracts.topics import DEAD_LETTERS, TOPICS, Topic, topic_name
from tests.described.samples import Sample, samples

__all__ = ["page"]

_PATTERNS: Final = {alias: get_args(alias)[1].pattern for alias in (Id, Time)}
_WORDS: Final = {
    _PATTERNS[Id]: "text of 1 to 128 printable characters",
    _PATTERNS[Time]: "time with milliseconds in UTC, `2026-01-05T08:00:00.000Z`",
}

_HEAD: Final = """# Topics

Made from the declarations in `contracts/topics.py` and `contracts/records.py` by `make docs`; a test holds this page to
them. The same as an [AsyncAPI](https://www.asyncapi.com) 3 document: [asyncapi.json](asyncapi.json).

Values are UTF-8 JSON, keys are texts. Pass over fields that you do not know. Times are event time. Records of
`shop.*` have the CloudEvents headers `ce_id`, `ce_type`, `ce_source`, `ce_time` and `ce_specversion`, too.

## How to read one

`freshet config` names the address of the broker. Read committed records only: what a learner wrote in a transaction
that was aborted would be shown otherwise. The examples read `ml.predictions` from its beginning, and wait for more.

kafka-python:

```python
import json

from kafka import KafkaConsumer

consumer = KafkaConsumer(
    "ml.predictions",
    bootstrap_servers="127.0.0.1:9092",
    auto_offset_reset="earliest",
    isolation_level="read_committed",
)
for record in consumer:
    print(record.partition, record.offset, json.loads(record.value), flush=True)
```

confluent-kafka (it must be given a group, which Freshet's own never are):

```python
import json

from confluent_kafka import Consumer

settings = {
    "bootstrap.servers": "127.0.0.1:9092",
    "group.id": "my-own",
    "auto.offset.reset": "earliest",
    "isolation.level": "read_committed",
}
consumer = Consumer(settings)
consumer.subscribe(["ml.predictions"])
while True:
    message = consumer.poll(1.0)
    if message is not None and message.error() is None:
        print(message.partition(), message.offset(), json.loads(message.value()), flush=True)
```

kcat:

```
kcat -C -b 127.0.0.1:9092 -t ml.predictions -o beginning -X isolation.level=read_committed -f '%p %o %k %s\\n'
```

The console consumer of Apache Kafka, in Java:

```
bin/kafka-console-consumer.sh --bootstrap-server 127.0.0.1:9092 --topic ml.predictions --from-beginning \\
    --isolation-level read_committed --property print.partition=true --property print.offset=true \\
    --property print.key=true
```
"""


def page() -> str:
    """Render the whole page."""
    found = samples()
    return "\n".join([_HEAD, *(_section(topic, found[topic]) for topic in TOPICS)])


def _section(topic: Topic, sample: Sample) -> str:
    many = "as many as the main input" if topic.follows_input else "1"
    config = ", ".join(f"`{name}={value}`" for name, value in topic.config)
    parts = [
        f"## `{topic_name(topic, group='<group>' if topic.per_group else None)}`\n",
        f"{topic.what[0].upper()}{topic.what[1:]}. Keyed by {topic.key}; partitions: {many}; {config}.\n",
        f"Key `{sample.key}`, value:\n",
        f"```json\n{sample.value}\n```\n" if topic.record is not None else f"```\n{sample.value}\n```\n",
    ]
    if topic is DEAD_LETTERS:
        headers = letter_headers(
            "shop.user-events", 0, 41, BadRecord("not-json", "Input data was truncated"), "learner"
        )
        parts.append(
            "The value is the untouched bytes; headers say where they stood, and why they could not be used:\n"
        )
        parts.append("\n".join(f"- `{name}`: `{value.decode()}`" for name, value in headers) + "\n")
    for kind in get_args(topic.record) or ((topic.record,) if topic.record is not None else ()):
        parts.append("\n".join(_fields(kind)) + "\n")
    return "\n".join(parts)


def _fields(kind: type[Any]) -> Iterator[str]:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    said = (kind.__doc__ or "").strip().splitlines()[0].removesuffix(".").replace("``", "`")
    yield f"**{kind.__name__}**: {said}.\n"
    yield "| field | what may stand in it |"
    yield "| --- | --- |"
    if info.tag_field is not None:
        yield f'| `{info.tag_field}` | `"{info.tag}"` |'
    for field in info.fields:
        default = "" if field.required else "; may be left out"
        yield f"| `{field.encode_name}` | {_what(field.type)}{default} |"


def _what(kind: inspect.Type) -> str:
    match kind:
        case inspect.UnionType():
            return " or ".join(_what(one) for one in kind.types)
        case inspect.NoneType():
            return "null"
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType():
            return f"integer{_range(kind.ge, kind.le)}"
        case inspect.FloatType():
            return f"number{_range(kind.ge, kind.le)}"
        case inspect.LiteralType():
            return ", ".join(f'`"{value}"`' for value in kind.values)
        case inspect.ListType() | inspect.VarTupleType():
            return f"list of up to {kind.max_length:,}: {_what(kind.item_type)}"
        case inspect.DictType():
            return f"object of up to {kind.max_length:,}: {_what(kind.value_type)}"
        case inspect.StructType():
            return f"object {kind.cls.__name__}"
        case inspect.StrType():
            return _text(kind)
    return "anything"


def _text(kind: inspect.StrType) -> str:
    if kind.pattern in _WORDS:
        return _WORDS[kind.pattern]
    if kind.pattern is not None:
        pattern = kind.pattern.replace(r"\A", "^").replace(r"\Z", "$").replace("|", "\\|")
        return f"text `{pattern}`"
    low = f"{kind.min_length} to " if kind.min_length else "up to "
    return f"text of {low}{kind.max_length:,} characters"


def _range(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return ""
    return f", {low:,g} to {high:,g}" if isinstance(low, float) else f", {low:,} to {high:,}"


if __name__ == "__main__":
    sys.stdout.write(page())
