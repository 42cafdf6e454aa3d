"""Report tables that can grow and are read as a whole, and `-- scan:` lines that no statement needs.

Imports no parser.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from hangar_dal.check.model import Tables
from hangar_dal.check.project.project import Project
from hangar_dal.check.statement_info import Scan
from hangar_dal.check.statements.locations import finding_at
from hangar_dal.check.statements.variants import CheckedVariant
from hangar_dal.rules import Finding, Rule
from hangar_dal.sqlscan import Dialect, Kind

_REASON: Final = "if that is right, write `-- scan: reason` under the header"
_NARROW: Final = "compare a column that an index can begin with, or read a page in the order of an index"

Asked = tuple[CheckedVariant, tuple[Scan, ...]]


SCAN: Final = Rule(
    "scan",
    "error",
    "A statement finds its rows by an index, unless its file says why it reads a whole table.",
    """\
No index can serve the statement: nothing is compared with the first column of an index. This includes
`SELECT count(*)` over all rows, a LIMIT without an index in the order of its ORDER BY, and a LIMIT behind a filter
that no index serves and that few rows may pass. A page in the order of an index is not reported, and neither is a
plan that does not use an index that could serve. The finding says which index to create. A condition that an argument
can turn off, as in `(:size IS NULL OR size = :size)`, can use no index: write it on an optional line. If reading the
whole table is right, say why, under the headers of both dialects. A table that never grows is named in `small_tables`.
""",
    bad="""\
--- users.py
@query
async def count_users(db: Executor) -> int: ...
--- users.sql
-- name: count_users
SELECT count(*) AS users FROM users;
""",
    good="""\
--- users.sql
-- name: count_users
-- scan: a number for an administrator's page, asked for now and then
SELECT count(*) AS users FROM users;
""",
)


SCAN_NEEDLESS: Final = Rule(
    "scan-needless",
    "warning",
    "A `-- scan:` line is only written where a whole table is read.",
    """\
The statement reads no whole table, or only small ones, on either database. Delete the line.
""",
    bad="""\
--- items.py
@query
async def count_items(db: Executor, owner_id: UUID) -> int: ...
--- items.sql
-- name: count_items
-- scan: a number for an administrator's page, asked for now and then
SELECT count(*) AS items FROM items WHERE owner_id = :owner_id;
""",
    good="""\
--- items.sql
-- name: count_items
SELECT count(*) AS items FROM items WHERE owner_id = :owner_id;
""",
)


def find_scans(asked: Sequence[Asked], small: Collection[str]) -> Iterator[tuple[Finding, CheckedVariant]]:
    """Yield each finding with the statement that it is about."""
    scanning: set[str] = set()
    for checked, scans in asked:
        for scan in scans:
            if scan.table not in small:
                scanning.add(checked.query.name)
                if "scan" not in checked.block.directives:
                    yield _found(checked, scan), checked
    for checked, _ in asked:
        # The line applies to both dialects. One of them may use an index.
        if "scan" in checked.block.directives and checked.query.name not in scanning:
            message = "`-- scan:`: the statement reads no whole table that can grow"
            yield finding_at(checked, SCAN_NEEDLESS, message, "delete the line"), checked


SMALL_TABLE_UNKNOWN: Final = Rule(
    "small-table-unknown",
    "error",
    "Each name in `small_tables` is the name of a table.",
    """\
Correct the name, or delete it.
""",
    bad="""\
--- pyproject.toml
[tool.hangar_dal]
catalogs = ["shop:CATALOG"]
modules = ["shop"]
migrations = ["migrations"]
small_tables = ["itmes"]
""",
    good="""\
--- pyproject.toml
[tool.hangar_dal]
catalogs = ["shop:CATALOG"]
modules = ["shop"]
migrations = ["migrations"]
small_tables = ["items"]
""",
)


def find_unknown_small_tables(project: Project, tables: Mapping[Dialect, Tables]) -> Iterator[Finding]:
    """Yield a finding for each name in `small_tables` that is no table of the migrations."""
    known = {name for of_one in tables.values() for name in of_one.columns}
    for name in project.small_tables:
        if name not in known:
            message = f"small_tables names {name}, which is not a table"
            yield SMALL_TABLE_UNKNOWN.finding(project.file, 1, 1, message, "correct the name, or delete it")


def _found(checked: CheckedVariant, scan: Scan) -> Finding:
    lacking = "no index finds its rows" if scan.indexes else "nothing narrows it down"
    message = f"reads the whole of {scan.table}, which can grow: {lacking}"
    if scan.optional and not scan.indexes:
        name = scan.optional
        fix = f"write the condition that :{name} turns off on a line of its own, with `-- when {name}`"
        return finding_at(checked, SCAN, message, f"{fix}; {_REASON}", at=_place(checked, scan.table))
    where = "a migration"
    if any("CONCURRENTLY" in index for index in scan.indexes):
        where += " that begins with `-- transactional: false`"
    fix = f"write in {where} {' and '.join(scan.indexes)}" if scan.indexes else _NARROW
    return finding_at(checked, SCAN, message, f"{fix}; {_REASON}", at=_place(checked, scan.table))


def _place(checked: CheckedVariant, table: str) -> int | None:
    """Return the offset at which the table is first named, except before a column as in `items.id`; None if nowhere."""
    code = [token for token in checked.variant.tokens if token.kind is not Kind.COMMENT]
    for token, after in zip(code, [*code[1:], None], strict=True):
        is_name = token.kind in (Kind.WORD, Kind.NAME) and token.text.strip('"').lower() == table.lower()
        if is_name and (after is None or after.text != "."):
            return token.start
    return None
