"""Count the values of one column by the key that sealed them, and open one value with each key."""

from collections import Counter
from dataclasses import dataclass, field

from hangar_dal.database import Database
from hangar_dal.errors import SealError
from hangar_dal.rekeying.columns import SealedColumn
from hangar_dal.rekeying.opening import Reader, in_row, opened
from hangar_dal.rekeying.walking import PAGE, Progress, key_id_in, pages


@dataclass(slots=True)
class Counted:
    """The number of values for each key id. The key None counts the values that are not sealed.

    `unopened` has an error for each configured key that does not open the first value with its id.
    """

    values: Counter[str | None] = field(default_factory=Counter)
    unopened: list[SealError] = field(default_factory=list)


async def count_keys(
    db: Database, column: SealedColumn, *, progress: Progress | None = None, size: int = PAGE
) -> Counted:
    """Count the values of each key, and open the first value of each configured key.

    Each value starts with the id of its key, which is not encrypted. Only opening a value proves that the key is right.
    """
    found, reader, untried = Counted(), Reader(db, column), set[str | None](db.keyring.ids)
    async for page in pages(db, column, progress, size):
        for key, key_id in page:
            found.values[key_id] += 1
            if key_id in untried and (stored := await reader.read(key)):
                untried.discard(key_id_in(stored[0]))
                try:
                    opened(db.keyring, column, stored)
                except SealError as error:
                    found.unopened.append(in_row(error, column, key))
    return found
