"""What of a fold's outputs the chain covers: every online answer and every settled label, to the last bit."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from contracts.records import LateLabel, ModelQuarantined, Outcome, Prediction

__all__ = ["pack"]

_HEAD = struct.Struct("<cq")
_FLOAT = struct.Struct("<d")
_NAN = float("nan")


def _floats(values: Iterable[float | None]) -> bytes:
    # None, the answer of a model in quarantine, is the one NaN here: answers are finite.
    numbers = [_NAN if value is None else value for value in values]
    return struct.pack(f"<{len(numbers)}d", *numbers)


def pack(outputs: Iterable[Prediction | Outcome | LateLabel | ModelQuarantined]) -> bytes:
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
        else:
            parts += (_HEAD.pack(b"Q", output.offset), _text(output.task), _text(output.model))
    return b"".join(parts)


def _text(text: str) -> bytes:
    data = text.encode()
    return bytes((len(data) & 0xFF,)) + data
