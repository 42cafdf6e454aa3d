"""Frozen Pydantic models of rows, one file per domain. Each domain module exports its models, such as `users.User`."""
