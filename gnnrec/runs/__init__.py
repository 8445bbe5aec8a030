"""What is kept: run directories, what they say, resuming them, and asking a finished run."""
