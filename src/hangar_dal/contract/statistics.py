"""How large a large table is, and how its rows are spread. Stands alone; both kinds of statistics follow it."""

from typing import Final

ROWS: Final = 10_000

SPREAD: Final = 100
"""How many values a column has that repeats them: the owner of a row, a status, a flag.

A status has four. But who asks for one may ask for the rarest, and the plan has to be good for that too.
"""
