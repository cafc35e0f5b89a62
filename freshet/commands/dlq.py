"""``freshet dlq``: what could not be used, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.table import Table
from rich.text import Text

from contracts.errors import FreshetError, UsageError
from dashboard.terminal.plain_text import json_line, plain_bytes, styled
from freshet.cli.broker_check import require_broker
from freshet.cli.command import BROKER, LOOK, Group, command
from freshet.cli.options import Json
from freshet.cli.rendering import console, echo

if TYPE_CHECKING:
    from contracts.settings import Settings
    from freshet.cli.dead_letter import DeadLetter


_LETTERS = Group("dlq", LOOK, 7, what="Dead letters: what could not be used, and why.")
_SHOWN = 20


@command(
    _LETTERS,
    examples="""freshet dlq list
        freshet dlq list --reason not-json --last 100
        freshet dlq list --json""",
    takes=BROKER,
    name="list",
)
def list_dead_letters(
    settings: Settings,
    last: Annotated[int, typer.Option("--last", "-n", min=1, help="The newest so many.")] = _SHOWN,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Only dead letters with this reason.")
    ] = None,
    json: Json = False,
) -> None:
    """List dead letters, newest last, and count them by reason."""
    from collections import deque

    _known_reason(reason)
    require_broker(settings)
    counts: Counter[str] = Counter()
    newest: deque[DeadLetter] = deque(maxlen=last)
    for letter in sorted(
        _dead_letters(settings), key=lambda one: (one.appended_ms, one.partition, one.offset)
    ):
        counts[letter.reason] += 1
        if reason in (None, letter.reason):
            newest.append(letter)
    if json:
        for letter in newest:
            echo(json_line(_as_json(letter)))
        return
    screen = console()
    if not counts:
        screen.print(Text("No dead letters: everything could be used.", "green"))
        return
    table = Table(box=None, header_style="dim", padding=(0, 1))
    for name in ("letter", "from", "reason", "detail", "bytes"):
        justify: Literal["left", "right"] = "right" if name == "bytes" else "left"
        table.add_column(name, no_wrap=name != "detail", overflow="fold", justify=justify)
    for one in newest:
        table.add_row(
            f"{one.partition}:{one.offset}",
            styled(one.source),
            styled(one.reason, "yellow"),
            styled(one.detail),
            f"{len(one.value or b''):,}",
        )
    screen.print(table)
    screen.print()
    for name, count in counts.most_common():
        screen.print(Text.assemble((f"{count:>7,} ", "bold"), styled(name, "yellow"), f"  {_meaning(name)}"))
    screen.print(Text("\nfreshet dlq show PARTITION:OFFSET shows one with its bytes.", "dim"))


@command(
    _LETTERS,
    examples="""freshet dlq show 0:17
        freshet dlq show 0:17 --bytes 100000""",
    takes=BROKER,
)
def show(
    settings: Settings,
    letter: Annotated[str, typer.Argument(help="Which one, PARTITION:OFFSET, as `freshet dlq list` has it.")],
    limit: Annotated[int, typer.Option("--bytes", min=1, help="Show that many bytes at most.")] = 4096,
    json: Json = False,
) -> None:
    """Explain one dead letter: why, from where, and its bytes with nothing in them that a terminal would obey."""
    partition, _, offset = letter.partition(":")
    if not (partition.isdecimal() and offset.isdecimal()):
        message = f"A dead letter must be PARTITION:OFFSET, such as 0:17. Got {letter!r}."
        raise UsageError(message, hint="`freshet dlq list` lists them.")
    require_broker(settings)
    found = next(_dead_letters(settings, int(partition), int(offset)), None)
    if found is None or found.offset != int(offset):
        message = f"There is no dead letter {letter}."
        raise FreshetError(message, hint="`freshet dlq list` lists them.")
    if json:
        echo(json_line(_as_json(found)))
        return
    screen = console()
    for name, value in (
        ("letter", f"{found.partition}:{found.offset}"),
        ("from", found.source),
        ("reason", f"{found.reason}: {found.meaning}"),
        ("detail", found.detail),
        ("written by", f"group {found.group}, {_clock(found.appended_ms)}"),
    ):
        screen.print(Text.assemble((f"{name:<11}", "dim"), styled(value)), soft_wrap=True)
    screen.print(Text.assemble((f"{'key':<11}", "dim"), plain_bytes(found.key, limit)), soft_wrap=True)
    size = f"{len(found.value or b''):,} bytes, as Python writes them; a backslash is doubled"
    screen.print(Text.assemble((f"{'value':<11}", "dim"), (size, "dim")), soft_wrap=True)
    screen.print(Text(plain_bytes(found.value, limit)), soft_wrap=True)


def _dead_letters(settings: Settings, partition: int | None = None, offset: int = 0) -> Iterator[DeadLetter]:
    from contracts.topics import DEAD_LETTERS, topic_name
    from freshet.cli.dead_letter import read_dead_letter
    from infra.kafka import read_to_end

    here = None if partition is None else {partition: offset}
    only = None if partition is None else [partition]
    topic = topic_name(DEAD_LETTERS, settings.namespace)
    for record in read_to_end(settings.bootstrap, topic, start=here, partitions=only):
        yield read_dead_letter(record)


def _known_reason(reason: str | None) -> None:
    from contracts.codec import REASONS

    if reason is not None and reason not in REASONS:
        message = f"--reason must be one of {', '.join(REASONS)}. Got {reason!r}."
        raise UsageError(message)


def _meaning(reason: str) -> str:
    from contracts.codec import REASONS

    return REASONS.get(reason, "")


def _clock(ms: int) -> str:
    from contracts.codec import rfc3339

    return rfc3339(max(0, ms))


def _as_json(letter: DeadLetter) -> dict[str, Any]:
    import base64

    shown = letter._asdict()
    shown |= {"key": plain_bytes(letter.key), "value": plain_bytes(letter.value)}
    shown["value_base64"] = base64.b64encode(letter.value or b"").decode()
    return shown
