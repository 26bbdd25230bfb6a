"""Speed, shown as ratios to a baseline or a peer that is measured in the same run: `python -m benchmarks`."""

import os

from engine.cli import MEMORY

os.environ.setdefault(*MEMORY)  # as the command does it, for all that are compared
