"""The oldest supported versions of the databases. Imports no other module."""

from typing import Final

# The first version with STRICT tables.
SQLITE: Final = (3, 37, 0)
POSTGRESQL: Final = 14
