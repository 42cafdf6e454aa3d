"""Find lists without ORDER BY, sort keys without effect, and queries that pick any of several rows."""

from collections.abc import Iterator
from typing import Final

from hangar_dal.query.clauses import ClauseScope, flat
from hangar_dal.query.disagreement import Refusal
from hangar_dal.query.signature import Shape
from hangar_dal.rules import Rule
from hangar_dal.sqlblock import Block
from hangar_dal.sqlscan import Kind, Token

LIST_UNORDERED: Final = Rule(
    "list-unordered",
    "error",
    "A list or a stream has an ORDER BY that leaves no ties.",
    """\
The statement of a list or a stream has no `ORDER BY`, or an `ORDER BY` that leaves ties: two different rows may have
the same sort keys. End it with a unique key that is never NULL: `ORDER BY created_at DESC, id DESC`.

Without the databases, only a missing `ORDER BY` is reported. With the databases, `check` knows the tables and their
keys, and also reports ties. Sort keys leave no ties if they determine the whole row:

- a unique key determines the row, if it is NOT NULL or the statement has `WHERE email IS NOT NULL`;
- one side of `t.user_id = u.id` determines the other; in an outer join, only the joined side is determined;
- a comparison with a value that is the same in each row, such as `tenant = :tenant`, determines the column.

This also works through `WITH`, subqueries, GROUP BY (all its columns together are a key), `UNION` (all columns
together are a key), and `row_number()`. `-column` and `column + 1` count like `column`. So does a column with a
collation under which no two different texts are equal (`"C"`, `BINARY`). Identical rows are not ties, as in
`SELECT title ... ORDER BY title`, unless a joined table repeats them and no column of it is selected.
`DISTINCT ON` returns any of the rows that tie, so its ORDER BY must not leave ties either. `check` reports nothing if
it cannot determine the ties, as for views, functions in FROM and the newest row of each group.
""",
    bad="""\
--- items.py
@query
async def list_items(db: Executor, owner_id: UUID) -> list[Item]: ...
--- items.sql
-- name: list_items
SELECT id, name FROM items WHERE owner_id = :owner_id ORDER BY created_at;
""",
    good="""\
--- items.sql
-- name: list_items
SELECT id, name FROM items WHERE owner_id = :owner_id ORDER BY created_at, id;
""",
)
ROW_ORDERED: Final = Rule(
    "row-ordered",
    "error",
    "A query for one row that has an ORDER BY also has LIMIT 1.",
    """\
The function returns at most one row, and its statement has an ORDER BY without `LIMIT 1`: a second row would be an
error. Add `LIMIT 1`, or declare a list. If `ORDER BY created_at LIMIT 1` leaves ties, the database may return any of
the tied rows: end it with [a unique key](#list-unordered).
""",
    bad="""\
--- items.py
@query
async def find_newest_item(db: Executor, owner_id: UUID) -> Item | None: ...
--- items.sql
-- name: find_newest_item
SELECT id, name
FROM items
WHERE owner_id = :owner_id
ORDER BY created_at DESC, id DESC
LIMIT 10;
""",
    good="""\
--- items.sql
-- name: find_newest_item
SELECT id, name
FROM items
WHERE owner_id = :owner_id
ORDER BY created_at DESC, id DESC
LIMIT 1;
""",
)
_MANY: Final = ("list", "stream")
_ONE: Final = ("one", "optional")


def order_of_result(root: ClauseScope, shape: Shape) -> Iterator[Refusal]:
    """Yield a refusal if a SELECT for several rows has no ORDER BY, or if a SELECT for one row has a wrong one."""
    ordered = root.find("ORDER", "BY")
    reads = root.find("FROM") is not None or root.find("TABLE") is not None
    many = reads or any(root.find(word) for word in ("UNION", "EXCEPT", "INTERSECT"))
    if shape in _MANY and ordered is None and many and root.find("LIMIT") is None:
        message = f"a {shape} without ORDER BY has its rows in any order"
        yield Refusal(0, LIST_UNORDERED, message, "end it with an ORDER BY that leaves no ties, such as a key")
    if shape in _ONE and ordered is not None and not _takes_one(root):
        message = "the statement has an ORDER BY without LIMIT 1, but the signature allows one row"
        yield Refusal(root.offset(ordered), ROW_ORDERED, message, "add LIMIT 1, or declare a list")


def _takes_one(scope: ClauseScope) -> bool:
    limit, fetch = scope.find("LIMIT"), scope.find("FETCH")
    if limit is not None:
        behind = scope.items[limit + 2] if limit + 2 < len(scope.items) else None
        is_all = behind is None or (isinstance(behind, Token) and behind.kind is Kind.WORD)
        return scope.text(limit + 1) == "1" and is_all  # not `1, 5`, nor `1 + 1`
    return fetch is not None and (scope.text(fetch + 2) == "1" or scope.word(fetch + 2) in ("ROW", "ROWS"))


LIMIT_UNORDERED: Final = Rule(
    "limit-unordered",
    "error",
    "A statement with LIMIT has an ORDER BY.",
    """\
`LIMIT 10` without `ORDER BY` returns any ten rows, in a subquery too. Write an ORDER BY before it. A WHERE that
compares every column of a unique key finds at most one row and needs no order. `Catalog.load()` does not know the
keys, so it accepts a LIMIT after any WHERE with an equality.

In a subquery, an ORDER BY that leaves ties is reported too: `id IN (SELECT id FROM items ORDER BY created_at LIMIT 10)`
takes any of the items with the same time. End it with the primary key.
""",
    bad="""\
--- items.py
@query
async def list_newest_items(db: Executor, owner_id: UUID) -> list[Item]: ...
--- items.sql
-- name: list_newest_items
SELECT id, name FROM items WHERE owner_id = :owner_id LIMIT 10;
""",
    good="""\
--- items.sql
-- name: list_newest_items
SELECT id, name
FROM items
WHERE owner_id = :owner_id
ORDER BY created_at DESC, id DESC
LIMIT 10;
""",
)


def unordered_limits(scope: ClauseScope, block: Block) -> Iterator[Refusal]:
    """Yield a refusal for a LIMIT or FETCH without ORDER BY, unless WHERE may compare a whole key."""
    if scope.before == "EXISTS" or scope.find("ORDER", "BY") is not None or _compares(scope):
        return
    for words in (("LIMIT",), ("FETCH", "FIRST"), ("FETCH", "NEXT")):
        if (at := scope.find(*words)) is not None:
            message = f"{words[0]} without ORDER BY returns any rows"
            yield Refusal(scope.offset(at), LIMIT_UNORDERED, message, "write an ORDER BY before it")


def _compares(scope: ClauseScope) -> bool:
    """Return whether WHERE compares values for equality, perhaps a whole key. `check.rules.any_rows` knows the keys."""
    where = scope.find("WHERE")
    return where is not None and any(
        scope.text(at) == "=" and scope.text(at - 1) not in ("<", ">", "!") for at in range(where, len(scope.items))
    )


ORDER_BY_PARAMETER: Final = Rule(
    "order-by-parameter",
    "error",
    "ORDER BY a parameter sorts by a constant, so it has no effect.",
    """\
A parameter is a value that is the same in each row, never the name of a column. Write a line for each order.
""",
    bad="""\
--- items.py
@query
async def list_items(db: Executor, owner_id: UUID, *, column: str) -> list[Item]: ...
--- items.sql
-- name: list_items
SELECT id, name FROM items WHERE owner_id = :owner_id ORDER BY :column, id;
""",
    good="""\
--- items.py
Order = Literal["newest", "oldest"]

@query
async def list_items(db: Executor, owner_id: UUID, *, order: Order) -> list[Item]: ...
--- items.sql
-- name: list_items
SELECT id, name
FROM items
WHERE owner_id = :owner_id
ORDER BY
    created_at DESC,  -- when order = newest
--  created_at,  -- when order = oldest
    id;
""",
)
_KEYWORDS = "AND AS ASC CASE CAST COLLATE DESC ELSE END FALSE FIRST IN IS LAST LIKE NOT NULL NULLS OR THEN TRUE WHEN"
_IN_A_KEY: Final = frozenset(_KEYWORDS.split())


def constant_keys(scope: ClauseScope, block: Block) -> Iterator[Refusal]:
    """Yield a refusal for each sort key that contains a parameter and no column, so that it is constant."""
    at = scope.find("ORDER", "BY")
    for key in scope.keys(at) if at is not None else ():
        parameters = [token for token in flat(key) if token.kind is Kind.PARAMETER]
        if parameters and not _names_a_column(key):
            message = f"ORDER BY {parameters[0].text} sorts by a constant, so it has no effect"
            fix = "write a line for each order: `-- when order = value`"
            yield Refusal(parameters[0].start, ORDER_BY_PARAMETER, message, fix)


def _names_a_column(items: list[Token | ClauseScope]) -> bool:
    """Return whether these items name a column: a name that is no function, type or collation."""
    for at, item in enumerate(items):
        before = items[at - 1] if at else None
        behind = items[at + 1] if at + 1 < len(items) else None
        if isinstance(item, ClauseScope):
            if item.items and (item.word(0) in ("SELECT", "WITH") or _names_a_column(item.items)):
                return True
        elif item.kind in (Kind.WORD, Kind.NAME) and item.text.upper() not in _IN_A_KEY:
            is_type = isinstance(before, Token) and before.text.upper() in ("::", "AS", "COLLATE")
            if not is_type and not isinstance(behind, ClauseScope):
                return True
    return False
