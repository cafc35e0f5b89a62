"""How other processes find the instance that runs on a data folder: ``runtime.json``."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.errors import EnvironmentProblem
from contracts.settings import RUNTIME_FILE
from infra.embedded.data_folder import lock_holder
from infra.embedded.ownership import need_own_folder

__all__ = ["Running", "find_running", "forget_running", "publish_running", "stop_running"]


@dataclass(frozen=True)
class Running:
    """An instance that runs: its addresses, and what else it wants others to know.

    Attributes
    ----------
    bootstrap : str
        Address of the broker.
    database_url : str
        For psycopg, without a password; it names a file from which libpq takes it.
    database_password_file : Path
        The password alone, for who can't use libpq's file.
    pid : int
        Of the process that holds broker and database.
    started_at : str
        RFC 3339, UTC.
    kept : bool
        Whether they outlive the command that started them, until ``freshet down``.
    facts : dict
        Further settings of this instance, such as ``group`` and ``partitions``.
    """

    bootstrap: str
    database_url: str
    database_password_file: Path
    pid: int
    started_at: str
    kept: bool = False
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)


_OWN = tuple(field.name for field in dataclasses.fields(Running) if field.name != "facts")


def publish_running(data_dir: Path, running: Running) -> None:
    """Write ``runtime.json``, whole or not at all; the settings of other commands read it."""
    own = {name: getattr(running, name) for name in _OWN}
    own["database_password_file"] = str(running.database_password_file)
    scratch = data_dir / f"{RUNTIME_FILE}.new"
    scratch.write_text(json.dumps({**running.facts, **own}, indent=2) + "\n")
    scratch.replace(data_dir / RUNTIME_FILE)


def forget_running(data_dir: Path) -> None:
    """Remove ``runtime.json``."""
    (data_dir / RUNTIME_FILE).unlink(missing_ok=True)


def find_running(data_dir: Path) -> Running | None:
    """Return the instance that runs on `data_dir`; None if none does, or it is not up yet.

    A ``runtime.json`` left by an instance that was killed is removed: nobody holds the folder's lock then.
    """
    with lock_holder(data_dir) as holder:
        try:
            if holder is None:
                forget_running(data_dir)
                return None
            found = json.loads((data_dir / RUNTIME_FILE).read_bytes())
            own = {name: found.pop(name) for name in _OWN}
            own["database_password_file"] = Path(own["database_password_file"])
            return Running(**own, facts=found)
        except (OSError, ValueError, KeyError, TypeError):
            return None


def stop_running(data_dir: Path, deadline_s: float = 40.0) -> bool:
    """End the instance that runs on `data_dir`, and wait until it has.

    Parameters
    ----------
    data_dir : Path
        Its data folder.
    deadline_s : float
        How long to wait.

    Returns
    -------
    bool
        False if none was running.

    Raises
    ------
    EnvironmentProblem
        If it could not be told, or still runs after `deadline_s` seconds; or if the folder is another user's.
    """
    need_own_folder(data_dir)  # whoever holds the lock of another user's may be anybody
    with lock_holder(data_dir) as pid:
        if pid is None:
            return False
    # The lock was held by this very process a moment ago: the number has not gone to another one.
    try:
        if pid > 0:
            os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        pass  # it was about to end
    except PermissionError as error:
        message = f"Process {pid}, which runs on {data_dir}, belongs to another user."
        raise EnvironmentProblem(message) from error
    deadline = time.monotonic() + deadline_s
    while True:
        with lock_holder(data_dir) as holder:
            if holder is None:
                return True
        if time.monotonic() > deadline:
            message = f"Process {pid}, which runs on {data_dir}, has not ended within {deadline_s:.0f} s."
            raise EnvironmentProblem(message, hint=f"End it with: kill -9 {pid}")
        time.sleep(0.05)
