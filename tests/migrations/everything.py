"""The migrations of the package's own catalog, however many there are."""

from pathlib import Path
from typing import Final

from hangar_dal import ACCOUNTS
from hangar_dal.migrations.scripts import ids_in

EVERYTHING: Final = ids_in(Path(str(ACCOUNTS.migrations)))
