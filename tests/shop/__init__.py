"""A small application: a catalog of its own over SQL of its own, with every kind of value and every shape of result."""

from hangar_dal import Catalog

CATALOG = Catalog("shop", sql="sql")
query = CATALOG.query
