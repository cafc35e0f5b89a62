"""A model's life on a real broker and database: who is served, and the log says why."""

from __future__ import annotations

import json
from typing import Any

import pytest

from consumers.lifecycle import NotPromoted, quarantined, who_at, who_for
from contracts.codec import encode, rfc3339
from contracts.dead_letters import said_by
from contracts.errors import UsageError
from contracts.records import Outcome
from contracts.topics import DEAD_LETTERS, MODELS, OUTCOMES, PREDICTIONS, USER_EVENTS
from dashboard.view.scores import Scores
from infra.kafka import Record, topic_id
from tests.batch.lifecycle.forging import forge
from tests.batch.lifecycle.town import A, B, Town
from tests.batch_models import Estimator, trained
from tests.integration.conftest import FreshDatabase
from tests.integration.scoreboard.scored import scoreboard
from tests.registry import register, stages


def test_a_model_answers_is_served_and_taken_back_and_each_prediction_knows_by_which_change(
    town: Town,
) -> None:
    town.flow(900)
    life = town.life()
    with pytest.raises(UsageError, match="must be a shadow before it can be promoted"):
        life.promote(A)
    shadow = life.shadow(A)
    assert shadow.offsets.keys() == {0, 1}
    with pytest.raises(UsageError, match="It is shadow already"):
        life.shadow(A)
    forge(town)
    town.flow(900)
    with pytest.raises(NotPromoted, match="At least 500 sessions") as refused:
        life.promote(A)
    assert refused.value.report.labels > 50
    first = life.promote(A, force=True)
    assert (first.forced, first.replaced, first.evidence and first.evidence["passed"]) == (True, None, False)
    town.flow(600)
    second = life.promote(B, force=True)
    assert second.replaced == "a@1"
    town.flow(600)
    assert stages(town.database) == {A: "shadow", B: "champion"}
    back = life.rollback("conversion")
    assert (back.model, back.replaced) == ("b@1", "a@1")
    town.flow(400)
    life.rollback("conversion")
    with pytest.raises(UsageError, match="An online model is served"):
        life.rollback("conversion")
    town.flow(2_000)
    life.close()

    changes = [shadow, first, second, back]
    served = {"a@1": 0, "b@1": 0, "second-order": 0}
    for one in town.fields(PREDICTIONS):
        if one["task"] != "conversion":
            assert not any("@" in name for name in one["answers"])
            continue
        behind = [c for c in changes if one["offset"] > c.offsets[one["partition"]]]
        must = {0: "second-order", 1: "second-order", 2: "a@1", 3: "b@1"}.get(len(behind))
        if must is not None:
            assert one["model"] == must
        served[one["model"]] += 1
    assert min(served.values()) > 50
    report = town.shop.audit()
    assert report.is_ok
    assert report.explain() == []
    letters = [said_by(letter.headers) for letter in town.shop.records(DEAD_LETTERS)]
    assert [(said["topic"], said["exception.class.name"]) for said in letters] == [
        (town.shop.name(USER_EVENTS), "not-signed")
    ] * 5
    assert [one.not_signed for one in report.partitions.values()] == [5, 0]
    told = [n for n in town.fields(MODELS) if n["type"] == "ModelInForce" and n["change"] == second.id]
    assert {n["partition"]: n["offset"] for n in told} == second.offsets
    assert [n["action"] for n in town.fields(MODELS) if n["type"] == "ModelChanged"] == [
        "shadow", "promote", "promote", "rollback", "rollback",
    ]  # fmt: skip
    assert stages(town.database) == {A: "retired", B: "retired"}

    asked = next(p for p in town.fields(PREDICTIONS) if p["model"] == "b@1")
    bootstrap, namespace = town.shop.bootstrap, town.shop.namespace
    answered = {p.task: a for p, a in who_for(bootstrap, namespace, asked["event_id"])}["conversion"]
    assert answered.champion is not None
    assert (answered.served, answered.champion.change) == ("b@1", second.id)
    assert answered.since_offset == second.offsets[asked["partition"]]
    then = {one.partition: one for one in who_at(bootstrap, namespace, "conversion", asked["time"])}
    assert then[asked["partition"]].champion == answered.champion
    at_first = who_at(bootstrap, namespace, "conversion", "2020-01-01T00:00:00.000Z")
    assert [(a.served, a.since_offset) for a in at_first] == [("second-order", None)] * 2
    typed_wrong(town)
    typed_right(town, asked, second)


def typed_wrong(town: Town) -> None:
    """Both models are retired."""
    for arguments, code, said in (
        (
            ("shadow", "conversion/nobody@9"),
            2,
            "must be named, as task/name@version. Got 'conversion/nobody@9'",
        ),
        (("promote", "conversion/nobody@9"), 2, "`freshet models list` has their ids"),
        (("promote", A), 2, "must be a shadow before it can be promoted"),
        (("shadow", A, "--end"), 2, "must be a shadow. It is retired."),
        (("rollback", "conversion"), 2, "An online model is served."),
        (("rollback", "fortune"), 2, "The task must be one of conversion, basket, sentiment. Got 'fortune'."),
        (("why", "--task", "conversion"), 2, "Either --prediction must be given, or --task and --at."),
        (("why", "--task", "fortune", "--at", "2026-01-05 08:00"), 2, "--task must be one of"),
        (("why", "--task", "conversion", "--at", "noon"), 2, "--at must be an event time from 2000 to 2099"),
        (("why", "--prediction", "nobody"), 2, "There must be a prediction of the event 'nobody'."),
    ):
        result = town.typed(*arguments)
        assert (result.exit_code, result.stdout) == (code, ""), result.output
        assert said in result.stderr and "Traceback" not in result.stderr, result.stderr
    for command in (("shadow", A), ("promote", A), ("rollback", "conversion")):
        result = town.typed(*command, FRESHET_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
        assert result.exit_code == 1 and "Traceback" not in result.stderr, result.stderr
        assert "database" in result.stderr
    assert stages(town.database) == {A: "retired", B: "retired"}


def typed_right(town: Town, asked: dict[str, Any], second: Any) -> None:
    shadow = town.typed("shadow", A)
    assert shadow.exit_code == 0 and "answers from now on, unserved" in shadow.stdout, shadow.stderr
    refused = town.typed("promote", A, "--json")
    assert refused.exit_code == 1 and "does not pass the gate" in refused.stderr
    assert json.loads(refused.stdout)["promoted"] is False
    promoted = json.loads(town.typed("promote", A, "--force", "--json").stdout)
    assert (promoted["model"], promoted["forced"], promoted["state"]) == (A, True, "done")
    back = town.typed("rollback", "conversion")
    assert f"{A} is retired" in back.stdout and "an online model is served again" in back.stdout
    for question in (("--task", "conversion", "--at", asked["time"]), ("--prediction", asked["event_id"])):
        shown = town.typed("why", *question)
        assert shown.exit_code == 0 and "b@1" in shown.stdout and ", forced" in shown.stdout, shown.stderr
        said = json.loads(town.typed("why", *question, "--json").stdout)
        assert said["changes"][second.id]["evidence"] is None
        assert "b@1" in [one["served"] for one in said["answered"]]
    away = town.typed(
        "why", "--prediction", asked["event_id"], FRESHET_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none"
    )
    assert away.exit_code == 0 and "The evidence can't be read" in away.stderr and "b@1" in away.stdout


def test_a_model_that_broke_is_not_promoted_again_and_why_tells_before_from_after(
    town: Town, fresh_database: FreshDatabase
) -> None:
    sound = trained(3)
    odd = Estimator(sound.estimator, (*sound.features[1:], "moods"))
    broken = register(town.settings, "conversion", "c", odd).id
    town.meet_strangers()
    town.flow(300)
    life = town.life()
    life.promote(broken, force=True)
    town.flow(300)
    assert life.promote(A, force=True).replaced == "c@1"
    back = life.rollback("conversion")
    assert (back.model, back.replaced) == ("a@1", None), "an online model is better than one that broke"
    for attempt in (
        lambda: life.promote(broken),
        lambda: life.promote(broken, force=True),
        lambda: life.shadow(broken),
    ):
        with pytest.raises(UsageError, match="must not be in quarantine. It broke in partition .*'moods'"):
            attempt()
    life.close()
    typed = town.typed("promote", broken, "--force")
    assert typed.exit_code == 2 and "must not be in quarantine" in typed.stderr
    with scoreboard(town.shop.bootstrap, fresh_database, town.shop.namespace) as running:
        running.wait()
    scores = Scores(town.settings)
    assert scores.stages() == {A: "retired", B: "registered", broken: "quarantine"}
    scores.close()
    assert stages(town.database)[broken] == "shadow"

    assert quarantined(town.shop.bootstrap, town.shop.namespace, "conversion").keys() == {"c@1"}
    news = town.fields(MODELS)
    quarantine = next(n for n in news if n["type"] == "ModelQuarantined")
    partition, offset = quarantine["partition"], quarantine["offset"]
    began = next(n for n in news if n["type"] == "ModelInForce" and n["partition"] == partition)["time"]
    broke = next(
        p["time"]
        for p in town.fields(PREDICTIONS)
        if (p["task"], p["partition"], p["offset"]) == ("conversion", partition, offset)
    )
    assert began < broke
    before, after = (
        who_at(town.shop.bootstrap, town.shop.namespace, "conversion", time)[partition]
        for time in (began, broke)
    )
    assert (before.served, before.out) == ("c@1", None)
    assert (after.served, after.since_offset) == ("second-order", offset)
    assert after.out is not None and after.out.offset == offset


def outcome(
    number: int, label: float, partition: int, offset: int, losses: dict[str, float | None]
) -> Record:
    made = Outcome(
        task="conversion", partition=partition, offset=offset, event_id=f"e{number}", user_id="u",
        session_id=f"s{number // 3}", time="2026-01-05T08:00:00.000Z", label=label, why="ended",
        settled_offset=offset + 1, settled_time=rfc3339(1_767_600_000_000 + number), answers={}, losses=losses,
    )  # fmt: skip
    return Record("", partition, 0, 0, b"u", encode(made), ())


def test_a_better_shadow_passes_the_gate_by_labels_since_it_answers_and_its_evidence_is_kept(
    town: Town,
) -> None:
    town.flow(100)
    before = [outcome(n, 0.0, 0, n, {"second-order": 0.1, "a@1": 9.0}) for n in range(30)]
    town.shop._send(OUTCOMES, before)
    life = town.life()
    shadow = life.shadow(A)
    rows = []
    for n in range(3_000):
        since = shadow.offsets[n % 2]
        losses = {
            "second-order": 0.30 + (n * 37 % 10) / 50,
            "logistic": 0.0,
            "a@1": 0.25 + (n * 53 % 10) / 50,
        }
        rows.append(outcome(n, 0.0, n % 2, since + 1 + n, losses))
    rows.append(outcome(9_000, 0.0, 0, shadow.offsets[0] + 9_000, {"second-order": 0.1, "a@1": None}))
    town.shop._send(OUTCOMES, rows)
    change = life.promote(A)
    assert change.evidence is not None
    assert change.evidence["passed"] is True
    assert (change.evidence["labels"], change.forced) == (3_000, False)
    assert change.evidence["effect"] == pytest.approx(0.05)
    (_, stored) = town.store.of_log(topic_id(town.shop.bootstrap, town.shop.name(USER_EVENTS)))
    assert stored.evidence == change.evidence
    life.close()
