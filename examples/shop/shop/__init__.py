"""A small shop on top of hangar_dal: products, and the orders of its users."""

from typing import Final

from hangar_dal import ACCOUNTS, Catalog

CATALOG: Final = Catalog("shop", sql="sql", migrations="migrations", modules="shop", uses=[ACCOUNTS])
query = CATALOG.query
