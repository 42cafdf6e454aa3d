"""Constructs that the two databases understand in different ways."""
