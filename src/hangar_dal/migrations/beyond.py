"""Find statements of migrations that affect more than their database: roles, settings, other databases, programs.

A scratch database cannot undo such a statement, so a migration that contains one is never applied to a scratch
database.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from hangar_dal.errors import MigrationError
from hangar_dal.migrations.files import MigrationFiles
from hangar_dal.migrations.scripts import DIRECTIONS, Direction, Script
from hangar_dal.sqlscan import Kind, tokens_of

FIX: Final = "run it when the server is set up, not in a migration"
# Matches the words of a statement in upper case, separated by one space.
_BEYOND: Final = re.compile(
    r"""
    (CREATE|ALTER|DROP|COMMENT\ ON|SECURITY\ LABEL\ (FOR\ \w+\ )?ON)
        \ (DATABASE|ROLE|USER(?!\ MAPPING)|GROUP|TABLESPACE|SYSTEM|SUBSCRIPTION)\b
    | (REASSIGN|DROP)\ OWNED\b
    | (GRANT|REVOKE)\ (?!.*\bON\b)                              # membership in a role
    | (GRANT|REVOKE)\ .*?\bON\ (DATABASE|TABLESPACE|PARAMETER)\b
    | COPY\ .*\b(FROM|TO)\ PROGRAM\b
    """,
    re.VERBOSE,
)


def beyond(migration: MigrationFiles) -> Iterator[tuple[Direction, str]]:
    """Yield the direction of each PostgreSQL file that contains such a statement, and a sentence that names it."""
    for direction in DIRECTIONS if "postgresql" in migration.dialects else ():
        script = migration.script("postgresql", direction)
        for number, line, words in _statements(script):
            if found := _BEYOND.match(words):
                place = f"{script.name}, statement {number} (line {line})"
                reason = (
                    f"{found[0].strip()} affects more than its database, so it cannot be tried in a scratch database"
                )
                yield direction, f"{place}: {reason}"


def refuse_beyond(migrations: Sequence[MigrationFiles]) -> None:
    """Raise `MigrationError` if one of the migrations contains such a statement."""
    for migration in migrations:
        for _, message in beyond(migration):
            raise MigrationError(message, FIX)


def _statements(script: Script) -> Iterator[tuple[int, int, str]]:
    """Yield the number, the line and the unquoted words of each statement, in upper case."""
    for statement in script.statements():
        words = [token.text.upper() for token in tokens_of(statement.text, "postgresql") if token.kind is Kind.WORD]
        yield statement.number, statement.line, " ".join(words)
