"""What Freshet itself writes: predictions, outcomes, the journal, the truth, metrics, the audit trail of models."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct

from contracts.bounds import (
    MOST_NAMES,
    Answer,
    Answers,
    Chain,
    Count,
    Digest,
    FeatureNames,
    FeatureSetId,
    FeatureValues,
    KeyId,
    Label,
    Losses,
    ModelName,
    Name,
    Number,
    Partition,
    Said,
    Scores,
    Share,
    Stage,
    Time,
)

__all__ = [
    "RECORDS",
    "DriftBegan",
    "DriftSwitched",
    "FeatureSetDeclared",
    "Features",
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
    "TaskTruth",
    "Truth",
    "TruthRecord",
    "is_batch",
]


RECORDS: Final = 2
"""Version of what learners write: raise it where readers of the new records can't read the old ones.

1: features stood in the predictions, by name.
"""


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
    model : str or None
        Who is served: the champion among batch models, else the first of all that answered.
    prediction : float or None
        The answer of `model`.
    latency_ms : float, optional
        From the broker's append of the event to the sending of this record. The one field with a wall
        clock in it; no chain and no comparison looks at it.
    """

    task: Name
    partition: Partition
    offset: Count
    event_id: Name
    user_id: Name
    session_id: Name
    time: Time
    model: ModelName | None
    prediction: Answer | None
    answers: Answers
    latency_ms: float | None = None


class Features(Struct, frozen=True, kw_only=True, tag_field="type", tag="Features"):
    """The features of one event that one task's models used (``ml.features``).

    (task, partition, offset) is its identity, as that of its `Prediction`; the partition is the one where it stands.

    Parameters
    ----------
    feature_set : int
        Which features, see `FeatureSetDeclared`.
    values : list of float
        In the order of its names ("log and wait": batch training reads these very values).
    """

    task: Name
    offset: Count
    feature_set: FeatureSetId
    values: FeatureValues


class Outcome(Struct, frozen=True, kw_only=True, tag_field="type", tag="Outcome"):
    """The label of a prediction, when it is known (``ml.outcomes``).

    Parameters
    ----------
    label : float or None
        None: there will never be one (an abandoned cart has no order value).
    why : str
        What settled it: ``order``, ``ended`` or ``silence``, or ``at-once`` for the event itself.
    settled_offset : int
        Offset of the record that settled it.
    losses : dict of str to float or None
        Log loss (conversion) or absolute error (basket) of each answer; empty where label is None.
    """

    task: Name
    partition: Partition
    offset: Count
    event_id: Name
    user_id: Name
    session_id: Name
    time: Time
    label: Label | None
    why: Literal["order", "ended", "silence", "at-once", "next"]
    settled_offset: Count
    settled_time: Time
    answers: Answers
    losses: Losses


class LateLabel(Struct, frozen=True, kw_only=True, tag_field="type", tag="LateLabel"):
    """An event for a visit whose labels are settled already: it is counted and changes no label (``ml.outcomes``)."""

    partition: Partition
    offset: Count
    event_id: Name
    user_id: Name
    session_id: Name
    time: Time
    event: Name


class ModelQuarantined(Struct, frozen=True, kw_only=True, tag_field="type", tag="ModelQuarantined"):
    """A model raised or its answer was not finite; it is in quarantine from this record on (``ml.models``)."""

    task: Name
    model: ModelName
    partition: Partition
    offset: Count
    reason: Said


class FeatureSetDeclared(Struct, frozen=True, kw_only=True, tag_field="type", tag="FeatureSetDeclared"):
    """Names of the values on ``ml.features`` (``ml.models``).

    Each worker sends them with the first turn of a generation.

    Parameters
    ----------
    feature_set : int
        `contracts.features.feature_set_id` of task and names, so that a number always has the same names.
    names : tuple of str
        In the order of the values.
    """

    task: Name
    feature_set: FeatureSetId
    names: FeatureNames


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

    task: Name
    model: ModelName
    stage: Stage
    digest: Digest
    change: Name | None
    partition: Partition
    offset: Count
    time: Time


class ModelChanged(Struct, frozen=True, kw_only=True, tag_field="type", tag="ModelChanged"):
    """A change of which batch models answer (``ml.models``); in one transaction with its ModelActivated.

    Parameters
    ----------
    change : str
        Id of the change, as in ModelActivated; its evidence stands under it in the table ``model_change``.
    action : str
        ``shadow``, ``promote``, ``rollback`` or ``retire``.
    model : str
        As ``name@version``.
    replaced : str, optional
        The previous champion, if it is another one now.
    forced : bool
        Promoted although the gate did not say yes.
    """

    change: Name
    task: Name
    action: Literal["shadow", "promote", "rollback", "retire"]
    model: ModelName
    replaced: ModelName | None = None
    forced: bool = False


class Parent(Struct, frozen=True):
    """Where a generation branched off."""

    generation: Count
    turn: Count
    chain: Chain


class JournalRecord(Struct, frozen=True, kw_only=True):
    """One turn of one worker (``ml.journal.<group>``): offsets [start, end) of its partition are done.

    Parameters
    ----------
    generation, turn : int
        Generations count changes of the code that decide the bits, turns count transactions.
    start, end : int
        Offsets of the main input; each turn starts where the one before ended.
    origin : int
        First offset that the state has seen; a fold from the start begins there.
    chain : str
        Hex of the rolling BLAKE2b after this turn.
    topic_id : str
        The log that these offsets belong to: a topic that is made again has another id.
    fingerprint : str
        What decides the bits: code, portfolio, versions, machine.
    parent : Parent, optional
        In the first record of a generation after the first.
    records : int
        Version of the records that the turn wrote, `RECORDS` of then.
    """

    group: Name
    partition: Partition
    generation: Count
    turn: Count
    start: Count
    end: Count
    origin: Count
    chain: Chain
    topic_id: Name
    fingerprint: Name
    parent: Parent | None = None
    records: Count = 1


class Truth(Struct, frozen=True, kw_only=True, tag_field="type", tag="Truth"):
    """Truth of one decision point, known only to the simulator (``shop.truth``); used for scoring alone.

    Parameters
    ----------
    event_id : str
        Of the decision point, in the same partition of ``shop.user-events``.
    clairvoyant, bayes : float
        P(order) knowing all but the coming draws; knowing all but the intent.
    bayes_blind : float, optional
        P(order) knowing the shop's parameters but neither persona nor bins, where it was worked out.
    """

    event_id: Name
    session_id: Name
    time: Time
    clairvoyant: Share
    bayes: Share
    bayes_blind: Share | None = None
    intent: Name
    persona: Name


class TaskTruth(Struct, frozen=True, kw_only=True, tag_field="type", tag="TaskTruth"):
    """What only the simulator knows of one decision point of one task (``shop.truth``), for scoring alone.

    Parameters
    ----------
    event_id, session_id : str
        As in the prediction of this decision point; it comes before the visit could be settled by silence.
    truth : float or str
        As the task's kind has it. Classification: the chance of 1. Ranking: the rank, in the law of the next item, of
        the item that came. Clustering: the name of the group.
    """

    task: Name
    event_id: Name
    session_id: Name
    time: Time
    truth: Number | Name


class DriftBegan(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="DriftBegan"):
    """The shop changed with this event (``shop.truth``, every partition).

    Parameters
    ----------
    control : int, optional
        If it was switched while running: offset of the record in ``shop.control`` that asked for it.
    """

    drift: Name
    event_number: Count
    event_id: Name
    time: Time
    control: Count | None = None


class DriftSwitched(Struct, frozen=True, kw_only=True, tag_field="type", tag="DriftSwitched"):
    """A request to switch a drift on, or off (``shop.control``).

    Parameters
    ----------
    id : str
        Each counts once.
    drift : str
        As typed: a name, ``gradual:50000`` or ``off``.
    key, mac : str
        As in `contracts.events.ModelActivated`.
    """

    id: Name
    drift: Name
    key: KeyId = ""
    mac: Digest = ""


class Metrics(Struct, frozen=True, kw_only=True):
    """Windowed scores of one task (``ml.metrics``); `models` maps a model to its metrics by name."""

    task: Name
    time: Time
    labels: Count
    window_labels: Count
    models: Annotated[dict[ModelName, Scores], Meta(max_length=MOST_NAMES)]
    oracle: Scores


OutcomeRecord: TypeAlias = Outcome | LateLabel
ModelNews: TypeAlias = ModelQuarantined | ModelInForce | ModelChanged | FeatureSetDeclared
TruthRecord: TypeAlias = Truth | TaskTruth | DriftBegan
