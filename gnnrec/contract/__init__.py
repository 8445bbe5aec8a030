"""What is said: the shape of a component, its kinds, what passes to a trainer, and the hooks."""
