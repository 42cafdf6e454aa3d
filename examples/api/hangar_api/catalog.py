"""What the database has: the tables of the package. Queries and migrations of the application would come here too."""

from typing import Final

from hangar_dal import COMMERCE, COMMUNITY, OUTBOX, Catalog

CATALOG: Final = Catalog("hangar_api", uses=[COMMUNITY, COMMERCE, OUTBOX])
"""Videos, follows, notifications and what users do with them, payments, messages for the worker, and accounts below."""
