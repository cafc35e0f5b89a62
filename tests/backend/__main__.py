"""Says whether an engine answers that tests can run containers on: 0 where one does, 3 where none does."""

import sys

from tests.backend.choice import Unavailable
from tests.backend.engine import answering_engine

try:
    print(f"{answering_engine()} answers")
except Unavailable as reason:
    print(f"no containers: {reason}", file=sys.stderr)
    sys.exit(3)
