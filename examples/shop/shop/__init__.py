"""A small shop on top of hangar_dal: products, and the orders of its users."""

from typing import Final

from hangar_dal import Catalog

CATALOG: Final = Catalog("shop", sql="sql")
query = CATALOG.query
