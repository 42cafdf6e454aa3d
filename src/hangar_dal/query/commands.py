"""Find commands, such as CALL, that a block cannot hold, and statements that are neither query nor command.

A command returns nothing to its caller.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from hangar_dal.query.disagreement import Disagreement
from hangar_dal.query.signature import Signature
from hangar_dal.rules import Rule
from hangar_dal.sqlblock import COMMANDS, QUERIES, Block
from hangar_dal.sqlscan import Dialect

STATEMENT_KIND: Final = Rule(
    "statement-kind",
    "error",
    "A block reads rows or changes them, or holds a command; anything else belongs in a migration.",
    """\
The statement begins with `CREATE`, `DROP`, `PRAGMA`, `SET` or `BEGIN`, or with a misspelt word, or it is a
`SELECT ... INTO`, which creates a table. Change tables in migrations, configure connections in the settings, and begin
transactions with `db.transaction()`. Instead of `SET` or `SET LOCAL`, write `SELECT set_config(name, value, true)`: see
[session-state](#session-state). A block may also hold a [command](#command-result): `CALL`, `REFRESH`, `TRUNCATE`,
`ANALYZE`, `NOTIFY` or `LOCK` on PostgreSQL, `ANALYZE` or `VACUUM` on SQLite.
""",
    bad="""\
--- orders.py
@query
async def delete_all_orders(db: Executor) -> RowCount: ...
--- orders.sql
-- name: delete_all_orders
DROP TABLE orders;
""",
    good="""\
--- orders.sql
-- name: delete_all_orders
-- scan: all orders are deleted
DELETE FROM orders WHERE TRUE;
""",
)
COMMAND_RESULT: Final = Rule(
    "command-result",
    "error",
    "The function of a command returns None. Of the commands, only CALL takes parameters.",
    """\
`CALL`, `REFRESH`, `TRUNCATE`, `ANALYZE`, `NOTIFY`, `LOCK` and `VACUUM` return neither rows nor a number of rows.
Declare `-> None`. To get rows from a procedure, make it a function and read `FROM function(...)`. To count the
deleted rows, write `DELETE FROM orders WHERE TRUE` instead of `TRUNCATE`. Only `CALL` has parameters. Write
`SELECT pg_notify('channel', :payload)` instead of `NOTIFY`. [Commands](statements.md#commands) says what `check` knows
about each of them.
""",
    bad="""\
--- orders.py
@query
async def delete_all_orders(db: Executor) -> RowCount: ...
--- postgresql/orders.sql
-- name: delete_all_orders
-- differs: SQLite has no TRUNCATE
TRUNCATE orders;
--- sqlite/orders.sql
-- name: delete_all_orders
-- differs: SQLite has no TRUNCATE
-- scan: all orders are deleted
DELETE FROM orders WHERE TRUE;
""",
    good="""\
--- orders.py
@query
async def delete_all_orders(db: Executor) -> None: ...
""",
)
_QUERY: Final = "begin with SELECT, VALUES, WITH, INSERT, UPDATE or DELETE; other statements belong in a migration"
_SET: Final = "write SELECT set_config(name, value, true) in a transaction, or put it in the role's settings"
_DIFFERS: Final = "and `-- differs: reason` under both headers"
_INSTEAD: Final = {
    "SET": _SET,
    "RESET": _SET,
    "COPY": "use bulk.copy_in(db, ...) or bulk.copy_out(db, ...), or write INSERT or SELECT",
}
_INSTEAD_ON: Final[Mapping[Dialect, Mapping[str, str]]] = {
    "postgresql": {"VACUUM": "leave it to autovacuum, or run it by psql or by cron"},
    "sqlite": {
        "CALL": f"SQLite has no procedures; write the statements of the procedure as queries, {_DIFFERS}",
        "LOCK": f"SQLite's transactions lock the database; write SELECT 1, {_DIFFERS}",
        "NOTIFY": f"SQLite has no notifications; write SELECT 1, {_DIFFERS}",
        "REFRESH": f"SQLite has no materialized views; write INSERT INTO ... SELECT, or SELECT 1, {_DIFFERS}",
        "TABLE": "write SELECT and the columns",
        "TRUNCATE": f"SQLite has no TRUNCATE; delete all rows WHERE TRUE, {_DIFFERS}",
    },
}
_ROWS: Final = {
    "CALL": "declare `-> None`, or make the procedure a function and read `SELECT ... FROM function(...)`",
    "TRUNCATE": "declare `-> None`, or write DELETE FROM ... WHERE TRUE, which counts and returns rows",
}
_PARAMETERS: Final = {"NOTIFY": "write SELECT pg_notify('channel', :payload)"}


def no_statement(block: Block) -> Disagreement | None:
    """Return a fault if the block is neither a query nor a command; None if it is one."""
    verb = block.verb
    if verb in COMMANDS[block.dialect] or (verb in QUERIES and verb not in _INSTEAD_ON[block.dialect]):
        return None
    first = block.words[0][0] if block.words else "this"
    fix = _INSTEAD_ON[block.dialect].get(verb) or _INSTEAD.get(first, _QUERY)
    return Disagreement(*block.all_lines.place_at(0), STATEMENT_KIND, f"{first} does not begin a query", fix)


def wrong_command(block: Block, signature: Signature) -> Iterator[Disagreement]:
    """Yield a fault for each parameter of a command that takes none, and for a function that promises a result."""
    command = block.command
    if not command:
        return
    if signature.result.shape != "none":
        fix = _ROWS.get(command, "declare `-> None`")
        yield Disagreement(block.line, 1, COMMAND_RESULT, f"{command} returns neither rows nor a number of rows", fix)
    for parameter in block.all_lines.parameters if command != "CALL" else ():
        message = f"{command} takes no parameters, such as :{parameter.name}"
        fix = _PARAMETERS.get(command, "write the names into the statement, or write a block for each of them")
        yield Disagreement(*block.all_lines.place_at(parameter.start), COMMAND_RESULT, message, fix)
    if block.dialect == "sqlite" and command == "VACUUM" and any(word == "INTO" for word, _ in block.words):
        fix = "use `db.backup(path)`, which copies the database"
        yield Disagreement(block.line, 1, COMMAND_RESULT, "VACUUM INTO writes a file that nothing checks", fix)
