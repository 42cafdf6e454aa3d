"""Count the values of one column by the key that they are sealed with, and try each key on one of them."""

from collections import Counter
from dataclasses import dataclass, field

from hangar_dal.database import Database
from hangar_dal.errors import SealError
from hangar_dal.rekeying.columns import SealedColumn
from hangar_dal.rekeying.opening import Reader, in_row, opened
from hangar_dal.rekeying.walking import PAGE, Progress, key_id_in, pages


@dataclass(slots=True)
class Counted:
    """The number of values for each key id; under None those that are no sealed values.

    `unopened` has an error for each configured key that did not open the first value with its id.
    """

    values: Counter[str | None] = field(default_factory=Counter)
    unopened: list[SealError] = field(default_factory=list)


async def count_keys(
    db: Database, column: SealedColumn, *, progress: Progress | None = None, size: int = PAGE
) -> Counted:
    """Count the values of each key. The id is in clear in each value, so a key is known only when it opens one."""
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
