"""``freshet replay``: learns from a recorded shop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from consumers.trainer.trials import LEAST_LABELS
from freshet.cli.command import BROKER, HTTP, LIVE, command
from freshet.cli.options import (
    Fresh,
    Json,
    Keep,
    Untrained,
    read_again,
)

if TYPE_CHECKING:
    from contracts.settings import Settings
    from producers.replay import Dates, RecordedFile


_REPORT = "rows.json"


@command(
    LIVE,
    2,
    examples="""freshet replay online_retail.csv.gz
        freshet replay online_retail.csv.gz --rate 0 --fresh --json
        freshet replay online_retail.csv.gz --send-only --bootstrap 127.0.0.1:9092""",
    takes=("rate", "speed", "partitions", "group", *BROKER, *HTTP),
)
def replay(
    settings: Settings,
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV, plain or gzip: InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, "
            "CustomerID, Country."
        ),
    ],
    dates: Annotated[
        Literal["dmy", "mdy", "iso"] | None,
        typer.Option(
            help="Of 1/12/2010, day or month first; iso: none with slashes is taken. As the column tells, if not given."
        ),
    ] = None,
    fresh: Fresh = False,
    untrained: Untrained = False,
    keep: Keep = False,
    batch: Annotated[
        bool,
        typer.Option("--batch/--no-batch", help="Also move history, train batch models and promote them."),
    ] = False,
    json: Json = False,
    send_only: Annotated[
        bool, typer.Option("--send-only", help="Only send the events to the broker: no runtime, no learners.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option("--report", help="With --send-only: write the count of rows there.")
    ] = None,
) -> None:
    """Replay a recorded shop through the same topics, tasks and scores.

    Every row is used or counted by the reason why it was not, with an example. Nothing is sorted: time going back more
    than a day is refused. In a recorded shop there are no sessions, so conversion is not asked.
    """
    from contracts.errors import UsageError

    if send_only:
        _send(settings, *_usable(file, dates), report)
        return
    typed = [
        f"--{name.replace('_', '-')}" for name in ("bootstrap", *HTTP) if settings.origin[name] == "flag"
    ]
    if wrong := [*typed, *(["--report"] if report is not None else [])]:
        message = f"{wrong[0]} goes with --send-only: without it, an embedded broker is started."
        raise UsageError(message)

    from freshet.run.demo_run import Show
    from freshet.run.remembered_shop import going_on, recall
    from freshet.run.stack import start_over

    _, taken = _usable(file, dates)  # refused before anything is wiped or started
    there = recall(settings.data_dir)
    if fresh:
        start_over(settings.data_dir)
        settings, there = read_again(settings), None
    settings, shop = going_on(settings, there, file=file, dates=taken.of_note)
    rows = settings.data_dir / _REPORT
    rows.unlink(missing_ok=True)

    def counted() -> dict[str, Any]:
        import msgspec

        return {"rows": msgspec.json.decode(rows.read_bytes())}

    arguments = ["replay", str(file.absolute()), "--send-only", "--report", str(rows)]
    arguments += ["--dates", dates] if dates else []
    batch_from = LEAST_LABELS if batch else None
    show = Show(
        settings,
        shop,
        arguments,
        batch_from=batch_from,
        untrained=untrained,
        keep=keep,
        is_json=json,
        more=counted,
    )
    code = show.run()
    if rows.exists():  # not where the sending was broken off
        _tell(counted()["rows"], taken)
    raise typer.Exit(code)


def _usable(path: Path, typed: Literal["dmy", "mdy", "iso"] | None) -> tuple[RecordedFile, Dates]:
    """The file, and how its dates are read; refused if there is nothing in it that can be sent."""
    from producers.replay import RecordedFile, Replay

    file = RecordedFile(path)
    dates = file.dates(typed)
    Replay(file, 1, dates).must_be_usable()
    return file, dates


def _tell(rows: dict[str, Any], dates: Dates) -> None:
    from freshet.cli.rendering import tell
    from producers.replay import in_words

    if dates.order is not None:
        tell(f"dates with slashes: {dates.why}")
    for line in in_words(rows):
        tell(line)


def _send(settings: Settings, file: RecordedFile, dates: Dates, report: Path | None) -> None:
    from dashboard.terminal.plain_text import json_line
    from freshet.cli.broker_check import require_address, with_partitions_found
    from freshet.cli.long_running import waiting_as
    from freshet.cli.rendering import tell
    from freshet.cli.sending import send
    from infra.signals import stop_event
    from producers.replay import Replay

    stop = stop_event()
    require_address(settings)
    waiting = waiting_as("sender", settings)
    found = waiting.until_done(lambda: with_partitions_found(settings), stop)
    if found is None:
        return
    settings = found
    shop = Replay(file, settings.partitions, dates)
    sent = send(
        shop,
        settings,
        stop,
        total=file.lines,
        unit="rows",
        done=lambda _: shop.rows.read,
        waiting=waiting,
    )
    rows = shop.rows.as_json() | {"dates": dates.order}
    tell(f"sent {sent.user_events:,} user events")
    _tell(rows, dates)
    if report is not None and sent.is_complete:
        report.write_text(json_line(rows) + "\n")
