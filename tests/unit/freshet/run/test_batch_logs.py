"""What the board says of the batch side, from the logs of its children."""

from __future__ import annotations

import re
from pathlib import Path

from consumers.trainer.trainer import News
from dashboard.terminal.plain_text import json_line
from freshet.run.batch_logs import BatchLogs
from spark_jobs import RunReport

STARTING = "starting Spark on local[*]\nWARNING: Using incubator modules\n"
AT = "2026-01-05T08:00:00+00:00"


def told(task: str, said: str) -> str:
    return json_line(News(task, "gate", said, {"evidence": {}}).as_json(AT)) + "\n"


def test_before_anything_runs_there_is_nothing_to_say(tmp_path: Path):
    assert (BatchLogs(tmp_path).look().etl, BatchLogs(tmp_path).look().tasks) == ("", {})


def test_the_newest_run_of_the_etl_is_said_or_why_there_was_none(tmp_path: Path):
    log = tmp_path / "etl.log"
    log.write_text(STARTING)
    assert BatchLogs(tmp_path).look().etl == "etl: first run"
    runs = [json_line(RunReport(n, 7.6, good={"t": {"A": 10_000 + n}}).as_json()) + "\n" for n in (1, 2)]
    log.write_text(STARTING + "".join(runs) + "what Spark says by the way\n")
    assert re.fullmatch(r"etl \d\d:\d\d:\d\d 10,002 records in 8 s", BatchLogs(tmp_path).look().etl)
    log.write_text(STARTING + runs[0] + "The database does not answer. Trying again in 20 s.\n")
    assert BatchLogs(tmp_path).look().etl == "etl: The database does not answer. Trying again in 20 s."
    log.write_text(STARTING + runs[0] + "error: There is no Java.\nhint: Install it.\n")
    assert BatchLogs(tmp_path).look().etl == "etl: error: There is no Java."


def test_of_each_task_the_newest_news_is_said(tmp_path: Path):
    news = [
        told("conversion", "one"),
        told("basket", "two"),
        "5\n",
        '{"at": 7}\n',
        told("conversion", "three"),
        "x",
    ]
    (tmp_path / "trainer.log").write_text("".join(news))
    tasks = BatchLogs(tmp_path).look().tasks
    assert {task: said.split(" ", 1)[1] for task, said in tasks.items()} == {
        "conversion": "three",
        "basket": "two",
    }
    assert all(re.match(r"\d\d:\d\d:\d\d ", said) for said in tasks.values())


def test_the_last_word_on_a_quiet_task_stays_however_much_is_said_of_another(tmp_path: Path):
    logs, log = BatchLogs(tmp_path), tmp_path / "trainer.log"
    log.write_text(told("basket", "two"))
    logs.look()
    with log.open("a") as stream:
        for n in range(200):
            stream.write(told("conversion", f"{n} {'evidence ' * 50}"))
    tasks = logs.look().tasks
    assert list(tasks) == ["basket", "conversion"]
    assert tasks["basket"].endswith(" two")
