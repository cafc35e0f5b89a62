"""What docs/topics.md says of how to read a topic, done."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.topics import PREDICTIONS, topic_name
from infra.kafka import connect_producer, ensure_topics

PAGE = Path(__file__).resolve().parents[2] / "docs" / "topics.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("code", EXAMPLES, ids=["kafka-python", "confluent-kafka"])
def test_an_example_prints_the_records_of_the_topic(bootstrap: str, namespace: str, code: str) -> None:
    ensure_topics(bootstrap, 1, namespace=namespace)
    topic = topic_name(PREDICTIONS, namespace)
    with connect_producer(bootstrap) as producer:
        producer.send(topic, value=b'{"type":"Prediction","prediction":0.25}', key=b"u", partition=0)
        producer.flush()
    assert "127.0.0.1:9092" in code and PREDICTIONS.name in code
    here = (
        code.replace("127.0.0.1:9092", bootstrap)
        .replace(PREDICTIONS.name, topic)
        .replace("my-own", f"own-{topic}")
    )
    with subprocess.Popen([sys.executable, "-c", here], stdout=subprocess.PIPE, text=True) as reading:
        assert reading.stdout is not None
        line = reading.stdout.readline()
        reading.kill()
    assert line == "0 0 {'type': 'Prediction', 'prediction': 0.25}\n"
