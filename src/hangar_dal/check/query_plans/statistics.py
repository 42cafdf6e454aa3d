"""The number and the distribution of the rows in a large table, for the statistics of both databases."""

from typing import Final

ROWS: Final = 4_000

OWNERS: Final = 400
"""The number of different rows that a foreign key refers to."""

CHOICES: Final = 40
"""The number of different values that plans assume for a status or a flag.

Real columns have fewer values. But a query may ask for a rare value, and its plan has to be good for that too.
"""
