"""``freshet shadow``: a trained model answers on the live stream, unserved."""

from __future__ import annotations

from typing import Annotated

import typer

from freshet.cli.arguments import need_model
from freshet.cli.lifecycle import life_of, show_change
from freshet.cli.options import Bootstrap, DatabaseUrl, DataDir, Json, ModelId, PasswordFile, settings_from

EXAMPLES = """freshet shadow conversion/boosting@3
freshet shadow conversion/boosting@3 --end"""


def shadow(
    model: ModelId,
    end: Annotated[bool, typer.Option("--end", help="It is to answer no more.")] = False,
    json: Json = False,
    data_dir: DataDir = None,
    bootstrap: Bootstrap = None,
    database_url: DatabaseUrl = None,
    password_file: PasswordFile = None,
) -> None:
    """Let a model of the registry answer beside the others: it is scored on the same labels, and not served.

    From which offset on it does is the same after every crash, for that stands in the log.
    """
    need_model(model)
    settings = settings_from(
        data_dir=data_dir,
        bootstrap=bootstrap,
        database_url=database_url,
        database_password_file=password_file,
    )
    with life_of(settings) as life:
        change = life.retire(model) if end else life.shadow(model)
    show_change(change, json=json)
