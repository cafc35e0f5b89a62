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


def test_no_python_names_its_packages(machine: Path):
    done = run(machine, "install.sh")
    assert done.returncode == 1
    assert "needs Python 3.11 or later" in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr
    assert "make PYTHON=" in done.stderr


def test_a_python_too_old_is_named(machine: Path):
    add(machine, "python3", 'case "$1" in --version) echo Python 3.9.2 ;; *) exit 1 ;; esac')
    assert "Found: Python 3.9.2." in run(machine, "install.sh").stderr


# Says yes to whatever is asked, but has neither venv nor ensurepip.
BARE = """case "$2" in
*ensurepip*) exit 1 ;;
*executable*) echo "$0" ;;
*print*) echo 3.11 ;;
esac"""


def test_a_python_without_venv_names_its_package(machine: Path):
    add(machine, "python3", BARE)
    done = run(machine, "install.sh")
    assert done.returncode == 1
    assert "has no venv" in done.stderr
    assert "apt-get install python3.11-venv" in done.stderr


def test_the_python_that_was_named_is_taken(machine: Path, tmp_path: Path):
    add(machine, "python3", "exit 1")
    (tmp_path / "my own").mkdir()
    add(tmp_path / "my own", "python", BARE)
    done = run(machine, "install.sh", PYTHON=str(tmp_path / "my own" / "python"))
    assert f"{tmp_path}/my own/python has no venv" in done.stderr


def test_where_uv_is_there_it_does_all_of_it_with_hashes(machine: Path):
    add(machine, "python3", BARE)
    add(machine, "uv", 'echo "uv $*"')
    done = run(machine, "install.sh")
    assert done.returncode == 0, done.stderr
    venv, sync, install = done.stdout.splitlines()
    assert venv.startswith("uv venv ") and f"--python {machine}/python3 .venv" in venv
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
