"""Tables that are read from end to end although they grow, and reasons given where nothing needs one.

Builds on `locations`; imports no parser.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from hangar_dal.contract.locations import finding_at
from hangar_dal.contract.model import Scan, Tables
from hangar_dal.contract.project import Project
from hangar_dal.contract.variants import CheckedVariant
from hangar_dal.rules import Finding
from hangar_dal.sqlscan import Dialect, Kind

_REASON: Final = "if that is right, write `-- scan: reason` under the header"
_NARROW: Final = "compare a column that an index can begin with, or read a page in the order of an index"

Asked = tuple[CheckedVariant, tuple[Scan, ...]]


def find_scans(asked: Sequence[Asked], small: Collection[str]) -> Iterator[tuple[Finding, CheckedVariant]]:
    """Each finding with the statement that it is of."""
    scanning: set[str] = set()
    for checked, scans in asked:
        for scan in scans:
            if scan.table not in small:
                scanning.add(checked.query.name)
                if "scan" not in checked.block.directives:
                    yield _found(checked, scan), checked
    for checked, _ in asked:
        # A reason holds for both twins: one of them may go by an index.
        if "scan" in checked.block.directives and checked.query.name not in scanning:
            message = "`-- scan:`: the statement reads no whole table that can grow"
            yield finding_at(checked, "scan-needless", message, "delete the line", severity="warning"), checked


def find_unknown_small_tables(project: Project, tables: Mapping[Dialect, Tables]) -> Iterator[Finding]:
    """Names in `small_tables` that no migration makes."""
    known = {name for of_one in tables.values() for name in of_one.columns}
    for name in project.small_tables:
        if name not in known:
            message = f"small_tables names {name}, which is not a table"
            yield Finding(
                project.file, 1, 1, "", "", "small-table-unknown", "error", message, "correct the name, or delete it"
            )


def _found(checked: CheckedVariant, scan: Scan) -> Finding:
    lacking = "no index finds its rows" if scan.indexes else "nothing narrows it down"
    message = f"reads the whole of {scan.table}, which can grow: {lacking}"
    fix = f"write in a migration {' and '.join(scan.indexes)}" if scan.indexes else _NARROW
    return finding_at(checked, "scan", message, f"{fix}; {_REASON}", at=_place(checked, scan.table))


def _place(checked: CheckedVariant, table: str) -> int | None:
    """Where the table is named first, not as a part of a column's name."""
    code = [token for token in checked.variant.tokens if token.kind is not Kind.COMMENT]
    for token, after in zip(code, [*code[1:], None], strict=True):
        is_name = token.kind in (Kind.WORD, Kind.NAME) and token.text.strip('"').lower() == table.lower()
        if is_name and (after is None or after.text != "."):
            return token.start
    return None
