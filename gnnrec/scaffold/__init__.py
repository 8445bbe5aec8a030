"""Writes a new plugin: a small distribution whose components keep their contracts, to be changed into one's own."""
