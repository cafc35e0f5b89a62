"""Emissions onto Kafka: each once, in their order, at the pace asked for, also across kill -9."""

from producers.publish.control import Noted, listen, noted
from producers.publish.monitor import PublishMonitor
from producers.publish.pace import Pace
from producers.publish.publish import Published, publish
from producers.publish.resume import go_on, last_ids
from producers.publish.sender import Sender, headers_of

__all__ = [
    "Noted",
    "Pace",
    "PublishMonitor",
    "Published",
    "Sender",
    "go_on",
    "headers_of",
    "last_ids",
    "listen",
    "noted",
    "publish",
]
