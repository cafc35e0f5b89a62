"""Bytes that a stranger may put on the main input: most are no events, some are events that merely look odd."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

__all__ = ["MOMENT", "Oddity", "corpus", "fortune", "from_the_future", "padded"]

# No index of a database takes it, and none makes it shorter.
_LONG = hashlib.shake_256(b"cart").hexdigest(3_000).encode()

MOMENT = "2026-01-05T08:00:00.000Z"


class Oddity(NamedTuple):
    """One record.

    Parameters
    ----------
    name : str
        What is odd about it.
    value : bytes or None
        What stands on the topic.
    reason : str or None
        Why it is a dead letter; None: it must be accepted.
    """

    name: str
    value: bytes | None
    reason: str | None


def _event(
    kind: bytes, time: str, fields: bytes = b"", *, user: bytes = b'"odd-1"', session: bytes = b'"odd-s"'
) -> bytes:
    head = b'{"type":"%s","id":"odd","time":"%s","source":"corpus","user_id":%s,"session_id":%s'
    return head % (kind, time.encode(), user, session) + fields + b"}"


def _viewed(time: str, product: bytes) -> bytes:
    return _event(b"ProductViewed", time, b',"product":{%s}' % product)


def _priced(time: str, price: bytes) -> bytes:
    return _viewed(time, b'"product_id":"p","price":' + price)


def _ordered(time: str, total: bytes, lines: bytes = b"1") -> bytes:
    return _event(
        b"OrderPlaced", time, b',"cart_id":"c","order_id":"o","total":%s,"lines":%s' % (total, lines)
    )


def _searched(time: str, query: bytes) -> bytes:
    return _event(b"Searched", time, b',"query":"%s"' % query)


def _tick(time: str) -> bytes:
    return b'{"type":"ClockTicked","id":"t","time":"%s","source":"corpus"}' % time.encode()


def padded(value_bytes: int, time: str = MOMENT) -> bytes:
    """A good event of exactly `value_bytes`, by an unknown field."""
    bare = len(_event(b"SessionStarted", time, b',"device":"phone","padding":""'))
    return _event(
        b"SessionStarted", time, b',"device":"phone","padding":"%s"' % (b"x" * (value_bytes - bare))
    )


def from_the_future(time: str) -> list[Oddity]:
    """Events whose time is one that the codec takes, but no worker whose partition has ticked a day before."""
    return [
        Oddity(f"a {kind.decode()} of {time[:4]}", _event(kind, time, fields), "too-far-ahead")
        for kind, fields in ((b"SessionEnded", b""), (b"Searched", b',"query":""'))
    ]


def fortune(time: str) -> list[Oddity]:
    """Good events of a shopper who pays what nobody ever paid: all numbers are within their ranges."""
    rich = b"odd-rich"
    cart = b',"cart_id":"c-rich","product":{"product_id":"p","price":1000000},"quantity":100000'
    return [
        Oddity("a cart of a fortune", _event(b"CartAdded", time, cart, session=b'"%s"' % rich), None),
        Oddity("a fortune paid", _ordered(time, b"1e9", b"100000").replace(b"odd-s", rich), None),
        Oddity(
            "a fortune paid for no cart", _ordered(time, b"1e9", b"100000").replace(b"odd-s", b"odd-r"), None
        ),
    ]


def _broken(t: str) -> list[Oddity]:
    good = _priced(t, b"10")
    deep = b"[" * 10_000 + b"]" * 10_000
    found = {
        "no value": (None, "empty"),
        "no bytes": (b"", "empty"),
        "a blank": (b" ", "not-json"),
        "plain words": (b"hello", "not-json"),
        "one NUL byte": (b"\x00", "not-json"),
        "random bytes": (bytes(range(128, 256)), "not-utf8"),
        "Latin-1": (_searched(t, "café".encode("latin-1")), "not-utf8"),
        "UTF-16": (good.decode().encode("utf-16"), "not-utf8"),
        "a surrogate in UTF-8": (_searched(t, b"\xed\xa0\x80"), "not-utf8"),
        "not UTF-8 where nobody reads": (_event(b"SessionEnded", t, b',"x":"\xff"'), "not-utf8"),
        "not UTF-8 in a name nobody reads": (_event(b"SessionEnded", t, b',"\xff":1'), "not-utf8"),
        "a byte order mark": (b"\xef\xbb\xbf" + good, "not-json"),
        "half a surrogate pair": (_searched(t, rb"\ud800 and on"), "not-json"),
        "truncated by one byte": (good[:-1], "not-json"),
        "truncated in the middle": (good[: len(good) // 2], "not-json"),
        "two values": (good + good, "not-json"),
        "a comma at the end": (good[:-1] + b",}", "not-json"),
        "single quotes": (good.replace(b'"', b"'"), "not-json"),
        "a comment": (good + b"/* */", "not-json"),
        "a raw line break in a string": (_searched(t, b"a\nb"), "not-json"),
        "NaN": (_priced(t, b"NaN"), "not-json"),
        "Infinity": (_priced(t, b"Infinity"), "not-json"),
        "-Infinity": (_ordered(t, b"-Infinity"), "not-json"),
        "10,000 deep": (deep, "too-deep"),
        "10,000 deep, never closed": (b'{"a":' * 10_000, "too-deep"),
        "10,000 deep where nobody reads": (_event(b"SessionEnded", t, b',"x":' + deep), "too-deep"),
        "65 deep": (_event(b"SessionEnded", t, b',"x":' + b"[" * 64 + b"]" * 64), "too-deep"),
    }
    return [Oddity(name, value, reason) for name, (value, reason) in found.items()]


def _no_events(t: str) -> list[Oddity]:
    clock = b'{"type":"ClockTicked","id":"t","time":"%s","source":"corpus"}'
    found = {
        "null": b"null",
        "a number": b"17",
        "a list of events": b"[" + _priced(t, b"10") + b"]",
        "no type": _priced(t, b"10").replace(b'"type"', b'"kind"'),
        "a type that is a number": b'{"type":3}',
        "no user": _priced(t, b"10").replace(b'"user_id"', b'"userid"'),
        "a user that is null": _event(b"SessionEnded", t, user=b"null"),
        "a user that is a number": _event(b"SessionEnded", t, user=b"17"),
        "a user without a name": _event(b"SessionEnded", t, user=b'""'),
        "a user with a name too long": _event(b"SessionEnded", t, user=b'"%s"' % (b"u" * 129)),
        "NUL in a user": _event(b"SessionEnded", t, user=rb'"a\u0000b"'),
        "a terminal sequence in a user": _event(b"SessionEnded", t, user=rb'"\u001b[2J"'),
        "a C1 control in a session": _event(b"SessionEnded", t, session=rb'"\u009b2J"'),
        "a line separator in a session": _event(b"SessionEnded", t, session='"a\u2028b"'.encode()),
        "a product that is null": _event(b"ProductViewed", t, b',"product":null'),
        "a product that is a list": _event(b"ProductViewed", t, b',"product":["p",10]'),
        "a price of 1e999": _priced(t, b"1e999"),
        "a price of 1e308": _priced(t, b"1e308"),
        "a price of 400 digits": _priced(t, b"9" * 400),
        "a price of 6,000 digits": _priced(t, b"9" * 6_000),
        "a huge price": _priced(t, b"1000000.01"),
        "a negative price": _priced(t, b"-1"),
        "a price of zero": _priced(t, b"0"),
        "a price of minus zero": _priced(t, b"-0.0"),
        "a price that vanishes": _priced(t, b"1e-400"),
        "a price that is null": _priced(t, b"null"),
        "a price that is text": _priced(t, b'"10"'),
        "a price that is true": _priced(t, b"true"),
        "a discount above one": _viewed(t, b'"product_id":"p","price":10,"discount":1.5'),
        "stock beyond 64 bits": _viewed(t, b'"product_id":"p","price":10,"stock":18446744073709551616'),
        "a total of 400 digits": _ordered(t, b"9" * 400),
        "a negative total": _ordered(t, b"-19.99"),
        "lines of 400 digits": _ordered(t, b"1", b"9" * 400),
        "half a line": _ordered(t, b"1", b"1.5"),
        "a quantity of zero": _event(
            b"CartAdded", t, b',"cart_id":"c","product":{"product_id":"p","price":1},"quantity":0'
        ),
        "a query too long": _searched(t, b"q" * 4_097),
        "the year 1": clock % b"0001-01-01T00:00:00.000Z",
        "the year 9999": clock % b"9999-12-31T23:59:59.999Z",
        "the year 2100": clock % b"2100-01-01T00:00:00.000Z",
        "an hour that is not": clock % b"2026-01-05T24:00:00.000Z",
        "a leap second": clock % b"2016-12-31T23:59:60.000Z",
        "a time with an offset": clock % b"2026-01-05T08:00:00.000+01:00",
        "a time without milliseconds": clock % b"2026-01-05T08:00:00Z",
        "a time in other digits": clock % "2026-01-05T08:00:0٣.000Z".encode(),
        "a time that is a number": clock.replace(b'"%s"', b"%s") % b"1767600000000",
    }
    types = {
        "an unknown type": b'{"type":"SessionStrated","id":"t","time":"%s","source":"corpus"}' % t.encode(),
        "a type of 100,000 letters": b'{"type":"%s"}' % (b"A" * 100_000),
        "two types": _event(b"SessionEnded", t, b',"type":"SessionStarted","device":"phone"'),
    }
    times = {
        "a day that is not": clock % b"2026-02-30T08:00:00.000Z",
        "a month that is not": clock % b"2026-13-01T08:00:00.000Z",
    }
    return [
        *(Oddity(name, value, "not-an-event") for name, value in found.items()),
        *(Oddity(name, value, "unknown-type") for name, value in types.items()),
        *(Oddity(name, value, "no-such-time") for name, value in times.items()),
    ]


def _accepted(t: str) -> list[Oddity]:
    found = {
        "an unknown field": _event(b"SessionEnded", t, b',"x":{"y":[1,null,true,"z"]}'),
        "an unknown field of 1e999": _event(b"SessionEnded", t, b',"x":1e999'),
        "an unknown field of 6,000 digits": _event(b"SessionEnded", t, b',"x":' + b"9" * 6_000),
        "an unknown field 62 deep": _event(b"SessionEnded", t, b',"x":' + b"[" * 62 + b"]" * 62),
        "brackets in text": _searched(t, b"[" * 200 + rb"\"\\" + b"{" * 200),
        "the same key twice": _event(b"SessionEnded", t, b',"session_id":"odd-s2"'),
        "the same type twice": _event(b"SessionEnded", t, b',"type":"SessionEnded"'),
        "blanks around": b"\n\t " + _event(b"SessionEnded", t) + b" \r\n",
        "an escaped key": _event(b"SessionEnded", t).replace(b'"type"', rb'"\u0074ype"'),
        "NUL in text": _searched(t, rb"a\u0000b"),
        "a terminal sequence in text": _searched(t, rb"\u001b[31mred\u001b[0m [bold]not markup[/bold]"),
        "every plane of Unicode": _searched(t, "é☃😀𐀀\U0010ffff".encode()),
        "markup in a user": _event(b"SessionEnded", t, user=b'"[red]u[/red]"'),
        "SQL in a user": _event(b"SessionEnded", t, user=b'"\'; DROP TABLE board; --"'),
        "the longest user": _event(b"SessionEnded", t, user=b'"%s"' % ("ü" * 128).encode()),
        "the lowest price": _priced(t, b"0.001"),
        "the highest price": _priced(t, b"1000000"),
        "a price in full": _priced(t, b"10." + b"1" * 3_000),
        "no session": _event(b"SessionEnded", t, session=b"null"),
        "the year 2000": _event(b"SessionEnded", "2000-01-01T00:00:00.000Z"),
        "a tick of the year 2000": _tick("2000-01-01T00:00:00.000Z"),
        "64 kB of unknown fields": padded(65_536, t),
        "stray fields of other types": _event(
            b"SessionEnded", t, b',"product_id":"p","stars":77,"cart_id":"%s"' % _LONG
        ),
        "a stray user of a tick": _tick(t)[:-1] + b',"user_id":"u"}',
        "stray stars that are no whole number": _priced(t, b"1")[:-1] + b',"stars":4.5}',
    }
    return [Oddity(name, value, None) for name, value in found.items()]


def corpus(time: str = MOMENT) -> list[Oddity]:
    """All of it; `time` is the event time of what has one."""
    return [*_broken(time), *_no_events(time), *_accepted(time)]
