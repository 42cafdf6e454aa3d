"""Find statements that run but are refused, such as a list without ORDER BY or an UPDATE without WHERE.

The rules read the tokens of each variant. `docs/rules.md` explains them. Rules that need the tables of a database are
in `check`.
"""

from collections.abc import Callable, Iterator
from typing import Final

from hangar_dal.query.clauses import ClauseScope, scopes
from hangar_dal.query.clock import clock_readings
from hangar_dal.query.commands import STATEMENT_KIND, wrong_command
from hangar_dal.query.dialect_differences import different_likes, unordered_aggregates
from hangar_dal.query.disagreement import Disagreement, Refusal
from hangar_dal.query.row_order import constant_keys, order_of_result, unordered_limits
from hangar_dal.query.session_state import effect_of_a_transaction, left_behind
from hangar_dal.query.signature import Signature
from hangar_dal.query.variants import LabelledVariant, variants
from hangar_dal.query.writes import called_as_a_read, skipped_row, unlisted_inserts, writes_without_where
from hangar_dal.rules import Rule
from hangar_dal.sqlblock import Block
from hangar_dal.sqlscan import Token

Finder = Callable[[ClauseScope, Block], Iterator[Refusal]]


def refusals(block: Block, signature: Signature) -> Iterator[Disagreement]:
    """Yield each fault of a block once. If only some variants have it, the message names the first of them."""
    made = variants(block, signature)
    found: dict[tuple[int, int, Refusal], list[str]] = {}
    for each in made:
        for refusal in _of_one(each, block, signature):
            place = each.variant.place_at(refusal.at)
            found.setdefault((*place, refusal._replace(at=0)), []).append(each.label)
    for (line, column, refusal), labels in found.items():
        first = f"when {labels[0]}" if labels[0] else "without optional lines"
        when = "" if len(labels) == len(made) else f" ({first})"
        yield Disagreement(line, column, refusal.rule, refusal.message + when, refusal.fix)
    yield from wrong_command(block, signature)
    yield from called_as_a_read(block)
    yield from _thrown_away(block, signature)


def _of_one(made: LabelledVariant, block: Block, signature: Signature) -> Iterator[Refusal]:
    every = scopes(made.variant)
    if signature.result.shape == "one" and block.returns_rows:
        yield from skipped_row(every[0])
    if block.verb in ("SELECT", "TABLE"):
        yield from order_of_result(every[0], signature.result.shape)
    if not signature.in_transaction:
        yield from effect_of_a_transaction(every[0], block)
    for scope in every:
        for find in _FINDERS:
            yield from find(scope, block)


def _into(scope: ClauseScope, block: Block) -> Iterator[Refusal]:
    verb = scope.verb
    at = scope.find("INTO", after=verb) if verb is not None and scope.word(verb) == "SELECT" else None
    if at is not None and scope.word(at - 1) != "AS" and scope.text(at - 1) != ".":
        fix = "create the table in a migration, and fill it with INSERT INTO ... SELECT"
        yield Refusal(scope.offset(at), STATEMENT_KIND, "SELECT INTO creates a table", fix)


STAR: Final = Rule(
    "star",
    "error",
    "Columns are listed: a migration changes what `*` returns.",
    """\
List the columns instead of `SELECT *`, `items.*`, `RETURNING *` or `TABLE items`, which PostgreSQL has. `count(*)` and
`EXISTS (SELECT * ...)` are fine.
""",
    bad="""\
--- users.py
class User(Row):
    id: UUID
    email: str
    nick: str | None

@query
async def find_user(db: Executor, id: UUID) -> User | None: ...
--- users.sql
-- name: find_user
SELECT * FROM users WHERE id = :id;
""",
    good="""\
--- users.sql
-- name: find_user
SELECT id, email, nick FROM users WHERE id = :id;
""",
)


def _stars(scope: ClauseScope, block: Block) -> Iterator[Refusal]:
    for at, item in enumerate(scope.items):
        if isinstance(item, Token) and item.text == "*" and _is_star(scope, at):
            yield Refusal(item.start, STAR, "* returns whatever columns the table has at the time", "list the columns")
    if scope.verb is not None and scope.word(scope.verb) == "TABLE" and scope.before != "EXISTS":
        message, fix = "TABLE returns whatever columns the table has at the time", "write SELECT and the columns"
        yield Refusal(scope.offset(scope.verb), STAR, message, fix)


def _is_star(scope: ClauseScope, at: int) -> bool:
    if scope.text(at - 1) == ".":
        return scope.before != "COUNT"
    if scope.before == "EXISTS":
        return False
    selects = scope.word(at - 1) in ("SELECT", "DISTINCT", "ALL", "RETURNING")
    distinct_on = at > 1 and isinstance(scope.items[at - 1], ClauseScope) and scope.word(at - 2) == "ON"
    return selects or scope.text(at - 1) == "," or (distinct_on and scope.word(at - 3) == "DISTINCT")


RESULT_UNUSED: Final = Rule(
    "result-unused",
    "warning",
    "A function returns the rows that its SELECT reads.",
    """\
The function is declared with `-> None`. Declare what its SELECT returns. A SELECT without FROM, such as
`SELECT set_config(...)`, is not reported.
""",
    bad="""\
--- items.py
@query
async def find_item(db: Executor, id: UUID) -> None: ...
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


def _thrown_away(block: Block, signature: Signature) -> Iterator[Disagreement]:
    reads = block.verb == "SELECT" and not block.writes and ("FROM", 0) in block.words
    if reads and signature.result.shape == "none":
        message = "the rows of this SELECT are discarded"
        yield Disagreement(block.line, 1, RESULT_UNUSED, message, "declare what it returns")


_FINDERS: Final[tuple[Finder, ...]] = (
    unordered_limits,
    constant_keys,
    writes_without_where,
    _stars,
    unlisted_inserts,
    clock_readings,
    different_likes,
    left_behind,
    _into,
    unordered_aggregates,
)
