"""Answers of batch models: outside the chain, so compared closely instead of bit for bit.

Two things are allowed that are not for online models: the last bits may differ with the size of the matrix, and an
answer may be missing on one side, for the artefact could not be loaded then, or cannot now. Both are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import isclose
from typing import Any, Final, NamedTuple

from contracts.records import is_batch

__all__ = ["BatchPart", "batch_part", "batch_problem"]

_CLOSE: Final = 1e-6


class BatchPart(NamedTuple):
    """What batch models said in one prediction or outcome; `served` is None in an outcome."""

    served: str | None
    answers: dict[str, float | None]
    losses: dict[str, float | None]


def batch_part(fields: Mapping[str, Any]) -> BatchPart | None:
    """The part of a prediction's or an outcome's fields, None where no batch model stood there."""
    answers = _batch(fields["answers"])
    return BatchPart(fields.get("model"), answers, _batch(fields.get("losses", {}))) if answers else None


def _batch(given: Mapping[str, float | None]) -> dict[str, float | None]:
    return {name: value for name, value in given.items() if is_batch(name)}


def batch_problem(fields: Mapping[str, Any], folded: BatchPart | None, counts: Counter[str]) -> str | None:
    """What is wrong with the batch models' part of a record, in words.

    Parameters
    ----------
    fields : mapping
        Of the record, as it stands on the topic.
    folded : BatchPart or None
        What folding the log again gives.
    counts : Counter
        ``silent`` and ``unchecked`` are counted in it: answers that are missing on the topic, or here.
    """
    said = batch_part(fields)
    if said is None and folded is None:
        return None
    if said is None or folded is None or list(said.answers) != list(folded.answers):
        names = [sorted(part.answers) if part else [] for part in (folded, said)]
        return f"batch models must be {names[0]}. They are {names[1]}."
    for given, again in ((said.answers, folded.answers), (said.losses, folded.losses)):
        for name, value in given.items():
            other = again.get(name)
            if value is not None and other is not None:
                if not _is_close(value, other):
                    return f"{name} must say {other}. It says {value}."
            elif value is not None or other is not None:
                counts["silent" if value is None else "unchecked"] += 1
    return _served_problem(fields, said, folded) if "model" in fields else None


def _is_close(said: Any, folded: Any) -> bool:
    if isinstance(said, float | int) and isinstance(folded, float | int):
        return isclose(said, folded, rel_tol=_CLOSE, abs_tol=_CLOSE)
    return bool(said == folded)


def _served_problem(fields: Mapping[str, Any], said: BatchPart, folded: BatchPart) -> str | None:
    served, again = said.served, folded.served
    must: str | None
    if again is not None and is_batch(again) and said.answers[again] is not None:
        must = again  # the champion has answered
    elif served is not None and said.answers.get(served) is not None and folded.answers[served] is None:
        must = served  # who is champion can't be said here without its answer
    else:
        online = ((n, value) for n, value in fields["answers"].items() if not is_batch(n))
        must = next((name for name, value in online if value is not None), None)
    return None if served == must else f"{must} must be served. It was {served}."
