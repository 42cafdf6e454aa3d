"""What the database has: the tables of the package. Queries and migrations of the application would come here too."""

from typing import Final

from hangar_dal import LIVESTREAMS, Catalog

CATALOG: Final = Catalog("hangar_api", uses=[LIVESTREAMS])
"""Livestreams, and the catalogs that they build on: videos, payments, messages for the worker, and accounts."""
