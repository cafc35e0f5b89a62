"""Settings as they may be printed: without passwords."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from contracts.settings.declared import Settings

__all__ = ["masked", "shown"]

_IN_USERINFO: Final = re.compile(r"(?<=://)([^:/@\s]*):[^/\s]*@")  # postgresql://user:password@host
_IN_PAIRS: Final = re.compile(
    r"(\bpassword\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&]+)"
)  # host=... password=..., ?password=...


def masked(url: str, *, and_elsewhere: bool = False) -> str:
    """Return a database's URL or libpq's key=value with ``***`` for the password.

    Parameters
    ----------
    url : str
        As psycopg takes it.
    and_elsewhere : bool
        The password stands in a file: show ``***`` for it where `url` has none.

    Examples
    --------
    >>> masked("postgresql://freshet:hunter2@127.0.0.1/freshet")
    'postgresql://freshet:***@127.0.0.1/freshet'
    >>> masked("postgresql://freshet@127.0.0.1/freshet", and_elsewhere=True)
    'postgresql://freshet:***@127.0.0.1/freshet'
    >>> masked("host=127.0.0.1 password='hunter 2' dbname=freshet")
    'host=127.0.0.1 password=*** dbname=freshet'
    """
    hidden = _IN_PAIRS.sub(r"\1***", _IN_USERINFO.sub(r"\1:***@", url))
    if not and_elsewhere or "***" in hidden:
        return hidden
    if "://" in hidden:
        return re.sub(r"(?<=://)([^:/@\s]+)@", r"\1:***@", hidden)
    return f"{hidden} password=***"


def shown(settings: Settings) -> dict[str, Any]:
    """Return all values as they may be printed, by field: no password, paths as text.

    Parameters
    ----------
    settings : Settings
        Read by `load` or made by hand.

    Returns
    -------
    dict
        Text, numbers and None: JSON takes it as it is.
    """
    values: dict[str, Any] = {name: getattr(settings, name) for name in type(settings).model_fields}
    in_file = settings.database_password_file is not None
    values["database_url"] = masked(settings.database_url, and_elsewhere=in_file)
    return {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}
