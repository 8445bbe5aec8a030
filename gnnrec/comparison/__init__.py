"""Compares recipes and runs over one split: what is run, what is taken from finished runs, and who is ahead."""
