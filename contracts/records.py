"""What Freshet itself writes: predictions, outcomes, the journal, the truth, metrics, the audit trail of models."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from contracts.events import Stage

__all__ = [
    "DriftBegan",
    "JournalRecord",
    "LateLabel",
    "Metrics",
    "ModelChanged",
    "ModelInForce",
    "ModelNews",
    "ModelQuarantined",
    "Outcome",
    "OutcomeRecord",
    "Parent",
    "Prediction",
    "Truth",
    "TruthRecord",
    "is_batch",
]


def is_batch(model: str) -> bool:
    """Whether `model` is the name of a batch model, ``name@version``; online ones have no ``@`` in theirs.

    Examples
    --------
    >>> is_batch("boosting@3"), is_batch("logistic")
    (True, False)
    """
    return "@" in model


class Prediction(Struct, kw_only=True, tag_field="type", tag="Prediction"):
    """One task's answers to one event (``ml.predictions``).

    (task, partition, offset) is its identity: partition and offset are those of the event in
    ``shop.user-events``.

    Parameters
    ----------
    answers : dict of str to float or None
        Each model's answer in the order of serving: a probability for conversion, a value in the shop's
        currency for basket. None: the model is quarantined, or a batch model was not to be had. Batch models stand
        last, as ``name@version``; the chain does not cover their answers.
    served : str or None
        The model whose answer is served: the champion among batch models, else the first of all that answered.
    features : dict of str to float
        What the models saw ("log and wait": batch training reads these very values).
    latency_ms : float, optional
        From the broker's append of the event to the sending of this record. The one field with a wall
        clock in it; no chain and no comparison looks at it.
    """

    task: str
    partition: int
    offset: int
    event_id: str
    user_id: str
    session_id: str
    time: str
    answers: dict[str, float | None]
    served: str | None
    features: dict[str, float]
    latency_ms: float | None = None


class Outcome(Struct, frozen=True, kw_only=True, tag_field="type", tag="Outcome"):
    """The label of a prediction, when it is known (``ml.outcomes``).

    Parameters
    ----------
    label : float or None
        None: there will never be one (an abandoned cart has no order value).
    why : str
        What settled it: ``order``, ``ended`` or ``silence``.
    settled_offset : int
        Offset of the record that settled it.
    losses : dict of str to float or None
        Log loss (conversion) or absolute error (basket) of each answer; empty where label is None.
    """

    task: str
    partition: int
    offset: int
    event_id: str
    user_id: str
    session_id: str
    time: str
    label: float | None
    why: str
    settled_offset: int
    settled_time: str
    answers: dict[str, float | None]
    losses: dict[str, float | None]


class LateLabel(Struct, frozen=True, kw_only=True, tag_field="type", tag="LateLabel"):
    """An event for a visit whose labels are settled already: it is counted and changes no label (``ml.outcomes``)."""

    partition: int
    offset: int
    event_id: str
    user_id: str
    session_id: str
    time: str
    event: str


class ModelQuarantined(Struct, frozen=True, kw_only=True, tag_field="type", tag="ModelQuarantined"):
    """A model raised or answered with something not finite, and is out from this record on (``ml.models``)."""

    task: str
    model: str
    partition: int
    offset: int
    reason: str


class ModelInForce(Struct, frozen=True, kw_only=True, tag_field="type", tag="ModelInForce"):
    """A worker has folded a ModelActivated: it holds in this partition behind this offset (``ml.models``).

    Parameters
    ----------
    model : str
        As ``name@version``.
    offset : int
        Of the ModelActivated in ``shop.user-events``.
    time : str
        The partition's clock there, event time.
    """

    task: str
    model: str
    stage: Stage
    digest: str
    change: str | None
    partition: int
    offset: int
    time: str


class ModelChanged(Struct, frozen=True, kw_only=True, tag_field="type", tag="ModelChanged"):
    """Somebody changed which batch models answer (``ml.models``); in one transaction with the ModelActivated.

    Parameters
    ----------
    change : str
        Id of the change, as in ModelActivated; its evidence stands under it in the table ``model_change``.
    action : str
        ``shadow``, ``promote``, ``rollback`` or ``retire``.
    model : str
        As ``name@version``.
    replaced : str, optional
        The champion before, where it is another one now.
    forced : bool
        Promoted although the gate did not say yes.
    """

    change: str
    task: str
    action: str
    model: str
    replaced: str | None = None
    forced: bool = False


class Parent(Struct, frozen=True):
    """Where a generation branched off."""

    generation: int
    turn: int
    chain: str


class JournalRecord(Struct, frozen=True, kw_only=True):
    """One turn of one worker (``ml.journal.<group>``): offsets [start, end) of its partition are done.

    Parameters
    ----------
    generation, turn : int
        Generations count changes of the code that decide the bits, turns count transactions.
    start, end : int
        Offsets of the main input; each turn starts where the one before ended.
    origin : int
        First offset that the state has seen: where a fold from the start begins.
    chain : str
        Hex of the rolling BLAKE2b after this turn.
    topic_id : str
        Which log these offsets belong to: a topic that is made again has another id.
    fingerprint : str
        What decides the bits: code, portfolio, versions, machine.
    parent : Parent, optional
        In the first record of a generation after the first.
    """

    group: str
    partition: int
    generation: int
    turn: int
    start: int
    end: int
    origin: int
    chain: str
    topic_id: str
    fingerprint: str
    parent: Parent | None = None


class Truth(Struct, frozen=True, kw_only=True, tag_field="type", tag="Truth"):
    """What only the simulator knows of one decision point (``shop.truth``), for scoring alone.

    Parameters
    ----------
    event_id : str
        Of the decision point, in the same partition of ``shop.user-events``.
    clairvoyant, bayes : float
        P(order) knowing all but the coming draws; knowing all but the intent.
    bayes_blind : float, optional
        P(order) knowing the shop's parameters but neither persona nor bins, where it was worked out.
    """

    event_id: str
    session_id: str
    time: str
    clairvoyant: float
    bayes: float
    bayes_blind: float | None = None
    intent: str
    persona: str


class DriftBegan(Struct, frozen=True, kw_only=True, tag_field="type", tag="DriftBegan"):
    """The shop changed with this event (``shop.truth``, every partition)."""

    drift: str
    event_number: int
    event_id: str
    time: str


class Metrics(Struct, frozen=True, kw_only=True):
    """Windowed scores of one task (``ml.metrics``); `models` maps a model to its metrics by name."""

    task: str
    time: str
    labels: int
    window_labels: int
    models: dict[str, dict[str, float | None]]
    oracle: dict[str, float | None]


OutcomeRecord: TypeAlias = Outcome | LateLabel
ModelNews: TypeAlias = ModelQuarantined | ModelInForce | ModelChanged
TruthRecord: TypeAlias = Truth | DriftBegan
