"""One event followed through all topics, and what the answers to it are made of."""

from consumers.trace.batch import with_batch_models
from consumers.trace.event import AskedTask, Trace, Turn, trace
from consumers.trace.explained import Explained, explain

__all__ = ["AskedTask", "Explained", "Trace", "Turn", "explain", "trace", "with_batch_models"]
