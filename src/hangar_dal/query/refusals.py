"""Statements that run and still do not do what their functions promise: no order, no WHERE, a clock of their own.

Each arm is looked at, by its tokens. `docs/check.md` explains the rules. Builds on `clauses` and `arms`; rules
that need the tables of a database are in `contract`.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from hangar_dal.query import clock, dialect_differences, session_state
from hangar_dal.query.arms import Arms, arms
from hangar_dal.query.clauses import Scope, flat, scopes
from hangar_dal.query.disagreement import Disagreement
from hangar_dal.query.meanings import MEANINGS
from hangar_dal.query.signature import Signature
from hangar_dal.rules import Severity
from hangar_dal.sqlblock import QUERIES, Block
from hangar_dal.sqlscan import Kind, Token

_READERS: Final = ("get_", "find_", "list_", "count_")
_READER_OR_WRITER: Final = ("get_or_", "find_or_")
_KEYWORDS = "AND AS ASC CASE CAST COLLATE DESC ELSE END FALSE FIRST IN IS LAST LIKE NOT NULL NULLS OR THEN TRUE WHEN"
_IN_A_KEY: Final = frozenset(_KEYWORDS.split())

_QUERY: Final = "begin with SELECT, VALUES, WITH, INSERT, UPDATE or DELETE; what else there is belongs in a migration"
_SET: Final = "write SELECT set_config(name, value, true) in a transaction, or put it in the role's settings"
_LOCK: Final = "write SELECT ... FOR UPDATE or SELECT pg_advisory_xact_lock(...) in a transaction"
_INSTEAD: Final = {"SET": _SET, "RESET": _SET, "LOCK": _LOCK}


class Refusal(NamedTuple):
    """What is wrong at an offset of one variant's text."""

    at: int
    rule: str
    message: str
    fix: str
    severity: Severity = "error"


Finder = Callable[[Scope, Block], Iterator[Refusal]]


def no_query(block: Block) -> Disagreement | None:
    """A statement that neither reads rows nor changes them, or none at all."""
    if block.verb in QUERIES:
        return None
    first = block.words[0][0] if block.words else "this"
    message = f"{first} does not begin a query"
    fix = _INSTEAD.get(first, _QUERY)
    return Disagreement(*block.all_arms.place_at(0), "statement-kind", message, fix)


def refusals(block: Block, signature: Signature) -> Iterator[Disagreement]:
    """Each once, however many arms have it; one that some arms alone have says which."""
    made = arms(block, signature)
    found: dict[tuple[int, int, Refusal], list[str]] = {}
    for each in made:
        for refusal in _of_one(each, block, signature):
            place = each.variant.place_at(refusal.at)
            found.setdefault((*place, refusal._replace(at=0)), []).append(each.label)
    for (line, column, refusal), labels in found.items():
        arm = "" if len(labels) == len(made) else f" ({f'when {labels[0]}' if labels[0] else 'when no arm is kept'})"
        yield Disagreement(line, column, refusal.rule, refusal.message + arm, refusal.fix, refusal.severity)
    yield from _called_as_a_read(block)
    yield from _thrown_away(block, signature)


def _of_one(made: Arms, block: Block, signature: Signature) -> Iterator[Refusal]:
    every = scopes(made.variant.text, block.dialect)
    yield from _cardinality(every[0], block, signature)
    yield from _needs_a_transaction(every[0], block, signature)
    for scope in every:
        for find in _FINDERS:
            yield from find(scope, block)


def _cardinality(root: Scope, block: Block, signature: Signature) -> Iterator[Refusal]:
    shape, ordered = signature.result.shape, root.find("ORDER", "BY")
    if shape == "one" and block.returns_rows:
        yield from _skipped_row(root)
    if block.verb != "SELECT":
        return
    many = root.find("FROM") is not None or any(root.find(word) for word in ("UNION", "EXCEPT", "INTERSECT"))
    if shape in ("list", "stream") and ordered is None and many and root.find("LIMIT") is None:
        message = f"a {shape} of rows in no order"
        yield Refusal(0, "list-unordered", message, "end it with an ORDER BY that leaves no ties, such as a key")
    if shape in ("one", "optional") and ordered is not None and not _takes_one(root):
        message = "an ORDER BY, and one row at most by the signature"
        yield Refusal(_at(root, ordered), "row-ordered", message, "add LIMIT 1, or declare a list")


def _skipped_row(root: Scope) -> Iterator[Refusal]:
    """An INSERT that leaves a row alone which is there already, and so returns none."""
    verb = root.verb
    if verb is None or root.word(verb) != "INSERT":
        return
    skipped = root.find("DO", "NOTHING", after=verb)
    skipped = skipped if skipped is not None else root.find("OR", "IGNORE", after=verb)
    update = root.find("DO", "UPDATE", after=verb)
    if skipped is not None:
        message = "on a conflict nothing is inserted and no row is returned, but the function promises a row"
        fix = "declare `| None`, or write DO UPDATE SET with a column's own value, which returns the row that is there"
        yield Refusal(_at(root, skipped), "row-skipped", message, fix)
    elif update is not None and (where := root.find("WHERE", after=update)) is not None:
        message = "a row that this WHERE leaves alone is not returned, but the function promises a row"
        fix = "declare `| None`, or put the condition into the values: SET name = CASE WHEN ... THEN ... ELSE ... END"
        yield Refusal(_at(root, where), "row-skipped", message, fix)
    elif (absent := _absent_row(root, verb)) is not None:
        message = "if this finds a row, nothing is inserted and no row is returned, but the function promises a row"
        yield Refusal(_at(root, absent), "row-skipped", message, "declare `| None`")


def _absent_row(root: Scope, verb: int) -> int | None:
    """Where the WHERE of its query asks that a row is not there."""
    where, returning = root.find("WHERE", after=verb), root.find("RETURNING", after=verb)
    absent = root.find("NOT", "EXISTS", after=where) if where is not None else None
    return absent if absent is not None and (returning is None or absent < returning) else None


def _takes_one(scope: Scope) -> bool:
    limit, fetch = scope.find("LIMIT"), scope.find("FETCH")
    if limit is not None:
        behind = scope.items[limit + 2] if limit + 2 < len(scope.items) else None
        is_all = behind is None or (isinstance(behind, Token) and behind.kind is Kind.WORD)
        return scope.text(limit + 1) == "1" and is_all  # not `1, 5`, nor `1 + 1`
    return fetch is not None and (scope.text(fetch + 2) == "1" or scope.word(fetch + 2) in ("ROW", "ROWS"))


def _needs_a_transaction(root: Scope, block: Block, signature: Signature) -> Iterator[Refusal]:
    function = None if signature.in_transaction else session_state.only_for_a_transaction(root, block.dialect)
    if function is not None:
        message = f"the effect of {function}() ends with the transaction, so a call on a Database has no effect"
        fix = "declare `db: Transaction`, so that type checkers refuse such a call"
        yield Refusal(0, "transaction-needed", message, fix)


def _limit(scope: Scope, block: Block) -> Iterator[Refusal]:
    if scope.before == "EXISTS" or scope.find("ORDER", "BY") is not None or _compares(scope):
        return
    for words in (("LIMIT",), ("FETCH", "FIRST"), ("FETCH", "NEXT")):
        if (at := scope.find(*words)) is not None:
            message = f"{words[0]} without ORDER BY takes any rows"
            yield Refusal(_at(scope, at), "limit-unordered", message, "say which rows, by an ORDER BY before it")


def _compares(scope: Scope) -> bool:
    """Whether WHERE compares values for equality. Perhaps it names a whole key; `contract.any_rows` knows the keys."""
    where = scope.find("WHERE")
    return where is not None and any(
        scope.text(at) == "=" and scope.text(at - 1) not in ("<", ">", "!") for at in range(where, len(scope.items))
    )


def _sort_keys(scope: Scope, block: Block) -> Iterator[Refusal]:
    at = scope.find("ORDER", "BY")
    for key in scope.keys(at) if at is not None else ():
        parameters = [token for token in flat(key) if token.kind is Kind.PARAMETER]
        if parameters and not _names_a_column(key):
            message = f"ORDER BY {parameters[0].text} sorts by a constant, so it has no effect"
            fix = "write an arm for each order: `-- when order = value`"
            yield Refusal(parameters[0].start, "order-by-parameter", message, fix)


def _names_a_column(items: list[Token | Scope]) -> bool:
    """Whether the value may differ from row to row: a name that is no function, type or collation."""
    for at, item in enumerate(items):
        before = items[at - 1] if at else None
        behind = items[at + 1] if at + 1 < len(items) else None
        if isinstance(item, Scope):
            if item.items and (item.word(0) in ("SELECT", "WITH") or _names_a_column(item.items)):
                return True
        elif item.kind in (Kind.WORD, Kind.NAME) and item.text.upper() not in _IN_A_KEY:
            is_type = isinstance(before, Token) and before.text.upper() in ("::", "AS", "COLLATE")
            if not is_type and not isinstance(behind, Scope):
                return True
    return False


def _where(scope: Scope, block: Block) -> Iterator[Refusal]:
    verb = scope.verb
    if verb is None or scope.word(verb) not in ("UPDATE", "DELETE"):
        return
    where = scope.find("WHERE", after=verb)
    fix = "say which rows; if all are meant, write WHERE TRUE"
    if where is None:
        yield Refusal(_at(scope, verb), "where-missing", f"{scope.word(verb)} without WHERE changes every row", fix)
    elif block.conditions and _is_true(scope, where + 1):
        message = f"some arguments leave this WHERE empty, and then {scope.word(verb)} changes every row"
        yield Refusal(_at(scope, where), "where-missing", message, "keep a condition that is in no arm")


def _is_true(scope: Scope, at: int) -> bool:
    end = scope.find("RETURNING", after=at)
    rest = scope.items[at : len(scope.items) if end is None else end]
    texts = [item.text.upper() if isinstance(item, Token) else "(" for item in rest]
    return texts in (["TRUE"], ["1"], ["1", "=", "1"])


def _stars(scope: Scope, block: Block) -> Iterator[Refusal]:
    for at, item in enumerate(scope.items):
        if isinstance(item, Token) and item.text == "*" and _is_star(scope, at):
            yield Refusal(
                item.start, "star", "* returns whatever columns the table has at the time", "list the columns"
            )


def _is_star(scope: Scope, at: int) -> bool:
    if scope.text(at - 1) == ".":
        return scope.before != "COUNT"
    if scope.before == "EXISTS":
        return False
    selects = scope.word(at - 1) in ("SELECT", "DISTINCT", "ALL", "RETURNING")
    distinct_on = at > 1 and isinstance(scope.items[at - 1], Scope) and scope.word(at - 2) == "ON"
    return selects or scope.text(at - 1) == "," or (distinct_on and scope.word(at - 3) == "DISTINCT")


def _insert(scope: Scope, block: Block) -> Iterator[Refusal]:
    verb = scope.verb
    into = None if verb is None or scope.word(verb) not in ("INSERT", "REPLACE") else scope.find("INTO", after=verb)
    if into is None:
        return
    at = into + 2 + 2 * (scope.text(into + 2) == ".")
    at += 2 * (scope.word(at) == "AS")
    listed = scope.items[at] if at < len(scope.items) else None
    unlisted = listed.verb is not None if isinstance(listed, Scope) else scope.word(at) != "DEFAULT"
    if unlisted:
        message = "INSERT without a list of columns depends on the order of the columns in the table"
        yield Refusal(_at(scope, into), "insert-unlisted", message, "list the columns behind its name", "warning")


def _clock(scope: Scope, block: Block) -> Iterator[Refusal]:
    for at, what in clock.readings(scope, block.dialect):
        message = f"{what} is the database's own clock, which no test can set"
        yield Refusal(at, "clock", message, "write :now")


def _like(scope: Scope, block: Block) -> Iterator[Refusal]:
    if block.differs:
        return
    for name, places in (
        ("like_case", dialect_differences.blind_to_case(scope)),
        ("like_escape", dialect_differences.without_escape(scope)),
    ):
        meaning = MEANINGS[name]
        for at, _ in places:
            yield Refusal(at, "like-differs", meaning.message, meaning.instead)


def _session(scope: Scope, block: Block) -> Iterator[Refusal]:
    for at, message, fix in session_state.left_behind(scope, block.dialect):
        yield Refusal(at, "session-state", message, fix)


def _into(scope: Scope, block: Block) -> Iterator[Refusal]:
    verb = scope.verb
    at = scope.find("INTO", after=verb) if verb is not None and scope.word(verb) == "SELECT" else None
    if at is not None and scope.word(at - 1) != "AS" and scope.text(at - 1) != ".":
        fix = "make the table in a migration, and fill it by INSERT INTO ... SELECT"
        yield Refusal(_at(scope, at), "statement-kind", "SELECT INTO makes a table", fix)


def _aggregates(scope: Scope, block: Block) -> Iterator[Refusal]:
    for at, function in dialect_differences.unordered_aggregates(scope):
        fix = "write ORDER BY inside of it, or read from a subquery that is sorted"
        yield Refusal(at, "aggregate-unordered", f"{function} returns its items in no order", fix)


_FINDERS: Final[tuple[Finder, ...]] = (
    _limit,
    _sort_keys,
    _where,
    _stars,
    _insert,
    _clock,
    _like,
    _session,
    _into,
    _aggregates,
)


def _called_as_a_read(block: Block) -> Iterator[Disagreement]:
    if block.changes and block.name.startswith(_READERS) and not block.name.startswith(_READER_OR_WRITER):
        message = f"a function called {block.name.partition('_')[0]}_… reads, and this {block.verb} writes"
        yield Disagreement(block.line, 1, "read-writes", message, "name it after what it changes")


def _thrown_away(block: Block, signature: Signature) -> Iterator[Disagreement]:
    reads = block.verb == "SELECT" and not block.writes and ("FROM", 0) in block.words
    if reads and signature.result.shape == "none":
        message = "the rows of this SELECT are thrown away"
        yield Disagreement(block.line, 1, "result-unused", message, "declare what it returns", "warning")


def _at(scope: Scope, at: int) -> int:
    return scope.items[at].start
