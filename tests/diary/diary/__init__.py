"""An application that uses no table of hangar_dal, and has a table and a migration of the same names as it."""

from typing import Final

from hangar_dal import Catalog

CATALOG: Final = Catalog("diary", migrations="migrations", modules="diary")
