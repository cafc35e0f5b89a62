"""Finds a Java that can run Kafka."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.embedded.errors import JavaMissing, JavaTooOld

__all__ = ["MINIMUM_MAJOR", "UTF8", "Java", "find_java", "install_hint", "java_environment", "parse_major"]

UTF8 = {"LC_ALL": "C.UTF-8"}
"""Variables by which Java takes names of files: under LC_ALL=C, as cron and ssh have it, no other than ASCII."""

MINIMUM_MAJOR = 17
"""The oldest Java that Kafka 4 brokers run on."""


@dataclass(frozen=True)
class Java:
    """A Java program and the version that it told."""

    path: Path
    major: int


def parse_major(text: str) -> int | None:
    """Read the major version from what ``java -version`` prints.

    Examples
    --------
    >>> parse_major('openjdk version "17.0.15" 2025-04-15')
    17
    >>> parse_major('java version "1.8.0_392"')
    8
    >>> parse_major('openjdk version "24-ea" 2025-03-18')
    24
    >>> parse_major('The operation couldn’t be completed.') is None
    True
    """
    found = re.search(r'version "(\d+)(?:\.(\d+))?', text)
    if found is None:
        return None
    first, second = found.groups()
    return int(second) if first == "1" and second else int(first)


def install_hint(platform: str = sys.platform) -> str:
    """Say how to install Java on `platform` (a `sys.platform`)."""
    if platform == "darwin":
        return "Install one with: brew install openjdk@21"
    return (
        "Install one with: apt-get install openjdk-21-jre-headless (Debian, Ubuntu; openjdk-17 on older ones) or "
        "dnf install java-21-openjdk-headless (Fedora), or set JAVA_HOME."
    )


def find_java(environment: Mapping[str, str] | None = None) -> Java:
    """Find the first Java that is new enough: in JAVA_HOME, then PATH, then where macOS keeps it.

    Parameters
    ----------
    environment : mapping, optional
        Where to look JAVA_HOME and PATH up; this process's by default.

    Returns
    -------
    Java
        Of `MINIMUM_MAJOR` or newer.

    Raises
    ------
    JavaTooOld
        If only older ones were found.
    JavaMissing
        If there is none.
    """
    environment = os.environ if environment is None else environment
    too_old: list[Java] = []
    for path in dict.fromkeys(_candidates(environment)):
        major = _ask_major(path)
        if major is None:
            continue
        if major >= MINIMUM_MAJOR:
            return Java(path, major)
        too_old.append(Java(path, major))
    if too_old:
        newest = max(too_old, key=lambda java: java.major)
        message = f"Java must be {MINIMUM_MAJOR} or newer. Found Java {newest.major} at {newest.path}."
        raise JavaTooOld(message, hint=install_hint())
    message = (
        f"No Java was found, neither in JAVA_HOME nor on PATH; Kafka needs Java {MINIMUM_MAJOR} or newer."
    )
    raise JavaMissing(message, hint=install_hint())


def java_environment() -> dict[str, str]:
    """The environment of a Java that is to find files whatever their names are."""
    return {**os.environ, **UTF8}


def _candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    if home := environment.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if found := shutil.which("java", path=environment.get("PATH", "")):
        yield Path(found)
    if sys.platform == "darwin":
        for brewed in ("/opt/homebrew/opt", "/usr/local/opt"):
            for formula in ("openjdk", "openjdk@21", "openjdk@17"):
                yield Path(brewed) / formula / "bin" / "java"


def _ask_major(path: Path) -> int | None:
    """Run ``java -version``: a file called java may be macOS's stub, which only asks to install one."""
    try:
        done = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_major(done.stderr + done.stdout) if done.returncode == 0 else None
