"""Frozen Pydantic rows, one file for each domain. Each domain exports its own: `users.User`."""
