"""What of a fold's outputs the chain covers: every online answer and every settled label, to the last bit.

Features are not covered: they decide the answers, and the audit compares them separately. Of batch models, the chain
covers their stages and the record from which each holds. Their answers are not covered: they are computed after the
link.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

from contracts.bounds import RankedItem
from contracts.records import Features, LateLabel, ModelInForce, ModelQuarantined, Outcome, Prediction

__all__ = ["pack"]

_HEAD = struct.Struct("<cq")
_FLOAT = struct.Struct("<d")
_NAN = float("nan")


def _packed(values: Iterable[Any]) -> bytes:
    """Answers or a label: numbers as they are; lists and parts with a letter, their length and their names."""
    parts: list[bytes] = []
    for value in values:
        if value is None:  # the one NaN here, for answers are finite
            parts.append(_FLOAT.pack(_NAN))
        elif isinstance(value, float | int):
            parts.append(_FLOAT.pack(value))
        elif isinstance(value, str):
            parts += (b"T", _text(value))
        elif isinstance(value, dict):
            parts += (b"D", _FLOAT.pack(len(value)), *map(_text, value), _packed(value.values()))
        elif isinstance(value, RankedItem):
            parts += (_text(value.item), _FLOAT.pack(value.score), _packed((value.because,)))
        else:
            parts += (b"R", _FLOAT.pack(len(value)), _packed(value))
    return b"".join(parts)


def pack(
    outputs: Iterable[Prediction | Features | Outcome | LateLabel | ModelQuarantined | ModelInForce],
) -> bytes:
    """The bytes that go into the chain, in the order of `outputs`.

    Texts are packed with their length, so that two different lists of outputs never pack to the same bytes. The one
    field that holds wall-clock time is left out.
    """
    parts: list[bytes] = []
    for output in outputs:
        if isinstance(output, Prediction):
            parts += (_HEAD.pack(b"P", output.offset), _text(output.task), _packed(output.answers.values()))
        elif isinstance(output, Outcome):
            parts += (
                _HEAD.pack(b"O", output.offset),
                _text(output.task),
                _packed((output.label,)),
                _text(output.why),
            )
        elif isinstance(output, LateLabel):
            parts.append(_HEAD.pack(b"L", output.offset))
        elif isinstance(output, ModelInForce):
            texts = (output.task, output.model, output.stage, output.digest)
            parts += (_HEAD.pack(b"A", output.offset), *map(_text, texts))
        elif isinstance(output, ModelQuarantined):
            parts += (_HEAD.pack(b"Q", output.offset), _text(output.task), _text(output.model))
    return b"".join(parts)


def _text(text: str) -> bytes:
    data = text.encode()
    return bytes((len(data) & 0xFF,)) + data
