"""HMACs over what is kept and unpickled later: nothing is unpickled whose signature is not ours.

The signature covers the kind of artefact, its name, its versions and the log that it belongs to beside the
payload, each with its length, so that one artefact can't be put in another's place.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from contracts.errors import EnvironmentProblem

__all__ = ["KEY_BYTES", "load_key", "replace_key", "sign", "verify"]

KEY_BYTES: Final = 32


def _field(data: bytes) -> bytes:
    return len(data).to_bytes(8, "big") + data


def sign(key: bytes, *, kind: str, name: str, versions: Sequence[str], log: str, payload: bytes) -> bytes:
    """HMAC-SHA-256 of an artefact.

    Parameters
    ----------
    key : bytes
        Of `load_key`.
    kind : str
        What it is, such as ``snapshot``.
    name : str
        Which one, such as ``learner/0``.
    versions : sequence of str
        Everything else that tells it from its siblings, in a fixed order.
    log : str
        The identity of the log that it was made from.
    payload : bytes
        The artefact itself.

    Returns
    -------
    bytes
        32 bytes.

    Examples
    --------
    >>> key = bytes(32)
    >>> sign(key, kind="a", name="bc", versions=[], log="", payload=b"") == sign(
    ...     key, kind="ab", name="c", versions=[], log="", payload=b"")
    False
    """
    mac = hmac.new(key, digestmod=hashlib.sha256)
    for text in (kind, name, log, str(len(versions)), *versions):
        mac.update(_field(text.encode()))
    mac.update(_field(payload))
    return mac.digest()


def verify(
    key: bytes, mac: bytes, *, kind: str, name: str, versions: Sequence[str], log: str, payload: bytes
) -> bool:
    """Tell whether `mac` is what `sign` makes of the rest, in a time that does not depend on the answer."""
    expected = sign(key, kind=kind, name=name, versions=versions, log=log, payload=payload)
    return hmac.compare_digest(expected, mac)


def load_key(path: Path) -> bytes:
    """The key in the file `path`; a new random one is put there where there is no such file.

    Several processes may call this at once: all get the same key.

    Raises
    ------
    EnvironmentProblem
        If the file is another user's or others may read it, it is no file of `KEY_BYTES` bytes, or it can't be read or
        made.
    """
    try:
        if not path.exists():
            _make(path)
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            key = file.read(KEY_BYTES + 1)
    except OSError as error:
        msg = f"The signing key {path} can't be read or made: {error.strerror}."
        raise EnvironmentProblem(msg) from error
    if status.st_uid != os.geteuid():
        whose = f"It is user {status.st_uid}'s."
        msg = f"The signing key {path} must belong to the user who runs this, {os.geteuid()}. {whose}"
        raise EnvironmentProblem(
            msg, hint="What another user has signed is not loaded: choose another key file."
        )
    if not stat.S_ISREG(status.st_mode) or len(key) != KEY_BYTES:
        msg = f"The signing key {path} must be a file of {KEY_BYTES} bytes. Got {status.st_size} bytes."
        raise EnvironmentProblem(
            msg, hint="Delete it: snapshots made with it are then made again from the log."
        )
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        msg = f"The signing key {path} must be readable by its owner only. Its mode is {status.st_mode & 0o777:04o}."
        raise EnvironmentProblem(
            msg, hint=f"Run: chmod 600 {path}; better, delete it if others may have read it."
        )
    return key


def replace_key(path: Path) -> None:
    """Put a new random key in the place of the one at `path`, at once and whole."""
    draft = _draft(path)
    try:
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _draft(path: Path) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    return draft


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = _draft(path)
    try:
        # A link fails where another process was first, and never shows half a key.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
