"""What is learned: the model, how it is fitted phase by phase and gated against leaks, and how it scores."""
