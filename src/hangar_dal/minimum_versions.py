"""The oldest databases that are supported. Imports no other module."""

from typing import Final

# STRICT tables came with it.
SQLITE: Final = (3, 37, 0)
POSTGRESQL: Final = 14
