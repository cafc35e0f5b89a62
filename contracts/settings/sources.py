"""Where values come from: the first of flag, environment, ``.env``, a running instance, compose's ports, default."""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource

from contracts.errors import SettingsError
from contracts.settings.declared import Settings, absolute, default_data_dir

__all__ = ["RUNTIME_FILE", "RUNTIME_KEYS", "load", "sources"]

RUNTIME_FILE: Final = "runtime.json"
"""In the data folder while an instance runs: one JSON object, of which `RUNTIME_KEYS` are settings."""

RUNTIME_KEYS: Final = ("bootstrap", "database_password_file", "database_url", "group", "partitions")

_PREFIX: Final = "FRESHET_"
# Of docker-compose.yml, which reads the same .env: where its broker and database are from outside.
_PORTS: Final = {"FRESHET_DOCKER_KAFKA_PORT": "bootstrap", "FRESHET_DOCKER_POSTGRES_PORT": "database_url"}
_SHOULD: Final = re.compile(r"^\w+ should ")
# Where the field's own rule is a pattern, which tells people nothing.
_MUST: Final = {
    "bootstrap": "be host:port, or several with commas between",
    "database_url": "not be empty",
    "group": "be 1 to 100 letters, digits, dots, underscores or hyphens",
    "http_host": "be an address without spaces, slashes and brackets",
    "namespace": "be at most 100 letters, digits, dots, underscores or hyphens",
}
_RESERVED: Final = ("FRESHET_DOCKER_", "FRESHET_TEST_")


def load(flags: Mapping[str, object] | None = None, *, folder: Path | None = None) -> Settings:
    """Read the settings of this process, once.

    Parameters
    ----------
    flags : mapping, optional
        What was typed, by field; None stands for "not typed".
    folder : Path, optional
        Where ``.env`` is looked for; the current folder if not given.

    Returns
    -------
    Settings
        Frozen; `sources` tells where each value came from.

    Raises
    ------
    contracts.errors.SettingsError
        If a name that begins with ``FRESHET_`` is unknown, or a value malformed or out of range.
    """
    dotenv_file = (folder or Path.cwd()) / ".env"
    dotenv = _dotenv(dotenv_file)
    _refuse_unknown(os.environ, "the environment")
    _refuse_unknown(dotenv, str(dotenv_file))
    layers: dict[str, Mapping[str, Any]] = {  # the nearest first
        "flag": {field: value for field, value in (flags or {}).items() if value is not None},
        "environment": EnvSettingsSource(Settings)(),
        ".env": {
            name.upper().removeprefix(_PREFIX).lower(): value
            for name, value in dotenv.items()
            if _is_ours(name)
        },
    }
    data_dir = next(
        (layer["data_dir"] for layer in layers.values() if "data_dir" in layer), default_data_dir()
    )
    layers["runtime file"] = _runtime(absolute(Path(data_dir)) / RUNTIME_FILE)
    for place, given in (("environment", os.environ), (".env", dotenv)):
        for name, field in _PORTS.items():
            if given.get(name):
                layers[f"{name} ({place})"] = {field: _at_port(name, place, given[name], field)}

    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for name, layer in layers.items():
        paced = (
            "rate" in values or "speed" in values
        )  # `--speed 60` beats a rate in .env, and the other way round
        for field, value in layer.items():
            if field not in values and not (paced and field in ("rate", "speed")):
                values[field], origin[field] = value, name
    try:
        return Settings(**values).with_origin(origin)
    except ValidationError as error:
        # What is computed of a value that does not fit is no mistake of its own.
        found = [one for one in error.errors() if one["type"] != "default_factory_not_called"]
        msg = "\n".join(_sentence(dict(one), origin) for one in found)
        raise SettingsError(msg) from error


def sources(settings: Settings) -> dict[str, str]:
    """Tell where each value came from.

    Returns
    -------
    dict of str to str
        ``flag``, ``environment``, ``.env``, ``runtime file``, the name of a port of compose with one of these in
        brackets, or ``default``, by field; ``argument`` in settings made by hand.

    Examples
    --------
    >>> sources(Settings(rate=0))["rate"], sources(Settings(rate=0))["seed"]
    ('argument', 'default')
    """
    return settings.origin


def _dotenv(path: Path) -> dict[str, str]:
    """Return what ``.env`` says, but for empty values."""
    if not path.is_file():
        return {}
    try:
        found = dotenv_values(path)
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path} must be a readable file of NAME=value lines in UTF-8. Got: {error}."
        raise SettingsError(msg) from error
    return {name: value for name, value in found.items() if value}


def _at_port(name: str, place: str, port: str, field: str) -> str:
    """The default address, with compose's port in it."""
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        msg = f"{name} ({place}) must be a port, 1 to 65535. Got {port!r}."
        raise SettingsError(msg)
    default = str(Settings.model_fields[field].default)
    return re.sub(r"(127\.0\.0\.1:)\d+", rf"\g<1>{port}", default)


def _runtime(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except NotADirectoryError as error:
        msg = f"The data folder must be a folder. {path.parent}, or one above it, is a file."
        raise SettingsError(msg, hint="Choose another data folder: --data-dir.") from error
    except (OSError, ValueError) as error:
        msg = f"{path} must be the JSON that a running instance wrote. Got: {error}."
        raise SettingsError(msg, hint="If nothing runs there, delete it.") from error
    if not isinstance(found, dict):
        return {}
    return {field: found[field] for field in RUNTIME_KEYS if found.get(field) is not None}


def _is_ours(name: str) -> bool:
    return name.upper().startswith(_PREFIX) and not name.upper().startswith(_RESERVED)


def _refuse_unknown(names: Iterable[str], where: str) -> None:
    known = [_PREFIX + field.upper() for field in Settings.model_fields]
    for name in names:
        if _is_ours(name) and name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.0)[0]
            msg = f"{name} in {where} is no setting of Freshet."
            raise SettingsError(msg, hint=f"The nearest is {near}; `freshet config` lists all.")


def _sentence(error: Mapping[str, Any], origin: Mapping[str, str]) -> str:
    """Say what must be and what was, under the name by which the user gave it."""
    if not error["loc"]:  # several fields: the words of the validator
        return str(error["msg"]).removeprefix("Value error, ")
    field = str(error["loc"][0])
    if error["type"] == "extra_forbidden":
        return f"{field} is no setting of Freshet."
    came = origin.get(field, "default")
    name = f"--{field.replace('_', '-')}" if came == "flag" else f"{_PREFIX}{field.upper()} ({came})"
    must = _MUST.get(field) or _SHOULD.sub("", str(error["msg"]).removeprefix("Value error, "))
    return f"{name} must {must}. Got {error['input']!r}. {Settings.model_fields[field].description}"
