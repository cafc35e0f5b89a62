"""Features on the wire: the same 64 bits, whatever they are, also in what looks like a number in a name."""

from __future__ import annotations

import json
import struct

from hypothesis import given
from hypothesis import strategies as st

from contracts.codec import decode
from contracts.features import encode_features
from contracts.records import Features
from contracts.topics import FEATURES

FINITE = st.floats(allow_nan=False, allow_infinity=False)
NUMBERS = st.one_of(
    FINITE, st.integers(-(2**53), 2**53).map(float), st.sampled_from([0.0, -0.0, -10.0, 1e16, 1e-10])
)


def bits(values: list[float]) -> bytes:
    return struct.pack(f"<{len(values)}d", *values)


@given(st.lists(NUMBERS, max_size=8), st.sampled_from(["basket", 'a.0,-0,"values":[1.0,']))
def test_values_come_back_to_the_bit_and_nothing_else_changes(values: list[float], task: str) -> None:
    written = Features(task=task, offset=7, feature_set=1, values=values)
    read = decode(FEATURES, encode_features(written))
    assert (read.task, read.offset, read.feature_set) == (task, 7, 1)
    assert (
        bits(read.values)
        == bits(values)
        == bits([float(v) for v in json.loads(encode_features(written))["values"]])
    )
