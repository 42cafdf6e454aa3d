"""The rule `clock`: find the places where a statement reads the clock of the database."""

from collections.abc import Iterator, Mapping
from typing import Final

from hangar_dal.query.clauses import ClauseScope
from hangar_dal.query.disagreement import Refusal
from hangar_dal.rules import Rule
from hangar_dal.sqlblock import Block
from hangar_dal.sqlscan import Dialect, Kind, Token

CLOCK: Final = Rule(
    "clock",
    "error",
    "The current time is the parameter :now, which tests can set.",
    """\
Tests cannot set the time of `now()`, `CURRENT_TIMESTAMP` and `datetime('now')`. Write `:now`, which is the time of
the clock that `open_database` gets. To let the caller choose the time, declare `now: datetime | None = None`.
""",
    bad="""\
--- items.py
@query
async def renew_item(db: Executor, id: UUID) -> RowCount: ...
--- items.sql
-- name: renew_item
UPDATE items SET created_at = CURRENT_TIMESTAMP WHERE id = :id;
""",
    good="""\
--- items.sql
-- name: renew_item
UPDATE items SET created_at = :now WHERE id = :id;
""",
)
_WORDS: Final[Mapping[Dialect, frozenset[str]]] = {
    "sqlite": frozenset({"CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"}),
    "postgresql": frozenset({"CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME", "LOCALTIME", "LOCALTIMESTAMP"}),
}
# SQLite's date functions, with the number of arguments before the time. Without a time, they read the clock.
_SQLITE_DATES: Final = {"DATE": 0, "TIME": 0, "DATETIME": 0, "JULIANDAY": 0, "UNIXEPOCH": 0, "STRFTIME": 1}
_FUNCTIONS: Final[Mapping[Dialect, frozenset[str]]] = {
    "sqlite": frozenset(_SQLITE_DATES),
    "postgresql": frozenset({"NOW", "TRANSACTION_TIMESTAMP", "STATEMENT_TIMESTAMP", "CLOCK_TIMESTAMP", "TIMEOFDAY"}),
}
# Texts that PostgreSQL converts to the current time or day.
_SPECIAL_TEXTS: Final = frozenset({"'now'", "'today'", "'tomorrow'", "'yesterday'"})
_TIMES: Final = frozenset({"TIMESTAMP", "TIMESTAMPTZ", "DATE", "TIME", "TIMETZ"})


def clock_readings(scope: ClauseScope, block: Block) -> Iterator[Refusal]:
    """Yield a refusal for each place where the statement reads the database's own clock."""
    for at, what in _readings(scope, block.dialect):
        message = f"{what} is the database's own clock, which tests cannot set"
        yield Refusal(at, CLOCK, message, "write :now")


def _readings(scope: ClauseScope, dialect: Dialect) -> Iterator[tuple[int, str]]:
    """Yield the offset and the text of each reading of the clock."""
    for at, word in enumerate(scope.words):
        if word in _WORDS[dialect]:
            if scope.text(at - 1) not in (".", "as", "AS") and scope.text(at + 1) != ".":
                yield scope.offset(at), word
        elif word in _FUNCTIONS[dialect] and at + 1 < len(scope.items):
            arguments = scope.items[at + 1]
            if isinstance(arguments, ClauseScope) and (dialect == "postgresql" or _is_now(word, arguments)):
                yield scope.offset(at), f"{scope.text(at)}({'…' if dialect == 'sqlite' else ''})"
    for at, item in enumerate(scope.items if dialect == "postgresql" else ()):
        if not isinstance(item, Token) or item.kind is not Kind.STRING:
            continue
        if item.text.lower() in _SPECIAL_TEXTS and _becomes_a_time(scope, at):
            yield item.start, item.text


def _is_now(word: str, arguments: ClauseScope) -> bool:
    """Return whether this call of a date function of SQLite reads the clock."""
    texts = [item.text.lower() for item in arguments.items if isinstance(item, Token) and item.kind is Kind.STRING]
    given = 0 if not arguments.items else 1 + sum(arguments.text(at) == "," for at in range(len(arguments.items)))
    return "'now'" in texts or given <= _SQLITE_DATES[word]


def _becomes_a_time(scope: ClauseScope, at: int) -> bool:
    cast = scope.text(at + 1) == "::" and scope.word(at + 2) in _TIMES
    called = scope.before == "CAST" and scope.word(at + 2) in _TIMES
    return cast or called or scope.word(at - 1) in _TIMES or scope.word(at - 1) == "ZONE"
