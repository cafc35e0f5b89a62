"""What this machine has and lacks for the embedded runtime, for ``freshet doctor``."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from contracts.errors import FreshetError
from infra.embedded.data_folder import NEEDED_BYTES, foreign_files, lock_holder
from infra.embedded.java.find import find_java
from infra.embedded.java.ivy import MIRROR_HINT, find_ivy, why_unreachable
from infra.embedded.java.jars import KAFKA_VERSION, cached_jars, default_cache
from infra.embedded.java.maven_settings import Source, find_source
from infra.embedded.ownership import need_own_folder
from infra.embedded.postgres.programs import find_programs
from infra.embedded.postgres.unprivileged import choose_account

__all__ = ["Check", "check_all"]

_PYTHON = (3, 11)
_NEEDED_MEMORY_BYTES = 1024**3
_GIB = 1024**3


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes
    ----------
    name : str
        What it is about, in a word or two.
    ok : bool
        Whether it will do.
    found : str
        What was found.
    advice : str
        What to do about it; empty where nothing is to be done.
    """

    name: str
    ok: bool
    found: str
    advice: str = ""


def check_all(data_dir: Path, *, cache: Path | None = None) -> list[Check]:
    """Look at everything that a start needs, changing nothing.

    Parameters
    ----------
    data_dir : Path
        Where broker and database would live.
    cache : Path, optional
        Where the jars are kept.

    Returns
    -------
    list of Check
        In the order in which a start would need them.
    """
    checks = [check_python(sys.version_info[:3]), check_java(), check_resolver(), check_jars(cache)]
    if not cached_jars(cache):
        checks.append(check_source(find_source()))
    checks += [check_programs(), check_account(), check_folder(data_dir), check_disk(data_dir)]
    return [*checks, check_running(data_dir), check_memory(psutil.virtual_memory().available)]


def check_python(version: tuple[int, ...]) -> Check:
    """Check the version of Python.

    Examples
    --------
    >>> check_python((3, 10, 2)).ok
    False
    """
    shown = ".".join(str(part) for part in version)
    if version[:2] >= _PYTHON:
        return Check("Python", True, shown)
    return Check("Python", False, shown, "Install Python 3.11 or newer, and make the environment with it.")


def check_java() -> Check:
    """Check that there is a Java that Kafka runs on."""
    try:
        java = find_java()
    except FreshetError as error:
        return _failed("Java", error)
    return Check("Java", True, f"{java.major} at {java.path}")


def check_resolver() -> Check:
    """Check that PySpark's Ivy, which fetches Kafka's jars, is there."""
    try:
        return Check("Ivy", True, str(find_ivy()))
    except FreshetError as error:
        return _failed("Ivy", error)


def check_jars(cache: Path | None = None) -> Check:
    """Tell whether Kafka's jars are in the cache; a first start fetches them, so that either is fine."""
    place = cache or default_cache()
    if cached_jars(cache):
        return Check("Kafka", True, f"{KAFKA_VERSION}, in {place}")
    return Check("Kafka", True, f"{KAFKA_VERSION} is not in {place} yet: the first start downloads it, 45 MB")


def check_source(source: Source) -> Check:
    """Check that a small jar can be had from where the others would come from."""
    try:
        reason = why_unreachable(find_java(), source)
    except FreshetError as error:
        return _failed("network", error)
    if reason is None:
        return Check("network", True, f"{source} can be reached")
    return Check("network", False, f"{source} can't be reached: {reason}", MIRROR_HINT)


def check_programs() -> Check:
    """Check that the package with Postgres's programs is there."""
    try:
        return Check("Postgres", True, str(find_programs()))
    except FreshetError as error:
        return _failed("Postgres", error)


def check_account() -> Check:
    """Check that there is somebody to run Postgres as."""
    try:
        account = choose_account()
    except FreshetError as error:
        return _failed("user", error)
    if account is None:
        return Check("user", True, f"not root (uid {os.geteuid()})")
    return Check("user", True, f"root; Postgres will run as {account.name}")


def check_folder(data_dir: Path) -> Check:
    """Check that the data folder is, or can become, ours."""
    if not data_dir.exists():
        parent = _existing(data_dir)
        if parent.is_dir() and os.access(parent, os.W_OK | os.X_OK):
            return Check("data folder", True, f"{data_dir}, made at the first start")
        return Check(
            "data folder", False, f"{data_dir} can't be made in {parent}", "Choose another data folder."
        )
    if not data_dir.is_dir():
        return Check("data folder", False, f"{data_dir} is a file", "Choose another data folder.")
    if not os.access(data_dir, os.R_OK | os.W_OK | os.X_OK):
        return Check("data folder", False, f"{data_dir} can't be written", "Choose another data folder.")
    try:
        need_own_folder(data_dir)
    except FreshetError as error:
        return _failed("data folder", error)
    if strange := foreign_files(data_dir):
        found = f"{data_dir} was not made by Freshet, and holds {', '.join(strange[:3])}"
        return Check("data folder", False, found, "Choose another data folder.")
    return Check("data folder", True, str(data_dir))


def check_disk(data_dir: Path) -> Check:
    """Check that there is room for what a start asks for."""
    free = shutil.disk_usage(_existing(data_dir)).free
    found = f"{free / _GIB:.1f} GiB free"
    if free >= NEEDED_BYTES:
        return Check("disk", True, found)
    return Check(
        "disk", False, found, f"Free {NEEDED_BYTES / _GIB:.0f} GiB, or choose a folder on another disk."
    )


def check_running(data_dir: Path) -> Check:
    """Tell whether an instance runs on the data folder; either is fine."""
    with lock_holder(data_dir) as pid:
        if pid is None:
            return Check("instance", True, "none runs on this data folder")
        return Check("instance", True, f"runs as process {pid}" if pid > 0 else "one runs")


def check_memory(available_bytes: int) -> Check:
    """Check the memory: 512 MB of heap and as much again beside it for broker, database and learners.

    Examples
    --------
    >>> check_memory(300 * 1024**2).found
    '0.3 GiB available'
    """
    found = f"{available_bytes / _GIB:.1f} GiB available"
    if available_bytes >= _NEEDED_MEMORY_BYTES:
        return Check("memory", True, found)
    return Check(
        "memory", False, found, "Close other programs: broker, database and learners take about 1 GiB."
    )


def _failed(name: str, error: FreshetError) -> Check:
    return Check(name, False, error.message, error.hint or "")


def _existing(path: Path) -> Path:
    """Return the nearest folder above `path` that exists."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
