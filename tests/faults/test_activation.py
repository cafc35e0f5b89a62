"""Kills around the activation of a batch model: the same chain, and the same offset from which it holds.

``KILLS=10 pytest tests/faults/test_activation.py`` kills ten times instead of twice.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from consumers.audit import audit
from consumers.learner import LearnerFold, ModelCache
from consumers.lifecycle import Activations
from contracts.settings import environment
from contracts.topics import MODELS, PREDICTIONS, USER_EVENTS
from infra.signatures import signatures_of
from tests.batch_models import Folder, trained
from tests.faults.stage import Stage

KILLS = int(os.environ.get("KILLS", "2"))
BEFORE = 900
_UNDONE = ("before commit", "after learn", "after send", "after flush", "before offsets")
_ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("models"))


def promote(stage: Stage, digest: str, point: str = "never") -> int:
    """Run a promoter; its exit code."""
    program = Path(__file__).with_name("promoter_process.py")
    return subprocess.run(
        [sys.executable, str(program), point, digest],
        env=environment(stage.settings) | {"PYTHONPATH": str(_ROOT)},
        timeout=120,
        check=False,
    ).returncode


def set_up(stage: Stage, events: list[bytes], digest: str) -> None:
    """A shop's events with an activation in their midst, at the same offset in every stage."""
    stage.publish(events[:BEFORE])
    assert promote(stage, digest) == 0
    stage.publish(events[BEFORE:])


def online_only(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without batch models: their last bits depend on how turns were cut, who answers first on when it was loaded."""
    for one in outputs:
        one.pop("model", None)
        one.pop("prediction", None)
        for name in ("answers", "losses"):
            one[name] = {m: value for m, value in one.get(name, {}).items() if "@" not in m}
    return outputs


def in_force(stage: Stage) -> list[tuple[str, int]]:
    news = [json.loads(record.value or b"") for record in stage.records(MODELS)]
    return [(n["model"], n["offset"]) for n in news if n["type"] == "ModelInForce"]


def assert_audited(stage: Stage, models: Folder) -> None:
    settings = stage.settings
    signatures = signatures_of(settings)
    report = audit(
        settings.bootstrap,
        group=settings.group,
        namespace=settings.namespace,
        fold=lambda p: LearnerFold(
            p, namespace=settings.namespace, batch_models=ModelCache(models.load), signatures=signatures
        ),
        signatures=signatures,
    )
    assert report.is_ok, report.explain()


@pytest.mark.long
def test_a_learner_killed_around_the_activation_comes_back_with_it(
    new_stage: Callable[[str], Stage], namespace: str, events: list[bytes], models: Folder
) -> None:
    digest = models.keep(trained())
    folder = str(models.path)
    undisturbed = new_stage(f"{namespace}u.")
    set_up(undisturbed, events, digest)
    undisturbed.run_to_end("--models", folder)

    stage = new_stage(f"{namespace}k.")
    set_up(stage, events, digest)
    for kill in range(KILLS - 1):
        point = _UNDONE[kill % len(_UNDONE)]
        code, said = stage.run_to_death(
            "--models", folder, "--fault", point, "--behind", str(BEFORE), max_poll_records=50
        )
        assert code == -signal.SIGKILL, said
        assert stage.committed_offset() <= BEFORE
    code, said = stage.run_to_death(
        "--models", folder, "--fault", "after commit", "--behind", str(BEFORE), max_poll_records=50
    )
    assert code == -signal.SIGKILL, said
    assert stage.committed_offset() > BEFORE
    stage.run_to_end("--models", folder)

    assert stage.chain() == undisturbed.chain()
    assert in_force(stage) == in_force(undisturbed) == [("a@1", BEFORE)]
    assert online_only(stage.outputs()) == online_only(undisturbed.outputs())
    predictions = [json.loads(record.value or b"") for record in stage.records(PREDICTIONS)]
    behind = [p for p in predictions if p["offset"] > BEFORE and p["task"] == "conversion"]
    assert behind[-1]["model"] == "a@1"
    assert all(list(p["answers"])[-1] == "a@1" for p in behind)
    assert_audited(stage, models)


def test_a_promoter_killed_with_its_transaction_open_leaves_nothing_and_the_next_one_goes_on(
    stage: Stage, events: list[bytes], models: Folder
) -> None:
    digest = models.keep(trained())
    stage.publish(events[:300])
    assert promote(stage, digest, "after flush") == -signal.SIGKILL
    activations = Activations(
        stage.settings.bootstrap, stage.settings.namespace, signatures_of(stage.settings)
    )
    assert activations.find("c-1", {0: 0}) == {}
    activations.close()
    assert promote(stage, digest, "after commit") == -signal.SIGKILL
    activations = Activations(
        stage.settings.bootstrap, stage.settings.namespace, signatures_of(stage.settings)
    )
    (offset,) = activations.find("c-1", {0: 0}).values()
    activations.close()
    told = [r for r in stage.records(USER_EVENTS) if b"ModelActivated" in (r.value or b"")]
    assert [r.offset for r in told] == [offset]
