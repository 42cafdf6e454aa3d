"""Determine which result columns of a statement are nullable."""
