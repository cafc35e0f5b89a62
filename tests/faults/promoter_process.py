"""Writes one activation to all partitions, and ends itself at a named point."""

from __future__ import annotations

import os
import signal
import sys

from consumers.lifecycle import Activations, Move
from contracts.records import ModelChanged
from contracts.settings import load
from infra.signatures import signatures_of


def main(point: str, digest: str) -> None:
    settings = load()

    def fault(reached: str) -> None:
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    activations = Activations(settings.bootstrap, settings.namespace, signatures_of(settings), fault)
    changed = ModelChanged(change="c-1", task="conversion", action="shadow", model="a@1")
    activations.write(changed, [Move("a", "1", digest, "champion")])
    activations.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
