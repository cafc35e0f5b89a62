"""What of a fold's outputs the chain covers: every online answer and every settled label, to the last bit.

Of batch models it covers who stands where from which record on. Their answers come after the chain is linked.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from contracts.records import LateLabel, ModelInForce, ModelQuarantined, Outcome, Prediction

__all__ = ["pack"]

_HEAD = struct.Struct("<cq")
_FLOAT = struct.Struct("<d")
_NAN = float("nan")


def _floats(values: Iterable[float | None]) -> bytes:
    # None, the answer of a model in quarantine, is the one NaN here: answers are finite.
    numbers = [_NAN if value is None else value for value in values]
    return struct.pack(f"<{len(numbers)}d", *numbers)


def pack(outputs: Iterable[Prediction | Outcome | LateLabel | ModelQuarantined | ModelInForce]) -> bytes:
    """The bytes that go into the chain, in the order of `outputs`.

    Texts go in with their length, so that no two lists of outputs pack to the same bytes; the one field with a
    wall clock in it does not.
    """
    parts: list[bytes] = []
    for output in outputs:
        if isinstance(output, Prediction):
            parts += (_HEAD.pack(b"P", output.offset), _text(output.task), _floats(output.answers.values()))
        elif isinstance(output, Outcome):
            parts += (
                _HEAD.pack(b"O", output.offset),
                _text(output.task),
                _floats((output.label,)),
                _text(output.why),
            )
        elif isinstance(output, LateLabel):
            parts.append(_HEAD.pack(b"L", output.offset))
        elif isinstance(output, ModelInForce):
            texts = (output.task, output.model, output.stage, output.digest)
            parts += (_HEAD.pack(b"A", output.offset), *map(_text, texts))
        else:
            parts += (_HEAD.pack(b"Q", output.offset), _text(output.task), _text(output.model))
    return b"".join(parts)


def _text(text: str) -> bytes:
    data = text.encode()
    return bytes((len(data) & 0xFF,)) + data
