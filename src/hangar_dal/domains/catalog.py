"""The earlier name of `hangar_dal.ACCOUNTS`, for a `[tool.hangar_dal]` that was written before."""

from typing import Final

from hangar_dal.catalogs import ACCOUNTS
from hangar_dal.query import Catalog

CATALOG: Final[Catalog] = ACCOUNTS
