"""Find writes that may change too many rows, skip rows or fill the wrong columns."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from hangar_dal.query.clauses import ClauseScope
from hangar_dal.query.disagreement import Disagreement, Refusal
from hangar_dal.rules import Rule
from hangar_dal.sqlblock import Block
from hangar_dal.sqlscan import Token

WHERE_MISSING: Final = Rule(
    "where-missing",
    "error",
    "A write says which rows it changes.",
    """\
An UPDATE or a DELETE has no WHERE, or with some arguments all its conditions are left out. Write which rows are
changed. For all rows, write `WHERE TRUE` in a block without optional lines.
""",
    bad="""\
--- items.py
@query
async def raise_all_prices(db: Executor, *, amount: int) -> RowCount: ...
--- items.sql
-- name: raise_all_prices
-- scan: all items are changed
UPDATE items SET price = price + :amount;
""",
    good="""\
--- items.sql
-- name: raise_all_prices
-- scan: all items are changed
UPDATE items SET price = price + :amount WHERE TRUE;
""",
)


def writes_without_where(scope: ClauseScope, block: Block) -> Iterator[Refusal]:
    """Yield a refusal for an UPDATE or DELETE without WHERE, or whose optional lines may leave only WHERE TRUE."""
    verb = scope.verb
    if verb is None or scope.word(verb) not in ("UPDATE", "DELETE"):
        return
    where = scope.find("WHERE", after=verb)
    fix = "add a condition; to change all rows, write WHERE TRUE"
    if where is None:
        yield Refusal(scope.offset(verb), WHERE_MISSING, f"{scope.word(verb)} without WHERE changes every row", fix)
    elif block.conditions and _is_true(scope, where + 1):
        message = f"some arguments leave this WHERE empty, and then {scope.word(verb)} changes every row"
        yield Refusal(scope.offset(where), WHERE_MISSING, message, "add a condition without a `-- when`")


def _is_true(scope: ClauseScope, at: int) -> bool:
    end = scope.find("RETURNING", after=at)
    rest = scope.items[at : len(scope.items) if end is None else end]
    texts = [item.text.upper() if isinstance(item, Token) else "(" for item in rest]
    return texts in (["TRUE"], ["1"], ["1", "=", "1"])


INSERT_UNLISTED: Final = Rule(
    "insert-unlisted",
    "warning",
    "An INSERT lists its columns: a migration can change their order in the table.",
    """\
Without a list, the values go by the order of the table's columns. List the columns.
""",
    bad="""\
--- users.py
@query
async def insert_user(db: Executor, id: UUID, email: str, nick: str) -> RowCount: ...
--- users.sql
-- name: insert_user
INSERT INTO users VALUES (:id, :email, :nick);
""",
    good="""\
--- users.sql
-- name: insert_user
INSERT INTO users (id, email, nick) VALUES (:id, :email, :nick);
""",
)


def unlisted_inserts(scope: ClauseScope, block: Block) -> Iterator[Refusal]:
    """Yield a refusal for an INSERT that does not list its columns."""
    verb = scope.verb
    into = None if verb is None or scope.word(verb) not in ("INSERT", "REPLACE") else scope.find("INTO", after=verb)
    if into is None:
        return
    at = into + 2 + 2 * (scope.text(into + 2) == ".")
    at += 2 * (scope.word(at) == "AS")
    listed = scope.items[at] if at < len(scope.items) else None
    unlisted = listed.verb is not None if isinstance(listed, ClauseScope) else scope.word(at) != "DEFAULT"
    if unlisted:
        message = "INSERT without a list of columns depends on the order of the columns in the table"
        yield Refusal(scope.offset(into), INSERT_UNLISTED, message, "list the columns after its name")


ROW_SKIPPED: Final = Rule(
    "row-skipped",
    "error",
    "An INSERT does not skip rows if its function promises a row.",
    """\
If the row exists already, `ON CONFLICT DO NOTHING` and `INSERT OR IGNORE` return no row, and the call raises
`NotFound`. A `WHERE` after `DO UPDATE` and `INSERT ... SELECT ... WHERE NOT EXISTS` leave rows out as well. The same
holds for an INSERT in WITH whose rows are the result. Declare `| None`. To get the existing row, write `DO UPDATE SET`
with a column's own value.
""",
    bad="""\
--- users.py
class User(Row):
    id: UUID
    email: str

@query
async def insert_user(db: Executor, id: UUID, email: str) -> User: ...
--- users.sql
-- name: insert_user
INSERT INTO users (id, email) VALUES (:id, :email)
ON CONFLICT (email) DO NOTHING
RETURNING id, email;
""",
    good="""\
--- users.sql
-- name: insert_user
INSERT INTO users (id, email) VALUES (:id, :email)
ON CONFLICT (email) DO UPDATE SET email = users.email
RETURNING id, email;
""",
)


_MAY_BE_EMPTY: Final = frozenset({"WHERE", "GROUP", "UNION", "EXCEPT", "INTERSECT", "RIGHT", "FULL"})
_OUTER: Final = frozenset({"LEFT", "OUTER"})
_OF_ALL_ROWS: Final = frozenset(
    {"COUNT", "SUM", "MIN", "MAX", "AVG", "BOOL_AND", "BOOL_OR", "JSON_AGG", "JSONB_AGG", "ARRAY_AGG", "STRING_AGG"}
)


def skipped_row(root: ClauseScope, around: Mapping[str, ClauseScope] = MappingProxyType({})) -> Iterator[Refusal]:
    """Yield a refusal for an INSERT that may insert nothing, and so return no row, if the row already exists.

    PostgreSQL allows an INSERT in WITH. `around` are the queries of WITH before this one.
    """
    verb = root.verb
    if verb is None or root.word(verb) not in ("INSERT", "SELECT"):
        return
    queries = {**around, **dict(_queries_of_with(root, verb))}
    for name in _rows_from(root, verb):
        if name in queries:
            yield from skipped_row(queries.pop(name), queries)
    if root.word(verb) == "SELECT":
        return
    skipped = root.find("DO", "NOTHING", after=verb)
    skipped = skipped if skipped is not None else root.find("OR", "IGNORE", after=verb)
    update = root.find("DO", "UPDATE", after=verb)
    if skipped is not None:
        message = "on a conflict nothing is inserted and no row is returned, but the function promises a row"
        fix = "declare `| None`, or write DO UPDATE SET with a column's own value, which returns the existing row"
        yield Refusal(root.offset(skipped), ROW_SKIPPED, message, fix)
    elif update is not None and (where := root.find("WHERE", after=update)) is not None:
        message = "a row that this WHERE does not match is not returned, but the function promises a row"
        fix = "declare `| None`, or put the condition into the values: SET name = CASE WHEN ... THEN ... ELSE ... END"
        yield Refusal(root.offset(where), ROW_SKIPPED, message, fix)
    elif (absent := _absent_row(root, verb)) is not None:
        message = "if this finds a row, nothing is inserted and no row is returned, but the function promises a row"
        yield Refusal(root.offset(absent), ROW_SKIPPED, message, "declare `| None`")


def _queries_of_with(root: ClauseScope, verb: int) -> Iterator[tuple[str, ClauseScope]]:
    """Yield the queries of WITH by their names in lower case."""
    for at, query in root.nested:
        if at < verb and query.verb is not None:
            behind = next(back for back in (at - 1, at - 2, at - 3) if root.word(back) not in ("NOT", "MATERIALIZED"))
            name = root.text(behind - 1) or root.text(behind - 2)  # a list of columns may follow it
            yield name.strip('"').lower(), query


def _rows_from(root: ClauseScope, verb: int) -> Iterator[str]:
    """Yield the names after FROM and JOIN, if the statement has no row where one of them has none."""
    from_ = root.find("FROM", after=verb)
    if from_ is None or not _MAY_BE_EMPTY.isdisjoint(root.words[verb:]) or _has_aggregate(root.items[verb:from_]):
        return
    for at, word in enumerate(root.words[from_:], from_):
        if word == "FROM" or (word == "JOIN" and root.word(at - 1) not in _OUTER):
            yield root.text(at + 1).strip('"').lower()


def _has_aggregate(items: "Sequence[Token | ClauseScope]") -> bool:
    inner = [item for item in items if isinstance(item, ClauseScope) and item.verb is None]
    return any(each.before in _OF_ALL_ROWS or _has_aggregate(each.items) for each in inner)


def _absent_row(root: ClauseScope, verb: int) -> int | None:
    """Return the index of NOT EXISTS in the WHERE of an `INSERT ... SELECT`; None if there is none."""
    where, returning = root.find("WHERE", after=verb), root.find("RETURNING", after=verb)
    absent = root.find("NOT", "EXISTS", after=where) if where is not None else None
    return absent if absent is not None and (returning is None or absent < returning) else None


READ_WRITES: Final = Rule(
    "read-writes",
    "error",
    "A function whose name says that it reads does not write.",
    """\
Callers of a function called `get_`, `find_`, `list_` or `count_` expect it to change nothing. Give a function that
writes another name: a `get_item` that deletes becomes `take_item`. `get_or_...` and `find_or_...` are fine, and so is
a read that locks.
""",
    bad="""\
--- items.py
@query
async def get_item(db: Executor, id: UUID) -> Item | None: ...
--- items.sql
-- name: get_item
DELETE FROM items WHERE id = :id RETURNING id, name;
""",
    good="""\
--- items.py
@query
async def take_item(db: Executor, id: UUID) -> Item | None: ...
--- items.sql
-- name: take_item
DELETE FROM items WHERE id = :id RETURNING id, name;
""",
)
_READERS: Final = ("get_", "find_", "list_", "count_")
_READER_OR_WRITER: Final = ("get_or_", "find_or_")


def called_as_a_read(block: Block) -> Iterator[Disagreement]:
    """Yield a fault if the name of the function promises a read, and the block writes."""
    if block.changes and block.name.startswith(_READERS) and not block.name.startswith(_READER_OR_WRITER):
        message = f"a function called {block.name.partition('_')[0]}_… reads, and this {block.verb} writes"
        yield Disagreement(block.line, 1, READ_WRITES, message, "name it after what it changes")
