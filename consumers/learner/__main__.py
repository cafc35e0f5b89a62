"""``python -m consumers.learner PARTITION``: see `consumers.learner.process`."""

import os
import sys

from consumers.learner.process import main

code = main()
sys.stdout.flush()
sys.stderr.flush()
os._exit(code)
