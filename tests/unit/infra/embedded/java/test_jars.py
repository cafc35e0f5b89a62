"""The list of jars in the repository, and a cache that is checked."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from infra.embedded.java.ivy import MODULES
from infra.embedded.java.jars import (
    CHECKSUMS,
    KAFKA_VERSION,
    cached_jars,
    default_cache,
    read_checksums,
    sha256_of,
)


def test_every_jar_of_the_list_has_a_sha256() -> None:
    checksums = read_checksums(CHECKSUMS)
    assert len(checksums) == 46
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in checksums.values())
    assert all(re.fullmatch(r"[\w.-]+\.jar", name) for name in checksums)


def test_the_list_holds_what_is_asked_for_in_the_versions_asked_for() -> None:
    checksums = read_checksums(CHECKSUMS)
    modules = ElementTree.parse(MODULES).getroot()
    asked = {(one.get("name"), one.get("rev")) for one in modules.iterfind("dependencies/dependency")}
    assert {f"{name}-{version}.jar" for name, version in asked} <= set(checksums)
    assert ("kafka_2.13", KAFKA_VERSION) in asked


def test_log4j_and_its_binding_are_of_one_release() -> None:
    found = [
        re.fullmatch(r"log4j-(core|api|slf4j-impl)-(.*)\.jar", name) for name in read_checksums(CHECKSUMS)
    ]
    assert len({match.group(2) for match in found if match}) == 1
    assert sum(match is not None for match in found) == 3


def test_a_list_that_sha256sum_wrote_in_binary_mode_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("aa  one.jar\nbb *two.jar\n\n")
    assert read_checksums(tmp_path / "list") == {"one.jar": "aa", "two.jar": "bb"}


def test_the_hash_is_that_of_the_content(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert sha256_of(tmp_path / "empty").startswith("e3b0c44298fc1c14")


def test_an_empty_cache_holds_no_jars(tmp_path: Path) -> None:
    assert not cached_jars(tmp_path)


def test_the_cache_is_where_the_user_keeps_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache() == tmp_path / "freshet"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_cache() == tmp_path / ".cache" / "freshet"
