"""Speed, shown as ratios to a baseline or a peer that is measured in the same run: `python -m benchmarks`."""
