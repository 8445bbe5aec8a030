"""Judging what was trained; knows models and scorers, never how they were fitted."""
