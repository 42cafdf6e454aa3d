"""Parse statements, and find the columns that their names mean and what the statements do with them."""
