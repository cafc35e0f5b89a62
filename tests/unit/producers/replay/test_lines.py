from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.replay import Replay
from producers.replay.lines import records
from tests.unit.producers.replay.recordings import Line, as_csv, recorded, user_events

OPEN = b'536365,71053,"LANTERN,6,2010-12-01 08:26:00,2.50,17850.0,United Kingdom\n'


def good(count: int, name: str = "LANTERN") -> bytes:
    lines = [Line(invoice=f"{n}", name=name) for n in range(count)]
    return as_csv(lines).encode().split(b"\n", 1)[1]


HEADER = as_csv([]).encode()


@pytest.mark.parametrize(
    "rows",
    [
        good(3) + OPEN + good(4),
        good(3) + OPEN,
        good(3) + OPEN + good(500),
        # Whatever the next quotation mark belongs to.
        OPEN + good(2, name="A, B") + good(2),
        OPEN + good(2, name='A "B"') + good(2),
        OPEN + good(2) + OPEN + good(2),
        OPEN + OPEN.replace(b'"LANTERN', b'LANTERN"') + good(2),
    ],
    ids=[
        "in the middle",
        "at the end",
        "far from the end",
        "a comma",
        "a quote",
        "another one",
        "a closing one",
    ],
)
def test_an_open_quotation_mark_costs_its_own_row_and_no_other(tmp_path: Path, rows: bytes) -> None:
    file = recorded(tmp_path, content=HEADER + rows)
    found = list(file.rows())
    lines = (HEADER + rows).decode().splitlines()
    assert [line for line, *_ in found] == list(range(2, len(lines) + 1))
    assert [line for line, _, fields, _ in found if fields is None] == [
        number for number, line in enumerate(lines, start=1) if ',"LANTERN' in line
    ]
    replay = Replay(file, 1)
    user_events(replay)
    assert replay.rows.read == len(lines) - 1 == replay.rows.used + sum(replay.rows.skipped.values())
    if found[-1][2] is not None:
        assert replay.rows.skipped["open-quote"] == rows.count(b',"LANTERN,')


def test_a_name_of_several_lines_is_one_row_with_the_line_in_which_it_begins(tmp_path: Path) -> None:
    file = recorded(tmp_path, Line(name="A,\n,B\n"), Line())
    assert [(line, bool(fields), is_open) for line, _, fields, is_open in file.rows()] == [
        (2, True, False),
        (5, True, False),
    ]


def test_a_row_that_is_no_csv_is_one_row(tmp_path: Path) -> None:
    content = HEADER + good(1) + b"a\rb\n" + b'1,"' + b"x" * 200_000 + b"\n" + good(1)
    replay = Replay(recorded(tmp_path, content=content), 1)
    user_events(replay)
    assert (replay.rows.read, replay.rows.skipped["wrong-columns"]) == (4, 2)


def test_marks_that_are_open_in_every_line_do_not_make_a_file_slow() -> None:
    lines = [b'x"y,"z\n'] * 3_000
    began_s = time.process_time()
    found = list(records([b"a,b,c,d\n", *lines]))
    assert sum(text.count("\n") for _, text, _, _ in found) == 3_001
    # Each line read again to the end of the file would take minutes.
    assert time.process_time() - began_s < 20


@given(rows=st.lists(st.text(alphabet='a,"\n', max_size=12), max_size=20))
def test_every_line_stands_in_exactly_one_record(rows: list[str]) -> None:
    lines = "".join(f"{row}\n" for row in rows).encode().splitlines(keepends=True)
    texts = [(at, text) for at, text, _, _ in records([b"a,b\n", *lines])]
    numbers: Counter[int] = Counter()
    for at, text in texts:
        numbers.update(range(at, at + text.count("\n")))
    blank = {n for n, line in enumerate(lines, start=2) if line == b"\n"}
    assert set(numbers) | blank == set(range(1, len(lines) + 2))
    assert set(numbers.values()) == {1}
