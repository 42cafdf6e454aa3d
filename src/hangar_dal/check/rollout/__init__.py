"""Queries before and after each migration, to decide what to deploy first."""
