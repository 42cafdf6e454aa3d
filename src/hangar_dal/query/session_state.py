"""Find calls that change the state of the connection, or read state that an earlier statement left there.

A connection goes back to the pool after each statement or transaction, so another task would see the change. Builds
on `clauses`.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from hangar_dal.query.clauses import ClauseScope, flat
from hangar_dal.query.disagreement import Refusal
from hangar_dal.rules import Rule
from hangar_dal.sqlblock import Block
from hangar_dal.sqlscan import Dialect, Kind, Token, between_commas

SESSION_STATE: Final = Rule(
    "session-state",
    "error",
    "A statement leaves nothing on its connection for the next task, and reads nothing from it.",
    """\
A call changes the state of the connection, or reads state that an earlier statement left. The connection goes back to
the pool, and the next task gets it with this state. With row-level security, that task could read the rows of another
tenant.

| Refused | Write |
|---|---|
| `set_config(name, value, false)`, or anything but the literal `true`; `UPDATE pg_settings` | \
`set_config(name, value, true)` in a transaction |
| `pg_advisory_lock`, `pg_try_advisory_lock`, their `_shared` forms, `pg_advisory_unlock...` | \
`pg_advisory_xact_lock`, `pg_try_advisory_xact_lock`, in a transaction |
| `currval`, `lastval`, `last_insert_rowid` | `RETURNING` |
| `changes`, `total_changes` | `RowCount` as the return type of the statement that changes the rows |
| `setseed` | random values made in Python |
| `dblink_connect`, `dblink_disconnect` | `dblink(connection_string, sql)` |
| `load_extension` | values computed in Python |
| `pg_backup_start`, `pg_replication_origin_session_setup` and `..._reset` | a connection outside of the pool |

`SET`, `RESET`, `LISTEN`, `PREPARE`, `CREATE TEMP TABLE`, `DECLARE`, `PRAGMA` and `ATTACH` are refused by
[statement-kind](#statement-kind).

The rule reads only the statements. It does not see a function of your own that calls `set_config(..., false)` or
takes a session lock, SQL in a text (`query_to_xml('...')`), or a function of an extension, such as `set_limit` of
pg_trgm. These are wrong with a pool and with a transaction pooler too: use the forms that end with the transaction.
""",
    bad="""\
--- items.py
@query
async def set_tenant(db: Transaction, tenant: str) -> None: ...
--- sqlite/items.sql
-- name: set_tenant
-- differs: SQLite has no row-level security
SELECT :tenant AS tenant;
--- postgresql/items.sql
-- name: set_tenant
-- differs: SQLite has no row-level security
SELECT set_config('app.tenant', :tenant, false);
""",
    good="""\
--- postgresql/items.sql
-- name: set_tenant
-- differs: SQLite has no row-level security
SELECT set_config('app.tenant', :tenant, true);
""",
)
_LOCK: Final = "holds its lock until the connection is closed, so the next task that gets the connection holds it too"
_UNLOCK: Final = "releases a lock of the connection, which another task may have taken"
_LAST_KEY: Final = "returns the last key generated on this connection, perhaps by another task"
_CHANGES: Final = "counts rows changed on this connection, perhaps by another task"
_DBLINK: Final = "changes the named connections of this connection, which the next task gets with it"
_REPLICATION: Final = "changes the replication origin of this connection, which the next task gets with it"
_BACKUP: Final = "belongs to a connection that stays open until the backup ends"
_XACT_LOCK: Final = "lock with pg_advisory_xact_lock in a transaction, whose end releases the lock"
_RETURNING: Final = "add RETURNING to the INSERT that generates the key"
_ROW_COUNT: Final = "declare RowCount for the statement that changes the rows"
_CONNECTION_STRING: Final = "pass the connection string to each call of dblink"
_ELSEWHERE: Final = "run it on a separate connection outside the pool"

# For each function: the reason why it is refused, and what to write instead.
_REFUSED: Final[Mapping[Dialect, Mapping[str, tuple[str, str]]]] = {
    "postgresql": {
        "pg_advisory_lock": (_LOCK, _XACT_LOCK),
        "pg_advisory_lock_shared": (_LOCK, "lock with pg_advisory_xact_lock_shared in a transaction"),
        "pg_try_advisory_lock": (_LOCK, "lock with pg_try_advisory_xact_lock in a transaction"),
        "pg_try_advisory_lock_shared": (_LOCK, "lock with pg_try_advisory_xact_lock_shared in a transaction"),
        "pg_advisory_unlock": (_UNLOCK, _XACT_LOCK),
        "pg_advisory_unlock_shared": (_UNLOCK, _XACT_LOCK),
        "pg_advisory_unlock_all": (_UNLOCK, _XACT_LOCK),
        "currval": (_LAST_KEY, _RETURNING),
        "lastval": (_LAST_KEY, _RETURNING),
        "setseed": ("makes the next task's random() predictable", "make the random values in Python and pass them"),
        "dblink_connect": (_DBLINK, _CONNECTION_STRING),
        "dblink_connect_u": (_DBLINK, _CONNECTION_STRING),
        "dblink_disconnect": (_DBLINK, _CONNECTION_STRING),
        "pg_replication_origin_session_setup": (_REPLICATION, _ELSEWHERE),
        "pg_replication_origin_session_reset": (_REPLICATION, _ELSEWHERE),
        "pg_backup_start": (_BACKUP, _ELSEWHERE),
        "pg_start_backup": (_BACKUP, _ELSEWHERE),
    },
    "sqlite": {
        "last_insert_rowid": (_LAST_KEY, _RETURNING),
        "changes": (_CHANGES, _ROW_COUNT),
        "total_changes": (_CHANGES, _ROW_COUNT),
        "load_extension": ("changes this connection alone, for every later task", "compute the value in Python"),
    },
}
# The functions of the extension dblink may be in any schema. The others count without a schema or in pg_catalog only.
_IN_ANY_SCHEMA: Final = "dblink_"
_LOCAL_LOCKS: Final = frozenset(
    {
        "pg_advisory_xact_lock",
        "pg_advisory_xact_lock_shared",
        "pg_try_advisory_xact_lock",
        "pg_try_advisory_xact_lock_shared",
    }
)
_SETTING: Final = "write set_config(name, value, true) in a transaction, whose end resets the setting"
# The literal `true`, with or without a cast to its type.
_TRUE: Final = (
    ["TRUE"],
    ["TRUE", "::", "BOOL"],
    ["TRUE", "::", "BOOLEAN"],
    ["CAST", "TRUE", "AS", "BOOL"],
    ["CAST", "TRUE", "AS", "BOOLEAN"],
)


class _Call(NamedTuple):
    """A call of a function: the indexes of its first and last item, its folded name without schema, its arguments."""

    first: int
    last: int
    name: str
    arguments: ClauseScope


def left_behind(scope: ClauseScope, block: Block) -> Iterator[Refusal]:
    """Yield a refusal for each call or UPDATE that changes the connection for the next task, or reads its state."""
    dialect = block.dialect
    for call in _calls(scope, dialect):
        start = scope.offset(call.first)
        if call.name in _REFUSED[dialect]:
            wrong, fix = _REFUSED[dialect][call.name]
            yield Refusal(start, SESSION_STATE, f"{call.name}() {wrong}", fix)
        elif _sets(call, dialect) and not _is_local(call.arguments):
            message = "set_config() without the literal true keeps the setting for the next task on this connection"
            yield Refusal(start, SESSION_STATE, message, _SETTING)
    if dialect == "postgresql" and (at := _updated_settings(scope)) is not None:
        message = "UPDATE of pg_settings keeps the setting for the next task on this connection"
        yield Refusal(scope.offset(at), SESSION_STATE, message, _SETTING)


TRANSACTION_NEEDED: Final = Rule(
    "transaction-needed",
    "error",
    "A query whose whole effect ends with its transaction declares `db: Transaction`.",
    """\
`set_config(name, value, true)` and `pg_advisory_xact_lock(key)` end with the transaction. A call on a `Database` is a
transaction of its own, so there the setting or lock ends at once and has no effect. Declare the first parameter as
`db: Transaction`: type checkers then refuse a `Database`. Statements that also read or change rows are left alone.
`LOCK` fails outside of a transaction, so it needs `db: Transaction` too.
""",
    bad="""\
--- items.py
@query
async def set_tenant(db: Executor, tenant: str) -> None: ...
--- sqlite/items.sql
-- name: set_tenant
-- differs: SQLite has no row-level security
SELECT :tenant AS tenant;
--- postgresql/items.sql
-- name: set_tenant
-- differs: SQLite has no row-level security
SELECT set_config('app.tenant', :tenant, true);
""",
    good="""\
--- items.py
@query
async def set_tenant(db: Transaction, tenant: str) -> None: ...
""",
)
_TRANSACTION: Final = "declare `db: Transaction`, so that type checkers refuse such a call"


def effect_of_a_transaction(root: ClauseScope, block: Block) -> Iterator[Refusal]:
    """Yield a refusal if the only effect of the statement ends with the transaction."""
    if block.command == "LOCK":
        message = "the locks of LOCK end with the transaction, so a call on a Database fails"
        yield Refusal(0, TRANSACTION_NEEDED, message, _TRANSACTION)
    function = _only_for_a_transaction(root, block.dialect)
    if function is not None:
        message = f"the effect of {function}() ends with the transaction, so a call on a Database has no effect"
        yield Refusal(0, TRANSACTION_NEEDED, message, _TRANSACTION)


def _only_for_a_transaction(root: ClauseScope, dialect: Dialect) -> str | None:
    """Return the last function of a SELECT that only calls functions whose effect ends with the transaction.

    Returns None for any other statement.
    """
    calls = {call.first: call for call in _calls(root, dialect) if _ends_with_the_transaction(call, dialect)}
    at, name = 0, None
    while call := calls.get(at + 1):
        name, at = call.name, call.last + 1
        at += root.word(at) == "AS"
        at += root.text(at) not in ("", ",")  # the column's name
        if root.text(at) != ",":
            break
    return name if at == len(root.items) else None


def _ends_with_the_transaction(call: _Call, dialect: Dialect) -> bool:
    locks = dialect == "postgresql" and call.name in _LOCAL_LOCKS
    return locks or (_sets(call, dialect) and _is_local(call.arguments))


def _calls(scope: ClauseScope, dialect: Dialect) -> Iterator[_Call]:
    for at, arguments in scope.nested:
        if not (name := _name(scope, at - 1, dialect)):
            continue
        first = at - 1
        if scope.text(at - 2) == ".":
            first = at - 3
            if _name(scope, first, dialect) != "pg_catalog" and not name.startswith(_IN_ANY_SCHEMA):
                continue
        if not _is_a_table(scope, first, at):
            yield _Call(first, at, name, arguments)


def _is_a_table(scope: ClauseScope, first: int, last: int) -> bool:
    """Return whether the parentheses list columns of a table, so that this is no call.

    Examples: `INSERT INTO changes (id)`, `AS changes (id)`, `WITH changes (id) AS (...)`.
    """
    if scope.word(first - 1) in ("INTO", "AS"):
        return True
    if scope.word(last + 1) != "AS":
        return False
    part = last + 2 + (scope.word(last + 2) == "NOT")
    part += scope.word(part) == "MATERIALIZED"
    return part < len(scope.items) and isinstance(scope.items[part], ClauseScope)


def _name(scope: ClauseScope, at: int, dialect: Dialect) -> str:
    """Return the name at this index, folded as the database folds it; "" if the item is no name."""
    item = scope.items[at] if 0 <= at < len(scope.items) else None
    if not isinstance(item, Token) or item.kind not in (Kind.WORD, Kind.NAME):
        return ""
    if item.kind is Kind.WORD:
        return item.text.lower()
    return item.text[1:-1] if dialect == "postgresql" else item.text[1:-1].lower()


def _sets(call: _Call, dialect: Dialect) -> bool:
    return dialect == "postgresql" and call.name == "set_config" and len(_parts(call.arguments)) == 3


def _is_local(arguments: ClauseScope) -> bool:
    """Return whether the third argument, or the argument named `is_local`, is the literal `true`."""
    parts = _parts(arguments)
    named = [part[3:] for part in parts if part[:3] in (["IS_LOCAL", "=", ">"], ["IS_LOCAL", ":", "="])]
    return (named or parts[2:])[0] in _TRUE


def _parts(arguments: ClauseScope) -> list[list[str]]:
    """Return the tokens of each argument in upper case, without parentheses."""
    return [[token.text.upper() for token in flat(part)] for part in between_commas(arguments.items)]


def _updated_settings(scope: ClauseScope) -> int | None:
    """Return the index of pg_settings in an UPDATE of it; None for any other statement.

    The view pg_settings has a rule that calls `set_config(..., false)`.
    """
    verb = scope.verb
    if verb is None or scope.word(verb) != "UPDATE":
        return None
    at = verb + 1 + (scope.word(verb + 1) == "ONLY")
    at += 2 * (_name(scope, at, "postgresql") == "pg_catalog" and scope.text(at + 1) == ".")
    return at if _name(scope, at, "postgresql") == "pg_settings" and scope.text(at + 1) != "." else None
