"""SQL by name: the files of ``infra/sql`` that are no migrations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import LiteralString

__all__ = ["queries"]

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def queries(file: str) -> Mapping[str, LiteralString]:
    """The statements of ``infra/sql/<file>.sql``, each under the line ``-- name: NAME`` before it.

    Examples
    --------
    >>> sorted(queries("snapshots"))
    ['delete_all', 'keys', 'load', 'prune', 'save']
    """
    text = (files("infra") / "sql" / f"{file}.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)[1:]
    return MappingProxyType({name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)})
