"""``freshet rollback``: the champion before is champion again."""

from __future__ import annotations

from typing import Annotated

import typer

from freshet.cli.arguments import need_task
from freshet.cli.lifecycle import life_of, show_change
from freshet.cli.options import Bootstrap, DatabaseUrl, DataDir, Json, PasswordFile, settings_from

EXAMPLES = """freshet rollback conversion"""


def rollback(
    task: Annotated[str, typer.Argument(help="Whose champion is to go.")],
    json: Json = False,
    data_dir: DataDir = None,
    bootstrap: Bootstrap = None,
    database_url: DatabaseUrl = None,
    password_file: PasswordFile = None,
) -> None:
    """Retire the champion of a task: the one before is served again, or an online model where there was none.

    Nothing is loaded and nothing restarted, for the one before has gone on answering. One that broke is passed over.
    """
    need_task(task)
    settings = settings_from(
        data_dir=data_dir,
        bootstrap=bootstrap,
        database_url=database_url,
        database_password_file=password_file,
    )
    with life_of(settings) as life:
        change = life.rollback(task)
    show_change(change, json=json)
