"""``python -m benchmarks``: what ``make bench`` measures; each by itself as ``python -m benchmarks.NAME --help``."""

from __future__ import annotations

import subprocess
import sys

NAMES = ("simulator", "model_cost", "serving_cost", "etl", "learner")

for name in NAMES:
    print(f"-- {name}", flush=True)
    code = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]], check=False).returncode
    if code:
        sys.exit(code)
