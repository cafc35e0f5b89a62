"""The learner's fold: bytes in, predictions and outcomes out."""

from __future__ import annotations

import hashlib
import pickle
import platform
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any, Final

from consumers.engine import Step
from consumers.learner.model_code import code_hash
from consumers.learner.packing import pack
from contracts.clock import TickClock
from contracts.codec import NOT_SIGNED, decode_user_event, encode
from contracts.errors import BadRecord
from contracts.events import ModelActivated
from contracts.features import encode_features
from contracts.records import Features, LateLabel, ModelInForce, ModelQuarantined, Outcome, Prediction
from contracts.topics import FEATURES, MODELS, OUTCOMES, PREDICTIONS, topic_name
from infra.kafka import OutgoingRecord, Record
from infra.signatures import Signatures
from models.explanation import Explanation
from models.portfolio import Portfolio
from models.serving import BatchModels, NoBatchModels
from models.tasks import TaskSpec

__all__ = ["SCHEMA", "LearnerFold"]

SCHEMA: Final = 3
"""Version of the state's shape and meaning: raise it with every change that alters what the fold computes and that
neither its code nor a name in `Portfolio.fingerprint_parts` shows."""

_LIBRARIES: Final = ("river", "numpy", "msgspec")
_SHELL: Final = frozenset({__name__, "consumers.learner.packing", "consumers.engine.chain"})


def _fingerprint(portfolio: Portfolio) -> str:
    parts = [f"schema={SCHEMA}", f"python={platform.python_version()}", f"machine={platform.machine()}"]
    parts += [f"{name}={version(name)}" for name in _LIBRARIES]
    parts += portfolio.fingerprint_parts()
    parts += [f"code={code_hash(portfolio.modules() | _SHELL, frozenset(_LIBRARIES))}"]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


class LearnerFold:
    """A `consumers.engine.Fold` over the shop's events.

    Parameters
    ----------
    partition : int
        Which partition it folds.
    namespace : str
        Put before the names of topics.
    portfolio : Portfolio, optional
        Other tasks and models than all.
    batch_models : BatchModels, optional
        Where batch models are to be had; without, they answer nothing and online ones are served.
    signatures : Signatures, optional
        Tell whose ModelActivated is to be believed; without, nobody's.
    """

    def __init__(
        self,
        partition: int,
        *,
        namespace: str = "",
        portfolio: Portfolio | None = None,
        batch_models: BatchModels | None = None,
        signatures: Signatures | None = None,
    ) -> None:
        self._portfolio = portfolio or Portfolio(partition)
        self._batch_models = batch_models or NoBatchModels()
        self._signatures = signatures
        self._activated: set[str] = set()
        self._clock = TickClock()
        self.fingerprint = _fingerprint(self._portfolio)
        self._predictions = topic_name(PREDICTIONS, namespace)
        self._features = topic_name(FEATURES, namespace)
        self._outcomes = topic_name(OUTCOMES, namespace)
        self._models = topic_name(MODELS, namespace)
        self._partition = partition

    @property
    def tasks(self) -> tuple[TaskSpec, ...]:
        """The tasks that events are asked for, in order."""
        return self._portfolio.tasks

    def watch(self, task: str, told: Callable[[str, dict[str, float], Explanation | None], None]) -> None:
        """See `Portfolio.watch`; not to be frozen any more."""
        self._portfolio.watch(task, told)

    def step(self, record: Record) -> Step:
        """Take one record in: decode, hold to the clock, settle, predict, learn."""
        event, time_ms = decode_user_event(record.value)
        if isinstance(event, ModelActivated):
            self._must_be_ours(event)
        self._clock.admit(event, time_ms)
        if isinstance(event, ModelActivated):
            self._activated.add(event.id)
        outputs = self._portfolio.step(event, time_ms, record.offset)
        return Step(outputs, pack(outputs))

    def _must_be_ours(self, event: ModelActivated) -> None:
        if self._signatures is None:
            raise BadRecord(NOT_SIGNED, "there is no key here to tell by")
        self._signatures.check(event, self._partition)
        if event.id in self._activated:
            raise BadRecord(NOT_SIGNED, f"{event.id} was taken before: this is a copy")

    def complete(self) -> Sequence[Any]:
        """Let batch models answer all that was stepped since the last call, one matrix each.

        Returns which of them failed.
        """
        return self._portfolio.complete(self._batch_models)

    def opening(self) -> Sequence[OutgoingRecord]:
        """The names of all features."""
        declared = self._portfolio.feature_sets()
        return [OutgoingRecord(self._models, 0, one.task.encode(), encode(one), []) for one in declared]

    def outgoing(self, outputs: Sequence[Any], record: Record, now_ms: int) -> Sequence[OutgoingRecord]:
        """Predictions and outcomes go to the partition of their input, events of models to the audit trail."""
        sent: list[OutgoingRecord] = []
        key = b""
        for output in outputs:
            if isinstance(output, Features):  # stands behind its prediction
                sent.append(OutgoingRecord(self._features, self._partition, key, encode_features(output), []))
            else:
                sent.append(self._outgoing(output, record, now_ms))
                key = sent[-1].key or b""
        return sent

    def _outgoing(
        self,
        output: Prediction | Outcome | LateLabel | ModelQuarantined | ModelInForce,
        record: Record,
        now_ms: int,
    ) -> OutgoingRecord:
        if isinstance(output, ModelQuarantined | ModelInForce):
            return OutgoingRecord(self._models, 0, output.task.encode(), encode(output), [])
        if isinstance(output, Prediction):
            output.latency_ms = now_ms - record.timestamp_ms
            topic = self._predictions
        else:
            topic = self._outcomes
        return OutgoingRecord(topic, self._partition, output.user_id.encode(), encode(output), [])

    def snapshot(self) -> bytes:
        """The whole state, pickled."""
        # Sorted: the order of a set differs between processes, and the same state must give the same bytes.
        return pickle.dumps((self._portfolio, self._clock.ticked_ms, sorted(self._activated)), protocol=5)

    def restore(self, payload: bytes) -> None:
        """Replace the state by a pickled one. Its HMAC must have been verified before."""
        self._portfolio, self._clock.ticked_ms, activated = pickle.loads(payload)  # noqa: S301
        self._activated = set(activated)
