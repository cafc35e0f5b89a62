from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from contracts.errors import InputFileError
from producers.replay import COLUMNS, RecordedFile
from tests.unit.producers.replay.recordings import Line, as_csv, recorded


def names_of(file: RecordedFile) -> list[str]:
    return [fields[2] for _, _, fields, _ in file.rows() if fields]


@pytest.mark.parametrize(
    "content",
    [
        as_csv([Line(name="CAFÉ £")]).encode(),
        as_csv([Line(name="CAFÉ £")]).encode("utf-8-sig"),
        as_csv([Line(name="CAFÉ £")]).encode("latin-1"),
        gzip.compress(as_csv([Line(name="CAFÉ £")]).encode("latin-1")),
    ],
    ids=["utf-8", "utf-8 with a mark", "latin-1", "latin-1 in gzip"],
)
def test_encodings_and_compression_read_the_same(tmp_path: Path, content: bytes) -> None:
    assert names_of(recorded(tmp_path, content=content)) == ["CAFÉ £"]


def test_columns_may_stand_in_any_order_beside_others(tmp_path: Path) -> None:
    header = ["Note", *reversed(COLUMNS)]
    content = as_csv([["hello", *reversed(Line())]], header).encode()
    assert [fields for _, _, fields, _ in recorded(tmp_path, content=content).rows()] == [list(Line())]


def test_a_row_of_another_width_is_a_row_without_fields(tmp_path: Path) -> None:
    file = recorded(tmp_path, Line(), Line()[:7], [*Line(), "more"], Line())
    assert [(line, fields is None) for line, _, fields, _ in file.rows()] == [
        (2, False),
        (3, True),
        (4, True),
        (5, False),
    ]


def test_a_name_with_a_line_break_is_one_row_and_empty_lines_are_none(tmp_path: Path) -> None:
    content = as_csv([Line(name="A\nB"), Line()]).encode() + b"\r\n\r\n"
    assert names_of(recorded(tmp_path, content=content)) == ["A\nB", "LANTERN"]


def test_the_digest_is_of_the_bytes_and_lines_are_counted(tmp_path: Path) -> None:
    one = recorded(tmp_path, Line(), Line())
    assert one.lines == 2
    assert one.digest == recorded(tmp_path, Line(), Line()).digest
    assert one.digest != recorded(tmp_path, Line(), Line(quantity="7")).digest


def refused(tmp_path: Path, content: bytes) -> str:
    with pytest.raises(InputFileError) as error:
        recorded(tmp_path, content=content)
    assert str(tmp_path / "shop.csv") in str(error.value)
    return str(error.value)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert "is empty" in refused(tmp_path, b"")
    assert "is empty" in refused(tmp_path, gzip.compress(b""))


def test_missing_columns_are_named_beside_those_that_were_there(tmp_path: Path) -> None:
    message = refused(tmp_path, b"InvoiceNo,StockCode,Description,Quantity,Date,Price,CustomerID,Country\n")
    assert "lacks the columns InvoiceDate, UnitPrice." in message
    assert ", ".join(COLUMNS) in message
    assert "Date, Price, CustomerID" in message


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"PK\x03\x04" + b"\x00" * 50, "an Excel workbook or a zip archive"),
        (as_csv([Line()]).encode("utf-16"), "text in UTF-16"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "lacks the columns"),
        (b'"' + b"x" * 200_000, "is no CSV"),
    ],
    ids=["excel", "utf-16", "png", "open quotation mark"],
)
def test_what_is_no_csv_is_refused(tmp_path: Path, content: bytes, what: str) -> None:
    assert what in refused(tmp_path, content)


@pytest.mark.parametrize("cut", [5, 60, -9, -1])
def test_a_truncated_gzip_is_refused_before_a_row_is_read(tmp_path: Path, cut: int) -> None:
    content = gzip.compress(as_csv([Line(product=f"{n * 7919}") for n in range(500)]).encode())
    assert "is damaged or cut short" in refused(tmp_path, content[:cut])


def test_a_damaged_gzip_is_refused(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(as_csv([Line(product=f"{n * 7919}") for n in range(500)]).encode()))
    content[len(content) // 2] ^= 0xFF
    assert "is damaged or cut short" in refused(tmp_path, bytes(content))


def test_a_missing_file_or_a_folder_is_refused(tmp_path: Path) -> None:
    for path, why in ((tmp_path / "none.csv", "No such file"), (tmp_path, "directory")):
        with pytest.raises(InputFileError, match=why):
            RecordedFile(path)
