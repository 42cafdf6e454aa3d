"""Read the SQL files of a module, one for each dialect, and match their blocks with the queries of the module.

`catalog` knows the modules and the folder.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.resources.abc import Traversable
from typing import Final

from hangar_dal.query.declared import DeclaredQuery
from hangar_dal.rules import Finding, Rule
from hangar_dal.sqlfile import SqlFile, parse, unreadable
from hangar_dal.sqlscan import DATABASES, DIALECTS, Dialect


def read_sql_files(folder: Traversable, name: str, dialects: Sequence[Dialect] = DIALECTS) -> dict[Dialect, SqlFile]:
    """Return the file of this name for each dialect. The `faults` of a file say why it cannot be read."""
    return {dialect: _read(folder, dialect, name) for dialect in dialects}


FILE_MISSING: Final = Rule(
    "file-missing",
    "error",
    "Each module that declares queries has a file in the folder of each dialect.",
    """\
Write `sql/<dialect>/<module>.sql`.
""",
    bad="""\
--- items.py
@query
async def find_item(db: Executor, id: UUID) -> Item | None: ...
--- sqlite/items.sql
-- name: find_item
SELECT id, name FROM items WHERE id = :id;
""",
    good="""\
--- postgresql/items.sql
-- name: find_item
SELECT id, name FROM items WHERE id = :id;
""",
)


def _read(folder: Traversable, dialect: Dialect, name: str) -> SqlFile:
    file = folder.joinpath(dialect, f"{name}.sql")
    if not file.is_file():
        fix = f"write {name}'s statements"
        return unreadable(str(file), dialect, "the file does not exist", fix, rule=FILE_MISSING)
    try:
        return parse(file.read_text(encoding="utf-8"), path=str(file), dialect=dialect)
    except UnicodeDecodeError:
        return unreadable(str(file), dialect, "the file is not UTF-8")


BLOCK_MISSING: Final = Rule(
    "block-missing",
    "error",
    "Each declared query has a block in both dialects.",
    """\
Write `-- name: <function>` and its statement into the file of each dialect.
""",
    bad="""\
--- items.py
@query
async def find_item(db: Executor, id: UUID) -> Item | None: ...

@query
async def delete_item(db: Executor, id: UUID) -> RowCount: ...
--- sqlite/items.sql
-- name: find_item
SELECT id, name FROM items WHERE id = :id;

-- name: delete_item
DELETE FROM items WHERE id = :id;
--- postgresql/items.sql
-- name: find_item
SELECT id, name FROM items WHERE id = :id;
""",
    good="""\
--- postgresql/items.sql
-- name: find_item
SELECT id, name FROM items WHERE id = :id;

-- name: delete_item
DELETE FROM items WHERE id = :id;
""",
)
BLOCK_UNDECLARED: Final = Rule(
    "block-undeclared",
    "error",
    "Each block has a function of its name that declares it.",
    """\
No function of the module has the name of the block. The name may be misspelt: `-- name: list_item` where the module
declares `list_items`. Correct the name, declare a function, or delete the block.
""",
    bad="""\
--- items.py
@query
async def find_item(db: Executor, id: UUID) -> Item | None: ...
--- items.sql
-- name: find_item
SELECT id, name FROM items WHERE id = :id;

-- name: delete_item
DELETE FROM items WHERE id = :id;
""",
    good="""\
--- items.py
@query
async def find_item(db: Executor, id: UUID) -> Item | None: ...

@query
async def delete_item(db: Executor, id: UUID) -> RowCount: ...
""",
)


def match_blocks(
    queries: Mapping[str, DeclaredQuery], module: str, files: Mapping[Dialect, SqlFile]
) -> Iterator[Finding]:
    """Give each query its block in each dialect, and yield the findings.

    The findings are the faults of the files, blocks without a function, and functions without a block.
    """
    for dialect, file in files.items():
        yield from file.faults
        for name in file.headers:
            if name not in queries:
                message = f"{name} has no function in {module} that declares it"
                yield _of_block(file, name, BLOCK_UNDECLARED, message, "declare it, or delete it")
        for name, declared in queries.items():
            declared.blocks.pop(dialect, None)
            if name in file.blocks:
                block = file.blocks[name]
                declared.blocks[dialect] = replace(block, is_alone=True) if len(files) == 1 else block
            elif file.readable and name not in file.headers:
                message, fix = f"{declared.name} has no block in {_short(file)}", f"write it: `-- name: {name}`"
                yield declared.finding(BLOCK_MISSING, message, fix)
    if len(files) == len(DIALECTS):
        yield from _order([files[dialect] for dialect in DIALECTS], queries)


FILE_SHARED: Final = Rule(
    "file-shared",
    "error",
    "No two modules have the same last name, because they would share one SQL file.",
    """\
A SQL file has the last name of its module, so `shop.items` and `shop.reports.items` both mean `items.sql`. Rename
one.
""",
    bad="""\
--- items.py
@query
async def find_item(db: Executor, id: UUID) -> Item | None: ...
--- reports/items.py
@query
async def find_item(db: Executor, id: UUID) -> Item | None: ...
--- items.sql
-- name: find_item
SELECT id, name FROM items WHERE id = :id;
""",
    good="""\
--- reports/items.py
--- reports/item_reports.py
@query
async def find_item(db: Executor, id: UUID) -> Item | None: ...
--- item_reports.sql
-- name: find_item
SELECT id, name FROM items WHERE id = :id;
""",
)


def find_shared(declared: DeclaredQuery, others: Iterable[DeclaredQuery]) -> Iterator[Finding]:
    """Yield a finding for each other module that would use the same file. Each query represents its module."""
    for other in others:
        if other.module != declared.module and other.file == declared.file:
            message = f"{declared.module} and {other.module} would share the file {declared.file}.sql"
            yield declared.finding(FILE_SHARED, message, "rename one", query="")


FILE_ORPHAN: Final = Rule(
    "file-orphan",
    "error",
    "Each SQL file belongs to a module that was imported and declares its queries.",
    """\
No imported module declares the queries of the file. Write the module, add it to `modules`, or delete the file.
""",
    bad="""\
--- items.sql
-- name: find_item
SELECT id, name FROM items WHERE id = :id;
""",
    good="""\
--- items.py
@query
async def find_item(db: Executor, id: UUID) -> Item | None: ...
""",
)


def find_orphans(
    folder: Traversable, dialect: Dialect, names: Iterable[str], dialects: Collection[Dialect]
) -> Iterator[Finding]:
    """Yield a finding for each of these files, for which no imported module declares queries.

    `dialects` are those of the catalog.
    """
    message = "no imported module declares these queries"
    fix = "name its module in `modules` of pyproject.toml and import it, or delete the file"
    if dialect not in dialects:
        message = f"the catalog is not written for {DATABASES[dialect]}"
        fix = "delete the file, or leave out `dialects` of the catalog and write all files of this database"
    for name in sorted(names):
        yield FILE_ORPHAN.finding(str(folder.joinpath(dialect, f"{name}.sql")), 1, 1, message, fix, dialect=dialect)


def _of_block(file: SqlFile, name: str, rule: Rule, message: str, fix: str) -> Finding:
    query = f"{file.name}.{name}"
    return rule.finding(file.path, file.headers[name], 1, message, fix, dialect=file.dialect, query=query)


def _short(file: SqlFile) -> str:
    return f"{file.dialect}/{file.name}.sql"


TWINS_ORDER: Final = Rule(
    "twins-order",
    "error",
    "The files of both dialects have the same blocks in the same order, so that they can be read side by side.",
    """\
Sort the blocks of one file like those of the other.
""",
    bad="""\
--- items.py
@query
async def find_item(db: Executor, id: UUID) -> Item | None: ...

@query
async def delete_item(db: Executor, id: UUID) -> RowCount: ...
--- sqlite/items.sql
-- name: find_item
SELECT id, name FROM items WHERE id = :id;

-- name: delete_item
DELETE FROM items WHERE id = :id;
--- postgresql/items.sql
-- name: delete_item
DELETE FROM items WHERE id = :id;

-- name: find_item
SELECT id, name FROM items WHERE id = :id;
""",
    good="""\
--- postgresql/items.sql
-- name: find_item
SELECT id, name FROM items WHERE id = :id;

-- name: delete_item
DELETE FROM items WHERE id = :id;
""",
)


def _order(twins: Sequence[SqlFile], queries: Mapping[str, DeclaredQuery]) -> Iterator[Finding]:
    """Yield a finding if the two files have the same blocks in different orders."""
    orders = [[name for name in file.headers if name in queries] for file in twins]
    if orders[0] != orders[1] and set(orders[0]) == set(orders[1]):
        first = next(name for name, twin in zip(*orders, strict=True) if name != twin)
        message = f"{first}: the blocks of the two dialects are in different orders"
        yield _of_block(twins[0], first, TWINS_ORDER, message, "sort one file like the other")
