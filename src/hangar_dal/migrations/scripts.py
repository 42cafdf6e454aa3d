"""Read the SQL files of a migration and split them into statements before any of them runs.

A migration is `<id>.sql` and `<id>.rollback.sql` in the folder of each dialect. Each file is a complete script that
psql or sqlite3 can run. The loader, the backends and adoption use this module. Does not use yoyo.
"""

import hashlib
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

from hangar_dal.errors import MigrationError, raise_alone
from hangar_dal.migrations.declarations import without_declarations
from hangar_dal.sqlscan import DATABASES, DIALECTS, Dialect, Kind, Token, Unterminated, scan, tokens_of
from hangar_dal.textlines import TextLines

Direction = Literal["apply", "rollback"]

DIRECTIONS: Final[tuple[Direction, ...]] = ("apply", "rollback")
_SUFFIX: Final[dict[Direction, str]] = {"apply": ".sql", "rollback": ".rollback.sql"}
_DIRECTIVE = re.compile(r"--\s*transactional\s*:\s*(.*?)\s*$", re.IGNORECASE)
_NEARLY: Final = re.compile(
    r"(?:-{2,}|/\*)[\s:]*(\w+)\s*[\s:=\uff1a]\s*(?:true|false|yes|no|on|off|0|1)\W*$", re.IGNORECASE
)
# If a script ended its own transaction and a later statement failed, half of the script would stay applied.
_TRANSACTION_CONTROL: Final = frozenset({"ABORT", "BEGIN", "COMMIT", "END", "PREPARE TRANSACTION", "ROLLBACK", "START"})


@dataclass(frozen=True, slots=True)
class ScriptStatement:
    """One statement without its semicolon. `number` and `line` count from 1 in the file."""

    number: int
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Script:
    """One SQL file. `name` is the name for messages: the folder of the dialect and the file name."""

    name: str
    dialect: Dialect
    text: str
    transactional: bool

    @property
    def digest(self) -> str:
        """The digest of the text without declarations. yoyo's log stores it, so that a later edit is detected.

        A declaration changes nothing in a database, so it may be added to a file that was already applied.
        """
        text = without_declarations(self.text, self.dialect)
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"

    def statements(self) -> tuple[ScriptStatement, ...]:
        """Return the statements in order.

        Raises `MigrationError` if there are none, if a quote or comment is not closed, or if a statement begins or ends
        a transaction.
        """
        try:
            found = _statements(self.text, self.dialect)
        except Unterminated as error:
            line = TextLines(self.text).line_of(error.start)
            raise_alone(MigrationError(f"{self.name}, line {line}: {error.what} is never closed"))
        if not found:
            raise MigrationError(
                f"{self.name} has no statement",
                "if nothing is to be done in this dialect, write `SELECT 1;` and a comment that says why",
            )
        for statement in found:
            verb = _verb(statement.text, self.dialect)
            if verb in _TRANSACTION_CONTROL:
                raise MigrationError(
                    f"{self.name}, statement {statement.number} (line {statement.line}): {verb} is not for migrations",
                    "each runs in a transaction of its own, or begins with `-- transactional: false`",
                )
        return found


def ids_in(folder: Path) -> tuple[str, ...]:
    """Return the ids of the migrations whose shims are in the folder, in the order of applying."""
    return tuple(sorted(path.stem for path in folder.glob("*.py") if not path.name.startswith("_")))


def dialects_in(folder: Path) -> tuple[Dialect, ...]:
    """Return the databases that the migrations of a folder are written for: those that have a folder inside it."""
    return tuple(dialect for dialect in DIALECTS if (folder / dialect).is_dir()) or DIALECTS


def read_script(folder: Path, migration: str, dialect: Dialect, direction: Direction) -> Script:
    """Read one SQL file. Raises `MigrationError` if it is missing; yoyo would treat it as an empty migration."""
    file = f"{dialect}/{migration}{_SUFFIX[direction]}"
    try:
        # Ignore the byte order mark that Windows editors write, and treat both kinds of line ends alike.
        text = (folder / file).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise_alone(_missing(file, folder, dialect))
    except UnicodeDecodeError:
        raise_alone(MigrationError(f"{file} is not UTF-8"))
    return Script(file, dialect, text, _transactional(file, text, dialect))


def _missing(file: str, folder: Path, dialect: Dialect) -> MigrationError:
    dialects = dialects_in(folder)
    if dialect in dialects:
        fix = "write it, because each migration has a script and a rollback script for each of"
        return MigrationError(f"{file} is missing in {folder}", f"{fix} {' and '.join(dialects)}")
    written = " and ".join(DATABASES[each] for each in dialects)
    message = f"{file} is missing in {folder}, whose migrations are written for {written} only"
    return MigrationError(message, f"use a {written} database, or write all files of {DATABASES[dialect]} too")


def _transactional(file: str, text: str, dialect: Dialect) -> bool:
    found, start = True, 0
    for line in text.splitlines(keepends=True):
        if line.strip() and not line.startswith("--"):
            break
        start += len(line)
        if directive := _DIRECTIVE.match(line):
            if directive[1] not in {"true", "false"}:
                raise MigrationError(f"{file}: transactional is either true or false")
            found = directive[1] == "true"
            break
    _refuse_misspelt(file, text, dialect, start)
    return found


def _refuse_misspelt(file: str, text: str, dialect: Dialect, start: int) -> None:
    """Raise `MigrationError` for a comment that is nearly `-- transactional: false`, or that is after a statement."""
    try:
        comments = [token for token in tokens_of(text, dialect) if token.kind is Kind.COMMENT]
    except Unterminated:  # `statements` reports it
        return
    for token in comments:
        near = _NEARLY.match(token.text)
        is_valid = token.start < start and _DIRECTIVE.match(token.text)
        if near and not is_valid and get_close_matches(near[1].lower(), ["transactional"], cutoff=0.8):
            line = TextLines(text).line_of(token.start)
            raise MigrationError(
                f"{file}, line {line}: this comment has no effect",
                "write `-- transactional: false` as a line of its own before the first statement",
            )


@lru_cache(maxsize=256)  # `verify` runs each migration several times
def _statements(text: str, dialect: Dialect) -> tuple[ScriptStatement, ...]:
    return tuple(_split(text, dialect))


def _split(text: str, dialect: Dialect) -> Iterator[ScriptStatement]:
    """Split the text at the semicolons that end a statement, not at those in a trigger or in a SQL function body."""
    number, lines = 0, TextLines(text)
    tokens: list[Token] = []
    for token in (*tokens_of(text, dialect), None):
        if token is not None and (token.kind is not Kind.SEMICOLON or not _is_complete(text, tokens, token, dialect)):
            if tokens or token.kind not in {Kind.COMMENT, Kind.SEMICOLON}:
                tokens.append(token)
            continue
        if tokens:
            number += 1
            start, end = tokens[0].start, tokens[-1].end
            yield ScriptStatement(number, lines.line_of(start), text[start:end].rstrip())
            tokens = []


def _is_complete(text: str, tokens: list[Token], semicolon: Token, dialect: Dialect) -> bool:
    if not tokens:
        return False
    if dialect == "sqlite":
        return sqlite3.complete_statement(text[tokens[0].start : semicolon.end])
    words = [token.text.upper() for token in tokens if token.kind is Kind.WORD]
    if ("BEGIN", "ATOMIC") not in pairwise(words):
        return True
    body = words[words.index("ATOMIC") :]
    return body.count("END") > body.count("CASE")


def _verb(text: str, dialect: Dialect) -> str:
    words = (token.text.upper() for token in scan(text, dialect) if token.kind is Kind.WORD)
    first = next(words, "")
    return f"{first} {next(words, '')}" if first == "PREPARE" else first
