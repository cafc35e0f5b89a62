"""Postgres's programs, and who can run them. That they are copied for root: tests/integration."""

from __future__ import annotations

from pathlib import Path

from infra.embedded.postgres.programs import find_programs, usable_programs


def test_programs_that_can_be_run_are_not_copied(tmp_path: Path) -> None:
    assert usable_programs(None, tmp_path / "system") == find_programs()
    assert not (tmp_path / "system").exists()
