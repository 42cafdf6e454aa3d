"""Find constructs that the two databases understand in different ways."""
