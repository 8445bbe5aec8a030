"""What is known: interactions between users and items, how they are split, and how they are found and described."""
