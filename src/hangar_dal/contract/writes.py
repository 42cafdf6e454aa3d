"""What a write leaves out, and what writes unseen. Stands above `reading` and `place`."""

from collections.abc import Iterator

from hangar_dal.contract.facts import Described
from hangar_dal.contract.finding import Finding
from hangar_dal.contract.place import found
from hangar_dal.contract.reading import Reading
from hangar_dal.contract.variants import CheckedVariant


def compare_writes(checked: CheckedVariant, described: Described, reading: Reading) -> Iterator[Finding]:
    """Columns that an INSERT must give; a statement that writes where its words do not say so."""
    if described.reads_only is False and not checked.block.writes:
        message = "the statement writes, and neither its verb nor a FOR UPDATE says so"
        yield found(checked, "write-unseen", message, "write what it changes as INSERT, UPDATE or DELETE")
    for table, column in reading.left_out:
        message = f"{table}.{column} is NOT NULL without a default, and this INSERT leaves it out"
        yield found(checked, "required-column", message, "insert it, or give it a default in a migration")
