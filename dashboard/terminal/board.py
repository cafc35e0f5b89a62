"""The live board: a `View` drawn for a terminal of any size, readable from 80 x 24 up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from textwrap import wrap

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from dashboard.terminal.fitting import fitting, spread, titled, whole_words
from dashboard.terminal.latest import latest_table
from dashboard.terminal.plain_text import plain, styled
from dashboard.terminal.sparkline import sparkline
from dashboard.view.view_model import ModelView, TaskView, View

__all__ = ["column_title", "draw", "draw_tasks", "fewer_labels", "number", "share", "task_table"]

_FIXED_LINES = 5  # heading, two lines of counts, heading of the latest predictions, keys
_ROOM_FOR_ECE = 110
_LEAST_MODEL, _LEAST_CURVE = 18, 9
_PADDING = 2  # of a column, left and right
_LINES_A_TASK = 2  # its heading and that of its columns
_MODELS_A_TASK = 3  # at least; where these do not fit for all tasks, one is shown at a time
_TURN_S = 8.0
_KIND_STYLES = {"online": "bold", "baseline": "dim", "frozen": "cyan", "batch": "bold magenta"}
_STAGE_STYLES = {"champion": "yellow", "quarantine": "red"}


@cache
def _known(name: str) -> tuple[str, str]:
    """Title and form of a metric."""
    from models.kinds import METRICS  # not for --help: NumPy is behind it

    metric = METRICS.get(name)
    return (metric.title, metric.form) if metric is not None else (name.replace("_", " "), "ratio")


def column_title(name: str) -> str:
    """What stands above a metric's column.

    Examples
    --------
    >>> column_title("log_loss"), column_title("calibration_error")
    ('log loss', 'calibration error')
    """
    return "± se" if name == "se" else _known(name)[0]


def number(name: str, value: float | None) -> str:
    """A metric as text: shares in per cent, amounts with thousands, the rest with four digits.

    Examples
    --------
    >>> number("share_of_learnable", 0.913), number("mae", 1311.5), number("log_loss", 0.30811)
    ('91.3 %', '1,312', '0.3081')
    >>> number("mae", 12.3456), number("log_loss", None)
    ('12.35', '–')
    """
    if value is None or value != value:
        return "–"
    form = "loss" if name == "se" else _known(name)[1]
    if form == "share":
        return f"{value:.1%}".replace("%", " %") if abs(value) < 10 else "< 0" if value < 0 else "> 1000 %"
    if form == "amount":
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.2f}"
    return f"{value:.4f}" if form == "loss" else f"{value:.3f}"


def share(value: float | None, se: float | None) -> str:
    """A share of the learnable with its standard error, where both are known.

    Examples
    --------
    >>> share(0.913, 0.0042), share(0.913, None), share(None, None)
    ('91.3 ± 0.4 %', '91.3 %', '–')
    """
    said = number("share_of_learnable", value)
    if se is None or value is None or abs(value) >= 10:
        return said
    return f"{said.removesuffix(' %')} ± {100 * se:.1f} %"


def draw(view: View, width: int, height: int, chosen: int | None = None) -> RenderableType:
    """Draw the board.

    Parameters
    ----------
    view : View
        What to show.
    width, height : int
        Of the terminal, in characters. Models are left out from the end where lines are short, latest
        predictions take what is left, three at least. Where not even three models of each task fit, one task is shown
        at a time.
    chosen : int, optional
        Which task then, from 0 on; without, each in turn.
    """
    held = wrap(plain(view.held), max(10, width - 1))
    said = [Text(f" {line}", "bold yellow", no_wrap=True, overflow="ellipsis") for line in held]
    parts: list[RenderableType] = [_heading(view, width), _counts(view, width), *said]
    room = height - _FIXED_LINES - 3 - len(said)
    tasks, is_one = view.tasks, False
    if sum(_least_lines(task, width) for task in tasks) > room and len(tasks) > 1:
        number_of_it = int(view.elapsed_s / _TURN_S) if chosen is None else chosen
        tasks, is_one = (tasks[number_of_it % len(tasks)],), True
        parts.append(_tabs(view.tasks, tasks[0], width))
        room -= 1
    for i, task in enumerate(tasks):
        left = len(tasks) - i - 1
        below = _below(task, width)
        # What the tasks below need at the very least is kept for them.
        lines = max(1, room - _LINES_A_TASK - len(below) - left * (_LINES_A_TASK + 3))
        shown = task.models[:lines]
        parts.append(task_table(task, shown, width))
        parts += below
        room -= _LINES_A_TASK + len(below) + len(shown)
    parts.append(latest_table(view.latest[-max(3, room + 3) :], width))
    keys = Text.assemble(
        (" Ctrl-C", "bold"),
        (" ends everything and keeps the data", "dim"),
        *(
            ((f"  1–{len(view.tasks)}", "bold"), (" a task", "dim"), ("  0", "bold"), (" in turn", "dim"))
            if is_one
            else ()
        ),
        (f"  · {plain(view.etl)}" if view.etl else "", "dim"),
        _note(view.note),
    )
    parts.append(whole_words(keys, width))
    return Group(*parts)


def _least_lines(task: TaskView, width: int) -> int:
    return _LINES_A_TASK + len(_below(task, width)) + min(_MODELS_A_TASK, max(1, len(task.models)))


def _tabs(tasks: Sequence[TaskView], shown: TaskView, width: int) -> RenderableType:
    """All tasks by the key that shows them."""
    said = Text(" ")
    for key, task in enumerate(tasks, 1):
        said.append(f"{key} {plain(task.name)}", "bold reverse" if task is shown else "dim")
        said.append("  ")
    return whole_words(said, width)


def draw_tasks(view: View, width: int) -> RenderableType:
    """Only the tasks with all their models: what is left on the screen when the board closes."""
    parts: list[RenderableType] = []
    for task in view.tasks:
        parts += [task_table(task, task.models, width), *_below(task, width)]
    return Group(*parts)


def _note(note: str) -> tuple[str, str]:
    return (f"  · {plain(note)}", "yellow") if note else ("", "")


def _heading(view: View, width: int) -> RenderableType:
    name = Text.assemble((" freshet ", "bold white on blue"), f" {plain(view.source)}")
    partitions = Text(f" · {view.partitions} partition{'s' if view.partitions != 1 else ''}")
    address = Text(f" · {plain(view.bootstrap)}", "dim")
    minutes, seconds = divmod(int(view.elapsed_s), 60)
    hours, minutes = divmod(minutes, 60)
    right = Text.assemble(
        "  ",
        (plain(view.state), "green" if view.state == "running" else "yellow"),
        f" {hours}:{minutes:02d}:{seconds:02d} ",
    )
    name = whole_words(name, width - right.cell_len)
    return spread([(0, name), (2, partitions), (3, address)], [(1, right)], width)


def _counts(view: View, width: int) -> RenderableType:
    events = Text.assemble((" events ", "dim"), (f"{view.events:,}", "bold"))
    bar_of_all = Text()
    if view.events_total:
        events.append(f" of {view.events_total:,}")
        done, bar = min(1.0, view.events / view.events_total), max(4, width - 76)
        full = int(done * bar)
        bar_of_all.append(" " + "━" * full, "green")
        bar_of_all.append("━" * (bar - full), "bright_black")
        bar_of_all.append(f" {done:.0%}")
    rate = f"{view.events_per_s:,.0f}/s" if view.events_per_s is not None else "–/s"
    learner = Text.assemble("  lag ", ("learner ", "dim"), _lag(view.learner_lag), " ")
    scoreboard = Text.assemble((" scoreboard ", "dim"), _lag(view.scoreboard_lag), " ")
    named = width >= 120  # else in the order of the tasks below
    asked = Text.assemble((" predicted ", "dim"), _by_task(view.predictions, named))
    labelled = Text.assemble(("  labelled ", "dim"), _by_task(view.labels, named))
    letters = (f"{view.dead_letters:,} ", "bold yellow" if view.dead_letters else "")
    late, dead = (
        Text.assemble(("  late ", "dim"), f"{view.late:,} "),
        Text.assemble((" dead ", "dim"), letters),
    )
    if view.passed_over:  # somebody else writes to our topics
        dead.append_text(Text.assemble((" passed over ", "dim"), (f"{view.passed_over:,} ", "bold yellow")))
    left = [(0, events), (4, bar_of_all), (1, Text(f"  {rate}", "green"))]
    return Group(
        spread(left, [(2, learner), (3, scoreboard)], width),
        spread([(0, asked), (1, labelled)], [(3, late), (2, dead)], width),
    )


def _lag(lag: int | None) -> tuple[str, str]:
    return ("–", "dim") if lag is None else (f"{lag:,}", "green" if lag < 5_000 else "yellow")


def _by_task(counts: Mapping[str, int], named: bool) -> Text:
    if not counts:
        return Text("–")
    parts = (
        Text.assemble((f"{n:,}", "bold"), (f" {plain(task)}" if named else "")) for task, n in counts.items()
    )
    return Text(" + ").join(parts)


class _Curve:
    """A sparkline that takes what room its column has."""

    def __init__(self, values: Sequence[float | None], low: float, high: float, style: str) -> None:
        self._values, self._low, self._high, self._style = values, low, high, style

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(8, options.max_width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(
            sparkline(self._values, options.max_width, self._low, self._high), self._style, no_wrap=True
        )


def task_table(task: TaskView, models: Sequence[ModelView], width: int) -> RenderableType:
    """One task as a heading and a table: a line a model, its metrics over the window, its curve."""
    title = Text(f" {plain(task.name)}", "bold blue")
    if width >= 96:
        title.append(f" {plain(task.question)}", "not bold default")
    said = [f"{task.labels:,} labels " if task.labels else "waiting for labels "]
    if task.window_labels:
        said.append(f"last {task.window_labels:,} of {said[-1]}")
    if task.deployment and width >= 96:
        said.append(f"{plain(task.deployment)} · {said[-1]}")
    metrics, has_curve = _columns(task, models, width)
    others = [*metrics.values(), *([_LEAST_CURVE] if has_curve else [])]
    most = max(_LEAST_MODEL, min(30, width - sum(others) - _PADDING * (1 + len(others))))
    table = Table(box=None, expand=True, padding=(0, 1), header_style="dim", show_edge=False)
    table.add_column("  model", no_wrap=True, overflow="ellipsis", min_width=_LEAST_MODEL, max_width=most)
    for name, need in metrics.items():
        table.add_column(column_title(name), justify="right", no_wrap=True, width=need)
    if has_curve:
        over_time = f"{column_title(task.charted)} over time" if width >= 96 else "over time"
        table.add_column(over_time, no_wrap=True, ratio=1, min_width=_LEAST_CURVE)
    low, high = _scale(task)
    for model in models:
        is_served, is_partial = model.name == task.served, model.fewer_labels is not None
        shown = Text.assemble(
            ("★ " if is_served else "  ", "yellow"),
            (plain(model.name), _KIND_STYLES.get(model.kind, "")),
            ("°" if is_partial else "", "yellow"),
            (f" {plain(model.stage)}" if model.stage else "", _STAGE_STYLES.get(model.stage, "dim")),
        )
        style = "dim" if is_partial or model.kind == "baseline" else "green" if is_served else ""
        table.add_row(
            shown,
            *(Text(_cell(model, m, width), _grade(m, model.metrics.get(m))) for m in metrics),
            *([_Curve(model.history, low, high, style)] if has_curve else []),
        )
    return Group(titled(title, said, width), table)


def _columns(task: TaskView, models: Sequence[ModelView], width: int) -> tuple[dict[str, int], bool]:
    """Metrics that fit, with the width of their columns, and whether the curve does: the charted one is asked first."""
    asked = [name for name in task.metrics if name != "ece" or width >= _ROOM_FOR_ECE]
    needs = {
        name: max(len(column_title(name)), *(len(_cell(model, name, width)) for model in models), 1)
        for name in sorted(asked, key=lambda name: name != task.charted)
    }
    asked_for = [need + _PADDING for need in (*needs.values(), _LEAST_CURVE)]
    fits = fitting(asked_for, width - _LEAST_MODEL - _PADDING)
    shown = {name for name, is_shown in zip(needs, fits, strict=False) if is_shown}
    return {name: needs[name] for name in asked if name in shown}, fits[-1]


def _cell(model: ModelView, metric: str, width: int) -> str:
    value = model.metrics.get(metric)
    if metric == "share_of_learnable" and width >= 96:
        return share(value, model.metrics.get("share_se"))
    return number(metric, value)


def _scale(task: TaskView) -> tuple[float, float]:
    """What the lowest and the highest bar stand for: the same for all models of a task."""
    known = [value for model in task.models for value in model.history if value is not None]
    if not known:
        return 0.0, 1.0
    if task.charted == "share_of_learnable":
        return max(0.0, min(known)), 1.0
    return min(known), max(known)


def _grade(name: str, value: float | None) -> str:
    if name != "share_of_learnable" or value is None:
        return "dim" if value is None else ""
    return "green" if value >= 0.85 else "yellow" if value >= 0.6 else "red"


def _below(task: TaskView, width: int) -> list[RenderableType]:
    """What stands below a task's table: who answered fewer labels, the oracle's lines, the news of batch models."""
    fewer = {m.name: m.fewer_labels for m in task.models if m.fewer_labels is not None}
    lines: list[RenderableType] = [whole_words(fewer_labels(fewer), width)] if fewer else []
    lines += [whole_words(_oracle(task.oracle), width)] if task.oracle else []
    if task.batch:
        said = Text.assemble(("  batch   ", "dim"), styled(task.batch, "magenta"))
        lines.append(whole_words(said, width))
    return lines


def fewer_labels(labels: Mapping[str, int]) -> Text:
    """The footnote to models that answered only some of the labels: by model, how many.

    Examples
    --------
    >>> str(fewer_labels({"a@1": 1200}))
    '  ° scored on fewer labels, those that it answered: a@1 1,200'
    """
    said = " · ".join(f"{plain(model)} {count:,}" for model, count in labels.items())
    text = Text("  ° scored on fewer labels, those that it answered: ", "dim")
    text.append(said)
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def _oracle(oracle: Mapping[str, float | None]) -> Text:
    text = Text("  oracle  ", "dim")
    for i, (name, value) in enumerate(oracle.items()):
        text.append(" · " if i else "", "dim")
        text.append(f"{plain(name)} ", "dim")
        text.append(number("log_loss", value), "magenta")
    return text
