"""Statements of migrations that change more than their own database: roles, settings, other databases, programs.

A scratch database cannot confine them, so no migration that holds one is tried in a scratch. Builds on `files`.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from hangar_dal.errors import MigrationError
from hangar_dal.migrations.files import MigrationFiles
from hangar_dal.migrations.scripts import DIRECTIONS, Direction, Script
from hangar_dal.sqlscan import Kind, tokens_of

FIX: Final = "run it where servers are set up, not in a migration"
# The words that a statement begins with, one space between them.
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
    """Each file of the PostgreSQL migration that holds such a statement, with a sentence that names the statement."""
    for direction in DIRECTIONS:
        script = migration.script("postgresql", direction)
        for number, line, words in _statements(script):
            if found := _BEYOND.match(words):
                place = f"{script.name}, statement {number} (line {line})"
                reason = f"{found[0].strip()} reaches beyond the database, and a scratch database cannot undo that"
                yield direction, f"{place}: {reason}"


def refuse_beyond(migrations: Sequence[MigrationFiles]) -> None:
    """Raise `MigrationError` before any of them is applied to a scratch database."""
    for migration in migrations:
        for _, message in beyond(migration):
            raise MigrationError(f"{message}; {FIX}")


def _statements(script: Script) -> Iterator[tuple[int, int, str]]:
    """The number, the line and the bare words of each statement, in capitals."""
    for statement in script.statements():
        words = [token.text.upper() for token in tokens_of(statement.text, "postgresql") if token.kind is Kind.WORD]
        yield statement.number, statement.line, " ".join(words)
