"""Finding a Java, on made-up machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.embedded.errors import JavaMissing, JavaTooOld
from infra.embedded.java.find import find_java, install_hint, parse_major


def java_in(folder: Path, says: str, code: int = 0) -> Path:
    (folder / "bin").mkdir(parents=True)
    program = folder / "bin" / "java"
    program.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit {code}\n")
    program.chmod(0o755)
    return folder


def machine(*, home: Path | None = None, path: Path | None = None) -> dict[str, str]:
    return {"JAVA_HOME": str(home or ""), "PATH": str(path / "bin") if path else ""}


def test_java_home_comes_before_the_path(tmp_path: Path) -> None:
    home = java_in(tmp_path / "home", 'openjdk version "21.0.2" 2024-01-16')
    path = java_in(tmp_path / "path", 'openjdk version "17.0.9" 2023-10-17')
    assert find_java(machine(home=home, path=path)).major == 21
    assert find_java(machine(path=path)).path == path / "bin" / "java"


@pytest.mark.parametrize("old", ['java version "1.8.0_392"', 'openjdk version "16.0.1" 2021-04-20'])
def test_an_old_java_in_java_home_does_not_hide_a_newer_one_on_the_path(tmp_path: Path, old: str) -> None:
    home = java_in(tmp_path / "home", old)
    path = java_in(tmp_path / "path", 'openjdk version "17" 2021-09-14')
    assert find_java(machine(home=home, path=path)).major == 17


def test_a_java_that_is_too_old_is_named_with_what_to_install(tmp_path: Path) -> None:
    home = java_in(tmp_path / "home", 'openjdk version "11.0.21" 2023-10-17')
    with pytest.raises(JavaTooOld, match=r"must be 17 or newer\. Found Java 11 at .*home/bin/java") as caught:
        find_java(machine(home=home))
    assert caught.value.hint == install_hint()


def test_a_machine_without_java_is_told_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(JavaMissing, match="No Java was found"):
        find_java(machine(home=tmp_path / "gone"))


def test_the_stub_of_macos_that_only_asks_to_install_java_is_no_java(tmp_path: Path) -> None:
    stub = java_in(tmp_path / "stub", "Unable to locate a Java Runtime.", code=1)
    with pytest.raises(JavaMissing):
        find_java(machine(path=stub))


def test_a_folder_with_spaces_in_its_name_is_a_fine_java_home(tmp_path: Path) -> None:
    home = java_in(tmp_path / "Java Home", 'openjdk version "17.0.9" 2023-10-17')
    assert find_java(machine(home=home)).path == home / "bin" / "java"


def test_each_platform_gets_its_own_advice() -> None:
    assert "brew" in install_hint("darwin")
    assert "apt-get" in install_hint("linux")


def test_a_version_is_read_past_the_options_that_java_says_it_picked_up() -> None:
    assert parse_major('Picked up JAVA_TOOL_OPTIONS: -Dx=1\nopenjdk version "25" 2025-09-16') == 25
