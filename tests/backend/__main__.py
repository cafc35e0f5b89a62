"""Ends with 0 where an engine answers that tests can run containers on, and says so either way."""

import sys

from tests.backend.choice import Unavailable
from tests.backend.engine import answering_engine

try:
    print(f"{answering_engine()} answers")
except Unavailable as reason:
    sys.exit(f"no containers: {reason}")
