"""``freshet keys``: the keys that sign snapshots, models and changes of models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from dashboard.terminal.plain_text import json_line
from freshet.cli.command import LOCAL, LOOK, Group, command
from freshet.cli.options import Json
from freshet.cli.rendering import console, echo, tell

if TYPE_CHECKING:
    from contracts.settings import Settings
    from infra.keyring import Keyring

_KEYS = Group("keys", LOOK, 8, what="Keys that sign snapshots, models and changes of models.")


@command(_KEYS, examples="freshet keys list", takes=LOCAL, name="list")
def list_keys(settings: Settings, json: Json = False) -> None:
    """List the ids of the installation's keys: the one that signs, then those that only verify."""
    from infra.keyring import load_keyring

    _show(load_keyring(settings.secret_file), json)


@command(_KEYS, examples="freshet keys rotate", takes=LOCAL)
def rotate(settings: Settings, json: Json = False) -> None:
    """Sign with a new key from now on; the old one stays for verifying what it signed.

    Where other machines run learners, bring them the new key and the retired one before models are changed.
    """
    from infra import keyring

    ring = keyring.rotate(settings.secret_file)
    tell(f"{settings.secret_file} is a new key; the one before lies beside it")
    _show(ring, json)


def _show(ring: Keyring, json: bool) -> None:
    from infra.keyring import key_id

    rows = [{"id": key_id(key), "signs": key == ring.current} for key in ring.keys]
    if json:
        for row in rows:
            echo(json_line(row))
        return
    screen = console()
    for row in rows:
        screen.print(Text(f"{row['id']}  {'signs' if row['signs'] else 'verifies only'}"))
