"""Where kafka-python's own lines go: it tells of each try to reconnect, hundreds of them where two lines would do."""

from __future__ import annotations

import logging
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

from infra.embedded.data_folder import MARKER

__all__ = ["keep_client_lines"]

_MOST_BYTES: Final = 1_000_000


def keep_client_lines(data_dir: Path, name: str) -> None:
    """Write them to ``data_dir/logs/NAME-kafka.log``, and no longer to where our own go.

    Without a data folder, as in a container, nobody keeps them: what matters of them is in our own errors.

    Parameters
    ----------
    data_dir : Path
        The data folder, if there is one.
    name : str
        Of this process.
    """
    client = logging.getLogger("kafka")
    client.propagate = False
    client.setLevel(logging.WARNING)
    handler: logging.Handler = logging.NullHandler()
    if (data_dir / MARKER).is_file():
        with suppress(OSError):
            (data_dir / "logs").mkdir(exist_ok=True)
            file = data_dir / "logs" / f"{name}-kafka.log"
            handler = RotatingFileHandler(
                file, maxBytes=_MOST_BYTES, backupCount=1, encoding="utf-8", delay=True
            )
            handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s"))
    client.handlers = [handler]
