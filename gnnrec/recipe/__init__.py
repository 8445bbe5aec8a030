"""Recipes: reading YAML with positions, combining it, checking it against the installed components."""
