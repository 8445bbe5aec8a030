"""Searching the settings of a recipe by validation, with the same budget for each recipe."""
