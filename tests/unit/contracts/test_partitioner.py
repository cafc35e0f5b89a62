"""A key's partition is the one that Java's client and kafka-python's choose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2 as murmur2_of_kafka_python

from contracts.partitioner import murmur2, partition_of

# As Java's client has them in its own tests, there as signed 32-bit numbers.
KNOWN = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize(("data", "signed"), KNOWN.items())
def test_the_hash_is_that_of_javas_client(data: bytes, signed: int) -> None:
    assert murmur2(data) == signed % 2**32


@given(st.binary(max_size=40))
def test_the_hash_is_that_of_kafka_python(data: bytes) -> None:
    assert murmur2(data) == murmur2_of_kafka_python(data) % 2**32


@given(st.text(max_size=40), st.integers(1, 64))
def test_the_partition_is_that_of_kafka_python(key: str, partitions: int) -> None:
    assert partition_of(key, partitions) == (murmur2_of_kafka_python(key.encode()) & 0x7FFFFFFF) % partitions


def test_users_spread_over_all_partitions() -> None:
    counts = [0] * 8
    for number in range(8_000):
        counts[partition_of(f"user-{number}", 8)] += 1
    assert min(counts) > 850
    assert max(counts) < 1_150
