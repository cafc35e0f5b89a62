"""What the commands of a model's life share: the way in, and how a change and its evidence are shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from dashboard.terminal.plain_text import json_line, plain, styled
from freshet.cli.broker_check import require_broker
from freshet.cli.rendering import console, echo

if TYPE_CHECKING:
    from consumers.lifecycle import Life
    from contracts.settings import Settings
    from infra.postgres import ModelChange

__all__ = ["change_as_json", "changes", "evidence_table", "life_of", "show_change"]

_SAID = {
    "shadow": "answers from now on, unserved",
    "promote": "is champion from now on",
    "rollback": "is retired",
    "retire": "answers no more",
}


@contextmanager
def life_of(settings: Settings) -> Iterator[Life]:
    """Where models are changed."""
    require_broker(settings)
    from consumers.lifecycle import Life
    from infra.signatures import signatures_of

    with changes(settings) as store:
        life = Life(settings.bootstrap, settings.namespace, store, signatures_of(settings))
        try:
            yield life
        finally:
            life.close()


@contextmanager
def changes(settings: Settings) -> Iterator[Any]:
    """The `ModelChangeStore` of a database whose schema is brought up to date."""
    from infra.postgres import ModelChangeStore, migrated

    with ModelChangeStore(migrated(settings)) as store:
        yield store


def change_as_json(change: ModelChange) -> dict[str, Any]:
    """As commands print it with ``--json``."""
    return {
        "change": change.id,
        "action": change.action,
        "model": f"{change.task}/{change.model}",
        "digest": change.digest,
        "replaced": f"{change.task}/{change.replaced}" if change.replaced else None,
        "forced": change.forced,
        "state": change.state,
        "at": change.at.isoformat() if change.at else None,
        "since_offsets": {str(partition): offset for partition, offset in sorted(change.offsets.items())},
        "evidence": change.evidence,
    }


def show_change(change: ModelChange, *, json: bool) -> None:
    """Say what was changed."""
    if json:
        echo(json_line(change_as_json(change)))
        return
    screen = console()
    if change.evidence is not None:
        screen.print(evidence_table(change.evidence))
    model = styled(f"{change.task}/{change.model}", "bold")
    screen.print(Text.assemble(model, f" {_SAID[change.action]}"), soft_wrap=True)
    if change.action == "rollback":
        again = f"{change.task}/{change.replaced}" if change.replaced else "an online model"
        screen.print(Text.assemble(styled(again, "bold"), " is served again"), soft_wrap=True)
    if change.forced:
        screen.print(Text("The gate did not say yes: this was forced, and is noted.", "yellow"))
    since = ", ".join(f"{partition}:{offset:,}" for partition, offset in sorted(change.offsets.items()))
    screen.print(
        Text(f"since offset (partition:offset) {since}, change {plain(change.id)}", "dim"), soft_wrap=True
    )


def evidence_table(evidence: Mapping[str, Any]) -> Table:
    """What the gate saw."""
    table = Table(box=None, header_style="dim", padding=(0, 1))
    names = (
        "labels",
        "sessions",
        "loss",
        "served loses",
        "saves a label",
        "at least",
        "least effect",
        "gate",
    )
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)

    def number(name: str) -> str:
        value = evidence.get(name)
        return "–" if value is None else f"{value:.5f}"

    passed = bool(evidence.get("passed"))
    table.add_row(
        f"{evidence['labels']:,}",
        f"{evidence['sessions']:,}",
        *map(number, ("loss", "loss_served", "effect", "lower_bound", "least_effect")),
        Text("passed" if passed else "not passed", "green" if passed else "red"),
    )
    return table
