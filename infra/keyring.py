"""The installation's key and those before it: the first one signs, all of them verify.

The key is the file that `infra.signing.load_key` reads. Retired ones lie beside it, as ``<name>.retired-<id>``: without
them an old log would fold to another state, and models registered before a rotation could not be opened.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from contracts.errors import EnvironmentProblem
from infra.signing import load_key, replace_key

__all__ = ["Keyring", "key_id", "load_keyring", "rotate"]

_RETIRED: Final = ".retired-"


def key_id(key: bytes) -> str:
    """Name a key without telling it: 16 digits of its hash.

    Examples
    --------
    >>> key_id(bytes(32))
    '2e6a2d9037675099'
    """
    return hashlib.sha256(b"freshet key id\n" + key).hexdigest()[:16]


@dataclass(frozen=True)
class Keyring:
    """Keys by id.

    Parameters
    ----------
    current : bytes
        Signs.
    retired : tuple of bytes
        Verify only.
    """

    current: bytes = field(repr=False)
    retired: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def keys(self) -> tuple[bytes, ...]:
        """All of them, the one that signs first."""
        return (self.current, *self.retired)

    def find(self, wanted: str) -> bytes | None:
        """Return the key of this id; None where it is not ours."""
        return next((key for key in self.keys if key_id(key) == wanted), None)


def load_keyring(path: Path) -> Keyring:
    """Read the key at `path`, which is made where there is none, and the retired ones beside it.

    Raises
    ------
    EnvironmentProblem
        See `infra.signing.load_key`: what it asks of the key is asked of all of them.
    """
    current = load_key(path)
    found = sorted(path.parent.glob(f"{path.name}{_RETIRED}*"))
    retired = (load_key(old) for old in found)
    return Keyring(current, tuple(key for key in retired if key != current))


def rotate(path: Path) -> Keyring:
    """Retire the key at `path` and put a new one in its place.

    Raises
    ------
    EnvironmentProblem
        If a key can't be read or written.
    """
    try:
        with _locked(path.parent):
            current = load_key(path)
            kept = path.with_name(f"{path.name}{_RETIRED}{key_id(current)}")
            # Kept first: whoever is killed in between has retired a key that still signs, which changes nothing.
            if not kept.exists():
                os.link(path, kept)
            replace_key(path)
    except OSError as error:
        msg = f"The signing key {path} can't be replaced: {error.strerror}."
        raise EnvironmentProblem(msg) from error
    return load_keyring(path)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    # Of two rotations at once, one would throw away a key that may have signed.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
