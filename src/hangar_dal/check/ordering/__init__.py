"""Whether an ORDER BY leaves ties, and whether a statement finds at most one row."""
