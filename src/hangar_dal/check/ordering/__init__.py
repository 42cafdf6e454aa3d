"""Determine whether ORDER BY leaves ties, and whether a statement finds at most one row, by functional dependencies."""
