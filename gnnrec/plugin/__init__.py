"""What becomes of a plugin between its file and the registry: where it lies, its hooks, the rules of its components."""
