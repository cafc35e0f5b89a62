"""What goes to a terminal or a pipe: data with nothing in it that a terminal would obey.

Ids, products and error texts come from whoever can write to a topic. An escape sequence in one of them could
repaint the screen or answer a prompt, so everything that is not printable is shown as an escape, and rich gets
texts (`rich.text.Text`), never markup with data in it.
"""

from __future__ import annotations

from typing import Any

from rich.text import Text

__all__ = [
    "json_line",
    "json_text",
    "plain",
    "plain_bytes",
    "styled",
]


def plain(value: object) -> str:
    r"""`value` as text on one line, with each character that is not printable as an escape.

    Examples
    --------
    >>> plain("a\x1b[31mb\x00\u202e\n")
    'a\\x1b[31mb\\x00\\u202e\\n'
    """
    text = str(value)
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escape(char) for char in text)


def plain_bytes(value: bytes | None, limit: int | None = None) -> str:
    r"""Bytes as text: UTF-8 where it is, ``\xNN`` where it is not; a backslash is doubled, so that nothing is lost.

    Parameters
    ----------
    value : bytes or None
        As they stood on a topic.
    limit : int, optional
        Show that many bytes at most, and how many more there are.

    Examples
    --------
    >>> plain_bytes(b"caf\xc3\xa9 \xff\x1b[0m \\")
    'café \\xff\\x1b[0m \\\\'
    >>> plain_bytes(b"x" * 9, limit=4)
    'xxxx … 5 bytes more'
    >>> plain_bytes(None)
    '(none)'
    """
    if value is None:
        return "(none)"
    shown = value if limit is None else value[:limit]
    text = shown.replace(b"\\", b"\\\\").decode("utf-8", "surrogateescape")
    parts = [
        char
        if char.isprintable()
        else f"\\x{ord(char) - 0xDC00:02x}"
        if 0xDC80 <= ord(char) <= 0xDCFF
        else _escape(char)
        for char in text
    ]
    more = len(value) - len(shown)
    return "".join(parts) + (f" … {more:,} bytes more" if more else "")


def _escape(char: str) -> str:
    # U+0080 to U+00FF as \u, so that \xNN above 7f always is a byte that is no UTF-8.
    return (
        f"\\u{ord(char):04x}" if 0x80 <= ord(char) <= 0xFF else char.encode("unicode_escape").decode("ascii")
    )


def json_text(text: str) -> str:
    r"""JSON that is whole already, on one line, with what is not printable as ``\uNNNN``.

    Outside of strings JSON has no such characters but white space, so that the value stays the same.

    Examples
    --------
    >>> json_text('{"a":\n"\x9b1m"}')
    '{"a": "\\u009b1m"}'
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else " " if char in "\t\n\r" else _unicode(char) for char in text
    )


def _unicode(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{int.from_bytes(units[i : i + 2], 'big'):04x}" for i in range(0, len(units), 2))


def json_line(value: Any) -> str:
    """`value` as JSON on one line; what is not finite becomes null.

    Examples
    --------
    >>> json_line({"a": float("nan")})
    '{"a":null}'
    """
    import msgspec

    return json_text(msgspec.json.encode(value).decode())


def styled(value: object, style: str = "") -> Text:
    """`value` with nothing in it that a terminal would obey, as a text for rich."""
    return Text(plain(value), style=style)
