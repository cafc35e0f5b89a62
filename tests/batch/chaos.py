"""What is killed where: drawn with a seed, so that a failure can be had again."""

from __future__ import annotations

import os
import random
from typing import Final, NamedTuple

from spark_jobs.move import FAULT_POINTS

__all__ = ["Kill", "drawn"]

SEED: Final = int(os.environ.get("FRESHET_TEST_SEED", "30"))
KILLS: Final = int(os.environ.get("FRESHET_TEST_KILLS", "3"))


class Kill(NamedTuple):
    """`what` dies at the `point`, once or until Spark gives up."""

    what: str
    point: str
    again_and_again: bool = False

    def __str__(self) -> str:
        return f"{self.what} at {self.point}{' again and again' * self.again_and_again}"


# The first are always the same, one of a kind.
_FIRST: Final = (
    Kill("driver", "half moved"),
    Kill("database", "half moved"),
    Kill("executor", "stage_session"),
)
_COPYING: Final = (
    "copying outcomes",
    "copying events",
    "copying predictions",
    "copying sessions",
    "copying users",
)
_POINTS: Final = ("reading shop.user-events", *_COPYING, "moving", *FAULT_POINTS)
# Without that of events, which is the first: by a row in it a test sees that a run copies.
_TABLES: Final = (
    "stage_prediction",
    "stage_user",
    "stage_session",
    "stage_interaction",
    "stage_product_state",
)


def drawn(*kinds: str) -> list[Kill]:
    """Of all that dies, what concerns `kinds`."""
    rng = random.Random(SEED)
    kills = list(_FIRST[:KILLS])
    while len(kills) < KILLS:
        what = rng.choice(("driver", "database", "executor", "worker"))
        if what in ("driver", "database"):
            kills.append(Kill(what, rng.choice(_POINTS)))
        else:
            kills.append(Kill(what, rng.choice(_TABLES), rng.random() < 0.3))
    return [kill for kill in kills if kill.what in kinds]
