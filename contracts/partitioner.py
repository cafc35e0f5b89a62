"""Which partition a key belongs to: murmur2, as Java's Kafka client computes it.

It is computed here, and every producer gives it explicitly, so that a user's events, their truth and their predictions
have the same partition number, whichever client wrote them.
"""

from __future__ import annotations

from functools import lru_cache

__all__ = ["murmur2", "partition_of"]

_M = 0x5BD1E995
_MASK = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """32-bit MurmurHash2 with the seed of Kafka's Java client.

    Parameters
    ----------
    data : bytes
        The serialised key.

    Returns
    -------
    int
        0 to 2**32 - 1.

    References
    ----------
    .. [1] Austin Appleby, MurmurHash2, 2008.

    Examples
    --------
    >>> murmur2(b"21")
    3321034988
    """
    length = len(data)
    h = 0x9747B28C ^ length
    whole = length & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little") * _M & _MASK
        k = (k ^ k >> 24) * _M & _MASK
        h = (h * _M & _MASK) ^ k
    if whole < length:
        h = (h ^ int.from_bytes(data[whole:], "little")) * _M & _MASK
    h = (h ^ h >> 13) * _M & _MASK
    return h ^ h >> 15


@lru_cache(maxsize=65_536)
def partition_of(key: str, partitions: int) -> int:
    """The partition of `key` among `partitions`.

    Examples
    --------
    >>> partition_of("user-1", 1)
    0
    """
    return (murmur2(key.encode()) & 0x7FFFFFFF) % partitions
