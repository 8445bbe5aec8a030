"""Measurements against peers, side by side in one run by `python -m benchmarks`, and studies of recommenders."""
