"""How much of the learnable the batch champion of conversion has answered since it is served, beside the other models.

``python -m benchmarks.champion --data-dir FOLDER`` reads the topics of a simulated shop that runs, or was left up by
``freshet demo --keep``: all questions that were asked behind the champion's activation, by partition, that are settled
and that it answered. Who did not answer all of them (came later, was retired, broke) is named, and not compared.
Differences of loss are against the champion, with a standard error clustered by session.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from consumers.lifecycle import who_at
from contracts.codec import decode
from contracts.errors import FreshetError
from contracts.records import Outcome, Truth
from contracts.settings import Settings, load
from contracts.topics import OUTCOMES, TRUTH, topic_name
from infra.kafka import read_to_end
from models.evaluate import clustered_se, expected_share, log_losses, roc_auc

__all__ = ["Line", "compared"]

TASK: Final = "conversion"
_NOW: Final = "9999-01-01T00:00:00.000Z"


class Line(NamedTuple):
    """One model: share of the learnable, log loss, AUC, and its mean loss minus the champion's with standard error."""

    model: str
    share: float | None
    loss: float
    auc: float | None
    difference: float
    error: float


def compared(outcomes: list[Outcome], bayes: Mapping[tuple[int, str], float], champion: str) -> list[Line]:
    """Hold all models that answered everything beside each other, the best one first.

    Parameters
    ----------
    outcomes : list of Outcome
        With labels, and an answer of the champion.
    bayes : mapping of (int, str) to float
        By partition and event, what the oracle says.
    champion : str
        As ``name@version``.
    """
    labels = np.array([one.label for one in outcomes])
    oracle = np.array([bayes[one.partition, one.event_id] for one in outcomes])
    sessions = np.array([f"{one.partition}/{one.session_id}" for one in outcomes])
    answers = {
        name: np.array([one.answers[name] for one in outcomes], dtype=np.float64)
        for name, count in _answered(outcomes).items()
        if count == len(outcomes)
    }
    own = log_losses(labels, answers[champion])
    lines = []
    for name, p in answers.items():
        losses = log_losses(labels, p)
        error = clustered_se(losses - own, sessions) if name != champion else 0.0
        share, auc = expected_share(oracle, p), roc_auc(labels, p)
        lines.append(Line(name, share, float(losses.mean()), auc, float((losses - own).mean()), error))
    return sorted(lines, key=lambda line: line.loss)


def _answered(outcomes: list[Outcome]) -> Counter[str]:
    return Counter(name for one in outcomes for name, answer in one.answers.items() if answer is not None)


def _settled(bootstrap: str, namespace: str, since: Mapping[int, int], champion: str) -> Iterator[Outcome]:
    for record in read_to_end(bootstrap, topic_name(OUTCOMES, namespace)):
        one = decode(OUTCOMES, record.value)
        if isinstance(one, Outcome) and one.task == TASK and one.label is not None:
            if one.offset > since[one.partition] and one.answers.get(champion) is not None:
                yield one


def main() -> int:
    """Run as the module says; 1 where there is nothing to compare."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.champion", description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=None)
    try:
        _print(load({"data_dir": parser.parse_args().data_dir}))
    except FreshetError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _print(settings: Settings) -> None:
    served = who_at(settings.bootstrap, settings.namespace, TASK, _NOW)
    since = {one.partition: one.champion.offset for one in served if one.champion is not None}
    champions = {one.champion.model for one in served if one.champion is not None}
    if len(champions) != 1 or len(since) != len(served):
        message = f"One batch model must be champion in every partition. Got {sorted(champions) or 'none'}."
        raise FreshetError(message, hint="freshet promote makes one.")
    (champion,) = champions
    outcomes = list(_settled(settings.bootstrap, settings.namespace, since, champion))
    truths = read_to_end(settings.bootstrap, topic_name(TRUTH, settings.namespace))
    bayes = {
        (record.partition, truth.event_id): truth.bayes
        for record in truths
        if isinstance(truth := decode(TRUTH, record.value), Truth)
    }
    if not outcomes:
        message = "There are no outcomes of what was asked since the activation yet."
        raise FreshetError(message)
    sessions = len({(one.partition, one.session_id) for one in outcomes})
    print(f"{champion} since offsets {since}: {len(outcomes):,} outcomes of {sessions:,} sessions")
    print(f"  {'model':24} {'learnable':>9} {'log loss':>9} {'ROC AUC':>8}  {'against the champion':>20}")
    for line in compared(outcomes, bayes, champion):
        beside = "" if line.model == champion else f"{line.difference:+.5f} ± {line.error:.5f}"
        share, auc = (np.nan if one is None else one for one in (line.share, line.auc))
        print(f"  {line.model:24} {share:9.3f} {line.loss:9.4f} {auc:8.3f}  {beside:>20}")
    for name, count in _answered(outcomes).items():
        if count < len(outcomes):
            print(f"  {name:24} answered {count:,} of them, and is not compared")


if __name__ == "__main__":
    sys.exit(main())
