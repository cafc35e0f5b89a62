"""``freshet doctor``: what this machine has and lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from rich.text import Text

from dashboard.terminal.plain_text import json_line, plain
from freshet.cli.broker_check import answers
from freshet.cli.command import LOCAL, LOOK, command
from freshet.cli.options import Json
from freshet.cli.rendering import console, echo

if TYPE_CHECKING:
    from contracts.settings import Settings


@command(
    LOOK,
    9,
    examples="""freshet doctor
        freshet doctor --json""",
    takes=LOCAL,
)
def doctor(settings: Settings, json: Json = False) -> None:
    """Look at everything that a start needs, and say what to do where something is missing.

    Changes nothing. Exit code 1 where something is.
    """
    from infra.embedded.doctor import check_all

    found: list[dict[str, Any]] = [
        {"name": check.name, "ok": check.ok, "found": check.found, "advice": check.advice}
        for check in check_all(settings.data_dir)
    ]
    if (stale := _stale(settings)) is not None:
        found.append(stale)
    elif settings.origin["bootstrap"] != "default":
        found.append(broker := _broker(settings.bootstrap))
        if broker["ok"]:
            found.append(_log(settings))
    is_ok = all(check["ok"] for check in found)
    if json:
        echo(json_line({"ok": is_ok, "checks": found}))
    else:
        screen = console()
        for check in found:
            mark, style = ("ok  ", "green") if check["ok"] else ("no  ", "bold red")
            screen.print(
                Text.assemble((mark, style), f"{check['name']:<12} ", plain(check["found"])), soft_wrap=True
            )
            if check["advice"]:
                screen.print(
                    Text.assemble(" " * 17, ("-> " + plain(check["advice"]), "yellow")), soft_wrap=True
                )
        word = "All is well: freshet demo will start." if is_ok else "Something is missing: see above."
        screen.print(Text(word, "green" if is_ok else "bold red"))
    if not is_ok:
        raise typer.Exit(1)


def _stale(settings: Settings) -> dict[str, Any] | None:
    """What is said of addresses that a demo left behind: whoever listens there now is somebody else."""
    from infra.embedded.data_folder import lock_holder

    with lock_holder(settings.data_dir) as holder:
        if settings.origin["bootstrap"] != "runtime file" or holder is not None:
            return None
    said = f"{settings.bootstrap} was a demo's that ended without saying so: the next start replaces what it left"
    return {"name": "broker", "ok": True, "found": said, "advice": ""}


def _broker(bootstrap: str) -> dict[str, Any]:
    is_there = answers(bootstrap)
    said = f"{bootstrap} {'takes connections' if is_there else 'does not answer'}"
    advice = "" if is_there else "Start it, or correct the address; `freshet config` says where it came from."
    return {"name": "broker", "ok": is_there, "found": said, "advice": advice}


def _log(settings: Settings) -> dict[str, Any]:
    from contextlib import closing

    from contracts.topics import USER_EVENTS, topic_name
    from infra.kafka import LogCheck

    topic = topic_name(USER_EVENTS, settings.namespace)
    with closing(LogCheck(settings.bootstrap, topic)) as log:
        held = log.problem()
    advice = "Learners and the ETL wait for it: let that producer commit or abort, or end it." if held else ""
    return {
        "name": "log",
        "ok": held is None,
        "found": held or f"no open transaction holds {topic}",
        "advice": advice,
    }
