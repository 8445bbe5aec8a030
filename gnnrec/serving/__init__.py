"""Recommendations from a run and from what has happened since, kept in a store that many processes share."""
