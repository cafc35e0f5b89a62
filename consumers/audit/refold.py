"""Folds the log again, and checks the chain at the end of each turn.

This part runs the learner's own fold, handed in: it proves that the committed state follows from the log. That
the fold keeps the rules is for the other half of the audit to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from msgspec import Struct, to_builtins

from consumers.audit.batch import BatchPart, batch_part
from consumers.audit.journal import Entry
from consumers.audit.report import PartitionReport
from consumers.engine import GENESIS, Fold, link
from contracts.errors import BadRecord
from contracts.records import Features, ModelInForce, ModelQuarantined, Outcome, Prediction, is_batch
from infra.kafka import Record
from infra.postgres import Snapshot

__all__ = ["Beginning", "Refold", "beginning", "content_hash"]


class Beginning(NamedTuple):
    """Where folding begins: at an origin with a blank state, or at a snapshot."""

    offset: int
    chain: bytes
    payload: bytes | None


def beginning(
    entries: list[Entry], start: int, fingerprint: str, snapshots: Callable[[], Iterable[Snapshot]]
) -> Beginning | str:
    """Where to begin so that the fold can end in the committed chain.

    The start of the log where the log still has it, else the oldest snapshot that the journal confirms.

    Parameters
    ----------
    entries : list of Entry
        The journal up to the committed turn, not empty.
    start : int
        First offset that the log has.
    fingerprint : str
        Of the code that would fold.
    snapshots : callable
        Verified ones of this worker and log; asked for only where the log has been cut.

    Returns
    -------
    Beginning or str
        In words, why there is none.
    """
    last = entries[-1]
    if last.fingerprint != fingerprint:
        return (
            f"generation {last.generation} was learnt by other code than this: let the learner run once with this "
            "code (it opens a new generation), or audit with that one"
        )
    if last.origin >= start:
        return Beginning(last.origin, GENESIS, None)
    turns = {(e.generation, e.turn, e.end, e.chain, e.at, e.fingerprint) for e in entries}
    confirmed = [
        s
        for s in snapshots()
        if (s.generation, s.turn, s.end_offset, s.chain, s.journal_offset, s.fingerprint) in turns
        and s.generation == last.generation
        and start <= s.end_offset
    ]
    if not confirmed:
        return f"the log begins at {start} instead of {last.origin}, and the journal confirms no snapshot to fold from"
    oldest = min(confirmed, key=lambda s: s.end_offset)
    return Beginning(oldest.end_offset, bytes.fromhex(oldest.chain), oldest.payload)


def content_hash(output: Any) -> int:
    """Of what the state decides in what a learner writes of a decision point; `output` is it, or its fields as a dict.

    Batch models are left out, and where there are any, who was served: see `consumers.audit.batch`.
    """
    fields = output if isinstance(output, dict) else _fields(output)
    if "values" in fields:
        return hash((fields["feature_set"], *fields["values"]))
    plain: tuple[str, ...]
    maps: tuple[str, ...]
    if "settled_offset" in fields:
        plain, maps = ("label", "why", "settled_offset"), ("answers", "losses")
    else:
        plain = () if any(map(is_batch, fields["answers"])) else ("model",)
        maps = ("answers",)
    items = (
        (model, _frozen(value))
        for name in maps
        for model, value in fields[name].items()
        if not is_batch(model)
    )
    return hash((*(_frozen(fields[name]) for name in plain), *items))


def _frozen(value: Any) -> Any:
    """Lists, objects and ranked items as tuples, which have a hash: as the fold makes them and as a record has them."""
    if isinstance(value, Struct):
        value = to_builtins(value)
    if isinstance(value, dict):
        return tuple((name, _frozen(one)) for name, one in value.items())
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _fields(output: Any) -> dict[str, Any]:
    return {name: getattr(output, name) for name in output.__struct_fields__}


@dataclass
class Refold:
    """One partition, folded again record by record.

    Attributes
    ----------
    chain : bytes
        So far.
    predictions, features, outcomes : dict
        (task, offset) of what the current generation answered, saw and settled, with its `content_hash`; only of turns
        whose chain agrees, for after the first that does not every value differs.
    batch_predictions, batch_outcomes : dict
        (task, offset) of those in which batch models stood, with what they said.
    quarantined : dict
        (task, model) of online models, and the offset from which it is out.
    in_force : dict
        (task, model, offset) of each activation of a batch model, and its stage.
    since : int
        First offset of the current generation, or of the folding: answers before it are not compared by value.
    models : set
        (task, model) of each online model that answered and each batch model that was activated, since the beginning.
    refused : dict of int to str
        Offsets of records that the fold refused, with the reason.
    """

    fold: Fold
    begin: Beginning
    turns: list[Entry]
    report: PartitionReport
    journal: str
    chain: bytes = b""
    predictions: dict[tuple[str, int], int] = field(default_factory=dict)
    features: dict[tuple[str, int], int] = field(default_factory=dict)
    outcomes: dict[tuple[str, int], int] = field(default_factory=dict)
    batch_predictions: dict[tuple[str, int], BatchPart] = field(default_factory=dict)
    batch_outcomes: dict[tuple[str, int], BatchPart] = field(default_factory=dict)
    quarantined: dict[tuple[str, str], int] = field(default_factory=dict)
    in_force: dict[tuple[str, str, int], str] = field(default_factory=dict)
    models: set[tuple[str, str]] = field(default_factory=set)
    refused: dict[int, str] = field(default_factory=dict)
    since: int = 0
    _answered: dict[tuple[str, int], int] = field(default_factory=dict)
    _saw: dict[tuple[str, int], int] = field(default_factory=dict)
    _settled: dict[tuple[str, int], int] = field(default_factory=dict)
    _incomplete: list[Prediction | Outcome] = field(default_factory=list)
    _next: int = 0
    _differs: bool = False

    def __post_init__(self) -> None:
        """Take the state to begin with."""
        self.chain = self.begin.chain
        if self.begin.payload is not None:
            self.fold.restore(self.begin.payload)
        # Of this generation only: what older code answered can't be had again.
        last = self.turns[-1]
        self.turns = [t for t in self.turns if t.generation == last.generation and t.end > self.begin.offset]
        self.since = self.turns[0].start if self.turns else last.end

    def add(self, record: Record) -> None:
        """Take in the next record of the partition; those before the beginning are passed over."""
        if record.offset < self.begin.offset:
            return
        self._check_turns(record.offset)
        try:
            outputs, chained = self.fold.step(record)
        except BadRecord as error:
            self.refused[record.offset] = error.reason
            return
        self.chain = link(self.chain, chained)
        for output in outputs:
            if isinstance(output, ModelQuarantined):
                self.quarantined[(output.task, output.model)] = output.offset
            elif record.offset >= self.since and isinstance(output, Prediction | Outcome):
                self._incomplete.append(output)
                self.models.update((output.task, model) for model in output.answers)
            elif record.offset >= self.since and isinstance(output, Features):
                self._saw[(output.task, output.offset)] = content_hash(output)
            elif isinstance(output, ModelInForce):
                self.models.add((output.task, output.model))
                if record.offset >= self.since:
                    self.in_force[(output.task, output.model, output.offset)] = output.stage

    def has_online(self, task: str, model: str) -> bool:
        """Whether an online model of the fold answered."""
        return (task, model) in self.models

    def has_batch(self, task: str, model: str) -> bool:
        """Whether a batch model can have answered; any can where the beginning is a snapshot, which holds others."""
        return self.begin.payload is not None or (task, model) in self.models

    def finish(self) -> None:
        """All records are in."""
        self._check_turns(None)
        self._complete()

    def _complete(self) -> None:
        """As a worker at the end of its turn: only now outputs are whole."""
        self.fold.complete()
        for output in self._incomplete:
            at = (output.task, output.offset)
            is_prediction = isinstance(output, Prediction)
            (self._answered if is_prediction else self._settled)[at] = content_hash(output)
            if (part := batch_part(_fields(output))) is not None:
                (self.batch_predictions if is_prediction else self.batch_outcomes)[at] = part
        self._incomplete.clear()

    def _check_turns(self, offset: int | None) -> None:
        """Check every turn that ends at or before `offset`; the first that differs is told, for all after it do too."""
        while self._next < len(self.turns) and (offset is None or self.turns[self._next].end <= offset):
            turn = self.turns[self._next]
            self._next += 1
            self._complete()
            if turn.chain == self.chain.hex() and not self._differs:
                self.predictions |= self._answered
                self.features |= self._saw
                self.outcomes |= self._settled
            elif not self._differs:
                self._differs = True
                self.report.found(
                    "chain",
                    self.journal,
                    turn.at,
                    f"turn {turn.turn} (offsets {turn.start} to {turn.end}) committed chain {turn.chain}; folding the "
                    f"log again gives {self.chain.hex()}",
                )
            self._answered.clear()
            self._saw.clear()
            self._settled.clear()
