"""Kafka's jars: resolved once, checked against the SHA-256 in the repository, kept in the user's cache folder.

``python -m infra.embedded.java.jars renew`` writes the lists of checksums anew, or with ``FILE.xml`` that of others;
``... connector FOLDER`` puts the jars that Spark reads Kafka with into a folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from infra.embedded.errors import CorruptJar, DataFolderUnusable
from infra.embedded.java.find import Java, find_java
from infra.embedded.java.ivy import MODULES, Progress, download
from infra.embedded.java.maven_settings import Source

__all__ = [
    "CHECKSUMS",
    "KAFKA_VERSION",
    "cached_jars",
    "connector_jars",
    "default_cache",
    "kafka_jars",
    "tell_stderr",
]

KAFKA_VERSION = "4.3.1"
CHECKSUMS = Path(__file__).with_name("kafka-jars.sha256")

_CONNECTOR = Path(__file__).with_name("connector-jars.xml")

_RECEIPT = "verified.json"
_LOCK_DEADLINE_S = 900.0


def tell_stderr(text: str) -> None:
    """Print one line of progress on stderr: stdout belongs to results."""
    print(text, file=sys.stderr, flush=True)


def default_cache() -> Path:
    """Return the folder for what can be downloaded again: ``freshet`` in XDG_CACHE_HOME, or in ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "freshet"


def kafka_jars(
    *,
    cache: Path | None = None,
    java: Java | None = None,
    progress: Progress = tell_stderr,
    source: Source | None = None,
    modules: Path = MODULES,
    checksums: Path = CHECKSUMS,
    what: str = "Kafka's jars (45 MB)",
) -> list[Path]:
    """Return the jars that the broker runs on, downloading them at the first call.

    Any number of processes may call it at once, and any may be killed: one downloads, the others wait, and a folder
    appears under its name only when every jar in it has been verified.

    Parameters
    ----------
    cache : Path, optional
        Cache folder; `default_cache` by default.
    java : Java, optional
        What the resolver runs on; found by default.
    progress : callable
        Told, line by line, what takes long.
    source : Source, optional
        Where they come from; the user's Maven or Ivy settings by default.
    modules, checksums : Path
        What to resolve, and the jars that must come of it, as ``sha256sum`` writes them.
    what : str
        Their name and size, for people.

    Returns
    -------
    list of Path
        In the order of their names.

    Raises
    ------
    CorruptJar
        If what was downloaded is not what the repository expects.
    DownloadFailed
        If it could not be fetched.
    DataFolderUnusable
        If the cache folder can't be written.
    """
    expected = read_checksums(checksums)
    folder = _folder(cache or default_cache(), checksums)
    if _receipt_holds(folder, expected):
        return [folder / name for name in sorted(expected)]
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _only_one(folder.parent / "kafka.lock", progress):
            if not folder.is_dir() or not _mend(folder, expected, progress):
                work = (
                    folder.parent / "download"
                )  # kept when it fails, so that the next try goes on from there
                java = java or find_java()
                download(java, work, len(expected), progress, what=what, source=source, modules=modules)
                _accept(work, folder, expected)
    except PermissionError as error:
        message = f"The cache folder {folder.parent} can't be written: {error.strerror}."
        raise DataFolderUnusable(message, hint="Set XDG_CACHE_HOME to a folder that can.") from error
    return [folder / name for name in sorted(expected)]


def connector_jars() -> list[Path]:
    """Return the jars that Spark reads Kafka with, besides its own; as `kafka_jars`."""
    return kafka_jars(
        modules=_CONNECTOR,
        checksums=_CONNECTOR.with_suffix(".sha256"),
        what="the jars that Spark reads Kafka with (10 MB)",
    )


def cached_jars(cache: Path | None = None, checksums: Path = CHECKSUMS) -> bool:
    """Tell whether the jars are there, so that no network is needed."""
    return _receipt_holds(_folder(cache or default_cache(), checksums), read_checksums(checksums))


def read_checksums(file: Path) -> dict[str, str]:
    """Read a file in the format of ``sha256sum``: name of each jar to its SHA-256."""
    pairs = (line.split(maxsplit=1) for line in file.read_text().splitlines() if line.strip())
    return {name.lstrip("*"): digest for digest, name in pairs}


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _folder(cache: Path, checksums: Path) -> Path:
    # Another list of jars is another folder: two checkouts of different age don't undo each other's cache.
    return cache / f"kafka-{KAFKA_VERSION}-{sha256_of(checksums)[:12]}"


def _stamp(file: Path) -> list[int]:
    status = file.stat()
    return [status.st_size, status.st_mtime_ns]


def _receipt_holds(folder: Path, expected: dict[str, str]) -> bool:
    """Compare sizes and times with those noted when the jars were hashed: 1 ms, hashing them takes 60."""
    try:
        receipt = json.loads((folder / _RECEIPT).read_bytes())
        return all(receipt[name] == [expected[name], *_stamp(folder / name)] for name in expected)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _write_receipt(folder: Path, expected: dict[str, str]) -> None:
    receipt = {name: [digest, *_stamp(folder / name)] for name, digest in expected.items()}
    scratch = folder / f"{_RECEIPT}.new"
    scratch.write_text(json.dumps(receipt))
    scratch.replace(folder / _RECEIPT)


def _problems(folder: Path, expected: dict[str, str]) -> list[str]:
    """Hash everything and describe what is not as expected."""
    problems = []
    for name, digest in sorted(expected.items()):
        if not (folder / name).is_file():
            problems.append(f"{name} is missing")
        elif (found := sha256_of(folder / name)) != digest:
            problems.append(f"the SHA-256 of {name} must be {digest} and is {found}")
    return problems


def _mend(folder: Path, expected: dict[str, str], progress: Progress) -> bool:
    """Accept a cache whose receipt no longer holds but whose jars do; throw away any other."""
    problems = _problems(folder, expected)
    if not problems:
        _write_receipt(folder, expected)
        return True
    progress(f"The cached jars in {folder} are damaged ({problems[0]}): downloading them again")
    shutil.rmtree(folder)
    return False


def _accept(work: Path, folder: Path, expected: dict[str, str]) -> None:
    """Let what was downloaded appear as `folder` if all of it is as expected."""
    problems = _problems(work / "jars", expected)
    if problems:
        shutil.rmtree(work)
        message = f"Kafka's jars are not the expected ones: {'; '.join(problems[:3])}."
        hint = (
            "Either the download was damaged (start again) or a mirror serves other files (ask its keeper)."
        )
        raise CorruptJar(message, hint=hint)
    new = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    for name in expected:
        (work / "jars" / name).rename(new / name)
    _write_receipt(new, expected)
    new.rename(folder)
    shutil.rmtree(work)


@contextlib.contextmanager
def _only_one(file: Path, progress: Progress) -> Iterator[None]:
    """Hold `file`'s lock; the kernel drops it with the process, so a killed download blocks nobody."""
    with file.open("w") as lock:
        deadline = time.monotonic() + _LOCK_DEADLINE_S
        told = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told:
                    progress("Another start is downloading Kafka's jars: waiting for it")
                    told = True
                if time.monotonic() > deadline:
                    message = f"Another process has held {file} for {_LOCK_DEADLINE_S:.0f} s."
                    raise DataFolderUnusable(message, hint="End it, then start again.") from None
                time.sleep(0.2)
        yield


def _renew(modules: Path) -> None:
    """Resolve `modules` anew and write the list of checksums beside."""
    work = default_cache() / "renew"
    download(find_java(), work, 0, tell_stderr, what=f"the jars of {modules.name}", modules=modules)
    jars = sorted((work / "jars").glob("*.jar"))
    modules.with_suffix(".sha256").write_text("".join(f"{sha256_of(jar)}  {jar.name}\n" for jar in jars))
    shutil.rmtree(work)


def main(arguments: list[str]) -> None:
    """Do what the module's text says."""
    match arguments:
        case ["renew", *others]:
            for modules in [Path(other).resolve() for other in others] or (MODULES, _CONNECTOR):
                _renew(modules)
        case ["connector", folder]:
            for jar in connector_jars():
                shutil.copy(jar, folder)
        case _:
            sys.exit(f"renew [IVY.XML ...], or connector FOLDER. Got: {' '.join(arguments) or 'nothing'}")


if __name__ == "__main__":
    main(sys.argv[1:])
