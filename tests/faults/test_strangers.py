"""A stranger writes to every topic of ours: whoever reads them lives on, believes none of it, and starts again."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from typer.testing import CliRunner

from consumers.audit import audit_learners
from consumers.scoreboard import LagMeter, champions, read_board, totals
from contracts.codec import decode_user_event
from contracts.settings import environment
from contracts.topics import JOURNAL, METRICS, MODELS, OUTCOMES, PREDICTIONS, TRUTH, USER_EVENTS
from dashboard.view.live_feed import Feed
from dashboard.view.scores import Scores
from freshet.cli.app import app
from infra.lifeline import Child
from infra.postgres import Database, read_password
from models.tasks import TASKS
from tests.faults.stage import Stage
from tests.faults.test_bad_bytes import LONG_S, start, with_own_database
from tests.odd_records import forged, slander
from tests.strangers import StrangeRecord, corpus_for, feed
from tests.waiting import DEADLINE_S, until

READ_BY_THE_SCOREBOARD = (TRUTH, PREDICTIONS, OUTCOMES, MODELS)


def test_every_reader_lives_on_believes_none_of_it_and_starts_again(
    new_stage: Callable[[str], Stage], events: list[bytes], namespace: str, tmp_path: Path
) -> None:
    stage = with_own_database(new_stage(namespace))
    settings = stage.settings
    odd = corpus_for(settings.group)
    rest = iter(range(0, len(events), len(events) // 3))
    roles = {"learn": ["learn"], "scoreboard": ["scoreboard"]}
    watch = {"watch": ["watch", "--from-beginning", "--json"]}
    database = Database(settings.database_url, read_password(settings.database_password_file))

    def run(names: dict[str, list[str]], then: Callable[[dict[str, Child]], None]) -> None:
        """Start processes, wait until all is learnt and scored that is there, ask, and stop them."""
        with ExitStack() as held:
            children = {name: start(stage, tmp_path / f"{name}.out", *words) for name, words in names.items()}
            for name, child in children.items():  # `watch` has no turn to finish: it is ended at once
                held.callback(child.stop, 0.0 if name == "watch" else DEADLINE_S)
            for child in children.values():
                held.callback(child.release)

            def alive() -> bool:
                dead = {name for name, child in children.items() if child.poll() is not None}
                assert not dead, [(name, (tmp_path / f"{name}.err").read_text()) for name in dead]
                return True

            def done() -> bool:
                return alive() and stage.committed_offset() >= stage.end() and not sum(meter.lag().values())

            with LagMeter(stage.bootstrap, database, settings.namespace) as meter:
                until(lambda: alive() and stage.committed() is not None, "the first turn", LONG_S)
                until(done, "all is learnt and scored", LONG_S)
                then(children)
                alive()

    def publish_a_third() -> None:
        first = next(rest)
        stage.publish(events[first : first + len(events) // 3])

    def feed_and_go_on(_children: dict[str, Child]) -> None:
        before = len(stage.records(OUTCOMES))
        quarantine = StrangeRecord(MODELS, b"conversion", slander("second-order"))
        feed(stage.bootstrap, settings.group, [*odd, quarantine], settings.namespace)
        publish_a_third()
        with LagMeter(stage.bootstrap, database, settings.namespace) as meter:
            until(
                lambda: stage.committed_offset() >= stage.end() and not sum(meter.lag().values()),
                "it goes on behind the corpus",
                LONG_S,
            )
        written = sum(topic is OUTCOMES for topic, _, _ in odd)
        assert len(stage.records(OUTCOMES)) > before + written
        good = len(stage.records(PREDICTIONS)) - sum(topic is PREDICTIONS for topic, _, _ in odd)
        until(
            lambda: (tmp_path / "watch.out").read_bytes().count(b"\n") >= good,
            "all is watched",
        )

    stage.publish([])
    publish_a_third()
    run(roles | watch, feed_and_go_on)
    assert "started again" not in (tmp_path / "learn.err").read_text()
    publish_a_third()
    run(roles, lambda _children: ask_everybody(stage, odd, database))
    database.close()


def ask_everybody(stage: Stage, odd: list[StrangeRecord], database: Database) -> None:
    fed = {topic: sum(t is topic for t, _, _ in odd) for topic in (*READ_BY_THE_SCOREBOARD, METRICS)}
    counted = totals(database)
    assert counted.unreadable + counted.foreign == sum(fed[topic] for topic in READ_BY_THE_SCOREBOARD)
    # Of a prediction its head alone is read: what is odd behind that is foreign by its partition.
    assert counted.foreign >= sum(len(forged(topic)) for topic in READ_BY_THE_SCOREBOARD)
    known = {name: {model.name for model in task.models} for name, task in TASKS.items()}
    board = read_board(database)["tasks"]
    assert board.keys() <= known.keys() and board
    for task, scored in board.items():
        assert {*scored["models"], *scored.get("baselines", {})} <= known[task]

    why = champions(database)["conversion"].why
    assert why == "first in the order of serving"

    report = audit_learners(stage.settings, lambda *_: None)
    assert report.is_ok, report.explain()
    noted = {note.split(" records on ")[1].split()[0] for note in report.explain() if "passed over" in note}
    assert noted >= {stage.name(topic) for topic in (PREDICTIONS, OUTCOMES, JOURNAL)}

    scores = Scores(stage.settings)
    feed = Feed(stage.settings, scores.counts, scores.has_batch)
    facts = feed.look()
    scores.close()
    assert facts.problem == "" and facts.learner_lag == 0
    assert facts.chains == {0: stage.chain()}
    assert {name for seen in facts.history.values() for one in seen for name in one.models} <= known[
        "conversion"
    ]
    assert all(one.labels < 2**32 for seen in facts.history.values() for one in seen)
    assert not facts.champions.told and not facts.champions.out
    assert facts.counts.passed_over >= sum(fed.values()) - 1  # one waits for labels that never come

    decided = next(
        decode_user_event(r.value)[0].id
        for r in stage.records(USER_EVENTS)
        if b'"ProductViewed"' in (r.value or b"")
    )
    runner, env = CliRunner(), dict(environment(stage.settings)) | {"COLUMNS": "200"}
    said = {}
    for words in (
        ["score", "--json"],
        ["score"],
        ["why", "--task", "conversion", "--at", "2026-01-05T23:00:00.000Z", "--json"],
        ["trace", decided, "--json"],
        ["explain", decided, "--json"],
        ["topics"],
        ["dlq", "list"],
    ):
        result = runner.invoke(app, words, env=env)
        assert result.exit_code == 0, (words, result.output)
        assert "ghost" not in result.output
        said[" ".join(words)] = result.stdout
    traced = json.loads(said[f"trace {decided} --json"])
    assert traced["event"]["id"] == decided and traced["turn"] is not None
    explained = {one["task"]: one for one in json.loads(said[f"explain {decided} --json"])["tasks"]}
    assert explained.keys() == {one["prediction"]["task"] for one in traced["tasks"]} >= {"conversion"}
    passed_over = json.loads(said["score --json"])["passed_over"]
    assert passed_over == {"unreadable": counted.unreadable, "foreign": counted.foreign}
    (answered,) = json.loads(said["why --task conversion --at 2026-01-05T23:00:00.000Z --json"])["answered"]
    assert answered["served"] == "second-order" and answered["champion"] is None
