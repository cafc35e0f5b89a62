"""Downloads Kafka's jars with the Ivy that is among PySpark's own jars."""

from __future__ import annotations

import importlib.util
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from infra.embedded.errors import DiskFull, DownloadFailed, ExtraMissing
from infra.embedded.java.find import Java, java_environment
from infra.embedded.java.maven_settings import Source, find_source, ivy_settings
from infra.embedded.server import launcher_argv
from infra.lifeline import Child, spawn

__all__ = ["MIRROR_HINT", "MODULES", "Progress", "download", "find_ivy", "why_unreachable"]

Progress = Callable[[str], None]
"""Takes one line of text about what is going on."""

MODULES = Path(__file__).with_name("kafka-jars.xml")

MIRROR_HINT = "Behind a proxy or with a mirror: set it in ~/.m2/settings.xml or ~/.ivy2/ivysettings.xml."

_DEADLINE_S = 1200.0
_SILENCE_S = 180.0


def find_ivy() -> Path:
    """Return the path of Ivy's jar, without importing PySpark.

    Raises
    ------
    ExtraMissing
        If PySpark is not installed, or has no Ivy.
    """
    spec = importlib.util.find_spec("pyspark")
    for place in (spec.submodule_search_locations or []) if spec else []:
        for jar in sorted(Path(place).glob("jars/ivy-*.jar")):
            return jar
    message = (
        "The embedded broker's jars are resolved by the Ivy inside PySpark, and PySpark is not installed."
    )
    raise ExtraMissing(message, hint="Install the extra: pip install 'freshet[embedded]'.")


def download(
    java: Java,
    work: Path,
    jars: int,
    progress: Progress,
    *,
    what: str,
    source: Source | None = None,
    modules: Path = MODULES,
) -> None:
    """Resolve `modules` into ``work/jars``, in a process that ends when this one does.

    Parameters
    ----------
    java : Java
        Runs the resolver.
    work : Path
        Made if need be; holds the resolver's own cache too, so that a failed download is taken up again.
    jars : int
        How many are expected, for the progress; 0 if not known.
    progress : callable
        Told now and then how far it is.
    what : str
        The name and the size of what is downloaded, for people.
    source : Source, optional
        Where they come from; the user's settings by default.
    modules : Path
        What to resolve, as an ``ivy.xml``.

    Raises
    ------
    DownloadFailed, DiskFull, ExtraMissing
        With what the resolver said.
    """
    source = find_source() if source is None else source
    shutil.rmtree(work / "jars", ignore_errors=True)
    progress(f"Downloading {what} from {source}, once")
    code, output = _resolve(java, work, source, ["-ivy", str(modules)], jars, progress)
    if code != 0 or not (work / "jars").is_dir():
        if "No space left on device" in output:
            message = f"The disk filled up while {what} were downloaded to {work}."
            raise DiskFull(message, hint="Make room, or set XDG_CACHE_HOME to another disk.")
        message = f"{what} could not be downloaded from {source}: {_reason(output)}."
        raise DownloadFailed(
            message, hint=f"The first start needs a network (later ones don't). {MIRROR_HINT}"
        )


def why_unreachable(java: Java, source: Source) -> str | None:
    """Try to get one small jar, and return why that failed; None if it came."""
    one = ["-dependency", "org.slf4j", "slf4j-api", "1.7.36", "-notransitive"]
    with tempfile.TemporaryDirectory(prefix="freshet-") as scratch:
        code, output = _resolve(java, Path(scratch), source, one, 1, lambda _: None)
    return None if code == 0 else _reason(output)


def _resolve(
    java: Java, work: Path, source: Source, what: list[str], jars: int, progress: Progress
) -> tuple[int, str]:
    """Have `what` put into ``work/jars``; return the resolver's exit code and what it said."""
    ivy = find_ivy()
    work.mkdir(parents=True, exist_ok=True)
    settings = source.ivy_file or work / "ivysettings.xml"
    if source.ivy_file is None:
        settings.touch(mode=0o600)  # it may hold the mirror's password
        settings.write_text(ivy_settings(source.mirror))
    argv = [str(java.path), "-Xmx256m", *(source.proxy.java_options() if source.proxy else [])]
    argv += ["-jar", str(ivy), "-settings", str(settings), *what, "-confs", "default"]
    # Relative to `work`: in a pattern of Ivy's, brackets of a folder's name would mean something.
    argv += ["-cache", "ivy", "-types", "jar", "bundle"]
    argv += ["-retrieve", "jars/[artifact]-[revision](-[classifier]).[ext]"]
    return _run(argv, work, jars, progress)


def _run(argv: list[str], work: Path, jars: int, progress: Progress) -> tuple[int, str]:
    """Run the resolver, telling how far it is; give up when it falls silent."""
    read_fd, write_fd = os.pipe()
    try:
        child: Child = spawn(
            launcher_argv(argv, stop_signal=signal.SIGTERM, grace_s=2.0),
            cwd=work,
            env=java_environment(),
            stdout=write_fd,
            stderr=subprocess.STDOUT,
        )
    except BaseException:
        os.close(read_fd)
        raise
    finally:
        os.close(write_fd)
    lines: list[str] = []
    done = told = 0
    deadline = time.monotonic() + _DEADLINE_S
    try:
        with os.fdopen(read_fd, "rb", buffering=0) as output:
            rest = b""
            while select.select([output], [], [], _SILENCE_S)[0] and time.monotonic() < deadline:
                chunk = output.read(65536)
                if not chunk:
                    return child.wait(30), "\n".join(lines)
                *whole, rest = (rest + chunk).split(b"\n")
                lines += [line.decode(errors="replace") for line in whole]
                done += sum(b"[SUCCESSFUL" in line and b".jar" in line for line in whole)
                if done >= told + 10:
                    told = done
                    progress(f"  {done} of {jars or '?'} jars")
    finally:
        child.stop(5.0)
    return 1, "\n".join([*lines, f"Server access error: nothing was heard for {_SILENCE_S:.0f} s"])


def _reason(output: str) -> str:
    r"""Pick the line that says most: a network error rather than the hundred of its consequences.

    Examples
    --------
    >>> _reason("x\n  Server access error at url http://h/a.pom (java.net.UnknownHostException: h)\nmore")
    'UnknownHostException: h'
    >>> _reason("one\ntwo\n")
    'two'
    """
    if found := re.search(r"\(?(?:[a-z]+\.)+(\w*Exception\w*:[^)\n]*)", output):
        return found.group(1).strip()
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() or "not found" in line.lower()]
    return (errors or lines or ["the resolver said nothing"])[-1 if not errors else 0]
