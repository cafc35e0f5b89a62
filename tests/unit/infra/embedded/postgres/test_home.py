"""Where Postgres's data go when its user can't reach the data folder."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

from infra.embedded.errors import DataFolderForeign, DataFolderUnusable
from infra.embedded.postgres.home import data_home, remove_data_home
from infra.embedded.postgres.unprivileged import Account

STRANGER = Account("stranger", 54_321, 54_321)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The database's folder in a data folder that nobody but its owner can reach."""
    data_dir = tmp_path / "data"
    (data_dir / "postgres").mkdir(parents=True)
    data_dir.chmod(0o700)
    return data_dir / "postgres"


@pytest.fixture
def system(tmp_path: Path) -> Path:
    return tmp_path / "system"


def test_an_ordinary_users_data_stay_in_the_data_folder(folder: Path, system: Path) -> None:
    assert data_home(folder, None, system) == folder
    assert not system.exists()


def test_data_that_cannot_be_reached_go_to_the_system_folder_and_are_found_again(
    folder: Path, system: Path
) -> None:
    home = data_home(folder, STRANGER, system)
    assert home.parent == system
    assert data_home(folder, STRANGER, system) == home
    assert stat.S_IMODE(home.stat().st_mode) == 0o755


def test_removing_takes_only_what_names_this_folder(folder: Path, system: Path) -> None:
    home = data_home(folder, STRANGER, system)
    other = folder.parent / "other"
    other.mkdir()
    stays = data_home(other, STRANGER, system)
    remove_data_home(folder, system)
    assert not home.exists()
    assert stays.is_dir()
    remove_data_home(folder, system)


def test_a_pointer_to_anywhere_else_is_not_followed(folder: Path, system: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "data-folder").write_text(f"{folder}\n")
    (folder / "elsewhere").write_text(f"{precious}\n")
    with pytest.raises(DataFolderUnusable, match="is not there"):
        data_home(folder, STRANGER, system)
    remove_data_home(folder, system)
    assert precious.is_dir()


def test_a_data_folder_that_was_moved_takes_its_database_along(folder: Path, system: Path) -> None:
    home = data_home(folder, STRANGER, system)
    moved = folder.rename(folder.with_name("moved"))
    assert data_home(moved, STRANGER, system) == home
    remove_data_home(moved, system)
    assert not home.exists()


def test_a_copy_of_a_data_folder_does_not_share_its_database(folder: Path, system: Path) -> None:
    home = data_home(folder, STRANGER, system)
    copy = folder.with_name("copy")
    copy.mkdir()
    (copy / "elsewhere").write_text((folder / "elsewhere").read_text())
    with pytest.raises(DataFolderForeign, match="is a copy of"):
        data_home(copy, STRANGER, system)
    remove_data_home(copy, system)
    assert home.is_dir()


def test_data_that_were_in_reach_and_are_not_any_more_are_not_begun_anew(folder: Path, system: Path) -> None:
    (folder / "data").mkdir()
    with pytest.raises(DataFolderUnusable, match="can't reach"):
        data_home(folder, STRANGER, system)


def test_databases_of_temporary_folders_that_are_gone_are_removed(
    folder: Path, system: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vanished = data_home(folder, STRANGER, system)
    shutil.rmtree(folder)
    kept = system / "data-kept"
    kept.mkdir()
    (kept / "data-folder").write_text("/on/a/disk/that/is/not/mounted/now\n")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    another = folder.with_name("another")
    another.mkdir()
    data_home(another, STRANGER, system)
    assert not vanished.exists()
    assert kept.is_dir()


def test_a_system_folder_that_somebody_else_prepared_is_refused(
    folder: Path, system: Path, tmp_path: Path
) -> None:
    (tmp_path / "trap").mkdir()
    system.symlink_to(tmp_path / "trap")
    with pytest.raises(DataFolderForeign, match="must be a folder of root's"):
        data_home(folder, STRANGER, system)
