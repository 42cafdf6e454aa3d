"""The triggers and functions after all migrations, with their last definition in the files and their RAISEs.

Definitions in a `DO` block or in another language are not found.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from hangar_dal.migrations.files import MigrationFiles
from hangar_dal.migrations.identifiers import folded
from hangar_dal.migrations.round_trip import RoundTrip
from hangar_dal.migrations.schema import Other
from hangar_dal.migrations.twin_objects import Key
from hangar_dal.sqlscan import Dialect, Kind, Token, tokens_of
from hangar_dal.trigger_rules import Raise, raises_in

_KINDS: Final[Mapping[Dialect, str]] = {"sqlite": "TRIGGER", "postgresql": "FUNCTION"}
_NOISE: Final = frozenset({"OR", "REPLACE", "TEMP", "TEMPORARY", "IF", "NOT", "EXISTS"})


@dataclass(frozen=True, slots=True)
class Definition:
    """A trigger of SQLite, or a PL/pgSQL function. `body` begins on line `line` of the migration's file.

    `triggers` are the triggers that call the function. On SQLite, this is the trigger itself.
    """

    name: str
    migration: MigrationFiles
    line: int
    body: str
    raises: tuple[Raise, ...]
    triggers: frozenset[Key] = frozenset()

    def line_of(self, found: Raise) -> int:
        return self.line + self.body.count("\n", 0, found.start)


@dataclass(frozen=True, slots=True)
class Definitions:
    """The definitions that were found. `is_whole` is True if the definition of each trigger was found."""

    found: tuple[Definition, ...]
    is_whole: bool


def definitions(files: Sequence[MigrationFiles], round_trip: RoundTrip) -> Definitions:
    """Return the definitions after all migrations. All migrations must have been applied."""
    dialect, others = round_trip.dialect, round_trip.stages[-1].others
    defined = {each.name: each for migration in files for each in _defined_in(migration, dialect)}
    callers: dict[str, set[Key]] = defaultdict(set)
    for trigger in (other for other in others if other.kind == "trigger"):
        name = trigger.name.lower() if dialect == "sqlite" else _called_by(trigger)
        callers[name].add(Key("trigger", trigger.table, trigger.name))
    functions = {other.name.partition("(")[0] for other in others if other.kind == "function"}
    left = functions if dialect == "postgresql" else callers.keys()
    return Definitions(
        tuple(
            replace(each, triggers=frozenset(callers.get(name, ()))) for name, each in defined.items() if name in left
        ),
        is_whole=callers.keys() <= defined.keys(),
    )


def _called_by(trigger: Other) -> str:
    """Return the name of the function in `... EXECUTE FUNCTION refuse('a')`, the text that PostgreSQL prints."""
    tokens = list(tokens_of(trigger.text, "postgresql"))
    at = max(n for n, token in enumerate(tokens) if token.text.upper() in ("FUNCTION", "PROCEDURE"))
    return _name(tokens[at + 1 :], "postgresql")


def _defined_in(migration: MigrationFiles, dialect: Dialect) -> Iterator[Definition]:
    for statement in migration.script(dialect).statements():
        tokens = [token for token in tokens_of(statement.text, dialect) if token.kind is not Kind.COMMENT]
        words = [token.text.upper() for token in tokens]
        kind = next((word for word in words[1:4] if word not in _NOISE), "")
        if words[0] != "CREATE" or kind != _KINDS[dialect]:
            continue
        name, start, body = _name(tokens[words.index(kind) + 1 :], dialect), 0, statement.text
        if dialect == "postgresql":
            if ("LANGUAGE", "PLPGSQL") not in pairwise(word.strip("'") for word in words):
                continue
            after_as = (token for word, token in zip(words, tokens[1:], strict=False) if word == "AS")
            text = next((token for token in after_as if token.kind is Kind.STRING and token.text[0] in "'$"), None)
            if text is None:
                continue
            start, body = text.start, _body(text.text)
        line = statement.line + statement.text.count("\n", 0, start)
        yield Definition(name, migration, line, body, tuple(raises_in(body, dialect)))


def _body(literal: str) -> str:
    if literal[0] == "'":
        return literal[1:-1].replace("''", "'")
    tag = literal.index("$", 1) + 1
    return literal[tag:-tag]


def _name(tokens: Sequence[Token], dialect: Dialect) -> str:
    """Return the name at the beginning of the tokens, without its schema."""
    names = (token for token in tokens if token.text.upper() not in _NOISE)
    name = next(names)
    while (after := next(names, None)) and after.text == ".":
        name = next(names)
    return folded(name, dialect)
