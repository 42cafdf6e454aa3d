"""The package's own catalog: the first customer of the public mechanism."""

from typing import Final

from hangar_dal.query import Catalog

CATALOG: Final = Catalog("hangar_dal.sql", sql="queries")
query = CATALOG.query
