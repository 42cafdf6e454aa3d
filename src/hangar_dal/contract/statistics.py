"""How large a large table is, and how its rows are spread. Both kinds of statistics follow it."""

from typing import Final

ROWS: Final = 4_000

OWNERS: Final = 400
"""How many different rows a foreign key refers to."""

CHOICES: Final = 40
"""How many values a status or a flag is taken to have.

It has fewer. But who asks for one may ask for the rarest, and the plan has to be good for that too.
"""
