"""The scripts behind make, on machines that lack something: each says what, and the package to install."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TOOLS = ("sh", "sed", "head", "cmp", "rm", "cp", "cat")


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder that is all of PATH: a shell and its tools, and neither Python nor Java."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, tool
        (folder / tool).symlink_to(found)
    return folder


def add(machine: Path, name: str, script: str) -> None:
    (machine / name).write_text(f"#!/bin/sh\n{script}\n")
    (machine / name).chmod(0o755)


def run(machine: Path, script: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [machine / "sh", ROOT / "requirements" / script],
        env={"PATH": str(machine), "HOME": str(machine)} | env,
        cwd=machine,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_no_java_names_its_packages(machine: Path):
    done = run(machine, "java.sh")
    assert done.returncode == 1
    assert "needs Java 17 or later. Found: no Java." in done.stderr
    assert "apt-get install openjdk-21-jre-headless" in done.stderr
    assert "dnf install java-21-openjdk-headless" in done.stderr
    assert "brew install openjdk@21" in done.stderr


def test_the_java_of_macos_that_only_says_where_to_get_one_is_no_java(machine: Path):
    add(machine, "java", "echo 'Unable to locate a Java Runtime.' >&2; exit 1")
    assert "Found: no Java." in run(machine, "java.sh").stderr


@pytest.mark.parametrize(
    ("banner", "major"),
    [
        ('java version "1.8.0_392"', "8"),
        ('openjdk version "11.0.2" 2019-01-15', "11"),
        ("nonsense", "of unknown"),
    ],
)
def test_a_java_too_old_is_named(machine: Path, banner: str, major: str):
    add(machine, "java", f"echo '{banner}' >&2")
    done = run(machine, "java.sh")
    assert done.returncode == 1
    assert f"Found: Java {major}" in done.stderr


@pytest.mark.parametrize("version", ["17", "17.0.15", "21-ea", "25.0.1"])
def test_a_java_new_enough_is_taken_in_silence(machine: Path, version: str):
    # Options in the environment make it say more before its version.
    add(
        machine,
        "java",
        f"""echo 'Picked up JAVA_TOOL_OPTIONS: -Dx' >&2; echo 'openjdk version "{version}" 2025' >&2""",
    )
    done = run(machine, "java.sh")
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")


def test_java_home_goes_before_the_path(machine: Path, tmp_path: Path):
    add(machine, "java", """echo 'openjdk version "11.0.2"' >&2""")
    (tmp_path / "a jdk" / "bin").mkdir(parents=True)
    add(tmp_path / "a jdk" / "bin", "java", """echo 'openjdk version "21.0.2"' >&2""")
    assert run(machine, "java.sh", JAVA_HOME=str(tmp_path / "a jdk")).returncode == 0


def python(machine: Path, name: str, version: str, *, venv: bool = True) -> None:
    """Put a stand-in that answers as a Python of this version does."""
    ensurepip = 0 if venv else 1
    add(
        machine,
        name,
        f"""case "$*" in
--version) echo Python {version}.0 ;;
*ensurepip*) exit {ensurepip} ;;
*version_info*) echo {version} ;;
*) echo "$0 $*" ;;
esac""",
    )


def uv(machine: Path, *versions: str) -> None:
    """Put a stand-in for uv that knows these Pythons, and prints all else that it is asked for."""
    known = "|".join(versions) or "none"
    add(
        machine,
        "uv",
        f"""case "$1 $2" in
"python find") for last; do :; done; case "$last" in {known}) echo "/found/python$last" ;; *) exit 1 ;; esac ;;
*) echo "uv $* ($UV_PYTHON_DOWNLOADS)" ;;
esac""",
    )


def test_no_python_is_said_in_two_lines_with_ways_out(machine: Path):
    done = run(machine, "install.sh")
    assert done.returncode == 1
    first, second = done.stderr.splitlines()
    assert first == "Freshet needs Python 3.11 to 3.14. Found: none."
    assert "apt-get install python3 python3-venv" in second
    assert "make PYTHON=/path/to/python3 demo" in second
    assert "make PYTHON=3.13 demo" in second


@pytest.mark.parametrize("version", ["3.9", "3.15"])
@pytest.mark.parametrize("with_uv", [True, False])
def test_a_python_that_the_locks_do_not_support_is_named(machine: Path, version: str, with_uv: bool):
    python(machine, "python3", version, venv=with_uv)
    if with_uv:
        uv(machine)
    done = run(machine, "install.sh")
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == f"Freshet needs Python 3.11 to 3.14. Found: Python {version}.0."


def test_a_python_without_venv_names_its_package(machine: Path):
    python(machine, "python3", "3.12", venv=False)
    done = run(machine, "install.sh")
    assert done.returncode == 1
    assert "has no venv" in done.stderr
    assert "apt-get install python3.12-venv" in done.stderr


def test_a_python_too_new_for_the_locks_can_still_bring_uv(machine: Path):
    python(machine, "python3", "3.15")
    assert f"{machine}/python3 -m venv .make/tools" in run(machine, "install.sh").stdout


def test_the_newest_supported_python_is_taken_whatever_python3_is(machine: Path):
    python(machine, "python3", "3.15")
    uv(machine, "3.11", "3.13")
    done = run(machine, "install.sh")
    assert done.returncode == 0, done.stderr
    assert "--python /found/python3.13 .venv (never)" in done.stdout


def test_the_python_that_was_named_is_taken(machine: Path, tmp_path: Path):
    uv(machine, "3.11")
    (tmp_path / "my own").mkdir()
    python(tmp_path / "my own", "python", "3.12")
    done = run(machine, "install.sh", PYTHON=str(tmp_path / "my own" / "python"))
    assert f"--python {tmp_path}/my own/python .venv (never)" in done.stdout
    python(tmp_path / "my own", "python", "3.15")
    done = run(machine, "install.sh", PYTHON=str(tmp_path / "my own" / "python"))
    assert done.returncode == 1
    assert f"Found: PYTHON={tmp_path}/my own/python, Python 3.15.0." in done.stderr


@pytest.mark.parametrize("version", ["3.13", "3.13.2"])
def test_a_version_that_was_asked_for_may_be_fetched(machine: Path, version: str):
    uv(machine, "3.11")
    assert f"--python {version} .venv (automatic)" in run(machine, "install.sh", PYTHON=version).stdout


def test_a_version_that_is_not_supported_is_refused(machine: Path):
    uv(machine, "3.11")
    done = run(machine, "install.sh", PYTHON="3.15")
    assert done.returncode == 1
    assert "Found: PYTHON=3.15." in done.stderr


def test_a_venv_of_a_supported_python_stays_unless_another_is_asked_for(machine: Path):
    uv(machine, "3.11", "3.14")
    (machine / ".venv" / "bin").mkdir(parents=True)
    python(machine / ".venv" / "bin", "python", "3.11")
    assert "uv venv" not in run(machine, "install.sh").stdout
    assert "uv venv" not in run(machine, "install.sh", PYTHON="3.11").stdout
    assert "--python 3.14 .venv" in run(machine, "install.sh", PYTHON="3.14").stdout


def test_where_uv_is_there_it_does_all_of_it_with_hashes(machine: Path):
    uv(machine, "3.13")
    done = run(machine, "install.sh")
    assert done.returncode == 0, done.stderr
    venv, sync, install = (line.removesuffix(" (never)") for line in done.stdout.splitlines())
    assert venv.startswith("uv venv ") and "--python /found/python3.13 .venv" in venv
    assert (
        sync.startswith("uv pip sync ")
        and "--require-hashes" in sync
        and sync.endswith("requirements/dev.lock")
    )
    assert install.endswith("--no-deps --no-build-isolation --editable .")


def test_the_locks_name_no_index_and_no_folder():
    for lock in (ROOT / "requirements").glob("*.lock"):
        text = lock.read_text()
        assert "://" not in text and "--index" not in text and "--find-links" not in text
        pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert pins and all("==" in line for line in pins)
        assert text.count("--hash=sha256:") >= len(pins)


def test_make_does_nothing_when_all_is_up_to_date(tmp_path: Path):
    make = shutil.which("make")
    if make is None:
        pytest.skip("no make on this machine")
    for name in ("Makefile", "pyproject.toml", "requirements"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / ".locked").touch()
    env = {"PATH": os.environ["PATH"]}
    query = [make, "--question", ".venv/.locked"]
    assert subprocess.run(query, cwd=tmp_path, env=env, timeout=60).returncode == 0
    lock = tmp_path / "requirements" / "dev.lock"
    os.utime(lock, ns=(lock.stat().st_atime_ns, (tmp_path / ".venv" / ".locked").stat().st_mtime_ns + 10**9))
    assert subprocess.run(query, cwd=tmp_path, env=env, timeout=60).returncode == 1
