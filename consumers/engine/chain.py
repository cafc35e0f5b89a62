"""The chain: a rolling hash over what the state produced, by which "bit for bit the same" is checked.

There is one link for each record with outputs, and none for a turn, so that the chain does not depend on how the
records were cut into turns.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

__all__ = ["GENESIS", "link"]

_BYTES: Final = 16
GENESIS: Final = bytes(_BYTES)


def link(chain: bytes, chained: bytes) -> bytes:
    """The chain after one more record.

    Parameters
    ----------
    chain : bytes
        16 bytes, `GENESIS` at first.
    chained : bytes
        What the record led to; empty leaves the chain as it is.

    Examples
    --------
    >>> link(GENESIS, b"") == GENESIS
    True
    >>> link(GENESIS, b"a").hex()
    'c81ca06ab209cc9bcb84d92fcf0579bb'
    """
    return blake2b(chain + chained, digest_size=_BYTES).digest() if chained else chain
