"""A small application: a catalog of its own over SQL of its own, with every kind of value and every shape of result."""

from hangar_dal import ACCOUNTS, Catalog

CATALOG = Catalog("tests.shop", name="shop", sql="sql", uses=[ACCOUNTS])
query = CATALOG.query
