"""Find tables that the migrations of two folders create: two catalogs cannot own one table.

Reads the text of the SQL, so the conflict is found before any migration runs. If the second migration uses IF NOT
EXISTS, no database reports the conflict.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from hangar_dal.errors import MigrationError
from hangar_dal.migrations.faults import display_path
from hangar_dal.migrations.files import MigrationFiles
from hangar_dal.migrations.identifiers import folded
from hangar_dal.migrations.scripts import ScriptStatement
from hangar_dal.sqlscan import DIALECTS, Dialect, Kind, Token, scan

FIX: Final = "rename one of the tables, or use the catalog that has it instead of creating it again"
_KINDS_OF_TABLE: Final = frozenset({"UNLOGGED", "VIRTUAL", "FOREIGN"})
_FILLERS: Final = frozenset({"IF", "NOT", "EXISTS", "ONLY"})
_LONGEST_BEGINNING: Final = 16  # tokens, more than ALTER TABLE IF EXISTS ONLY s.a RENAME TO b has
_DEFAULT_SCHEMA: Final[dict[Dialect, str]] = {"sqlite": "main", "postgresql": "public"}


@dataclass(frozen=True, slots=True)
class SharedTable:
    """A table that `migration` creates although `first`, a migration of another folder, creates it too."""

    table: str
    dialect: Dialect
    first: MigrationFiles
    migration: MigrationFiles

    @property
    def message(self) -> str:
        paths = [display_path(each.path(self.dialect)) for each in (self.first, self.migration)]
        return f"the table {self.table} is created in {paths[0]} and in {paths[1]}"


def refuse_shared_tables(files: Sequence[MigrationFiles]) -> None:
    """Raise `MigrationError` if the migrations of two folders create the same table."""
    for shared in shared_tables(files):
        raise MigrationError(shared.message, FIX)


def shared_tables(files: Sequence[MigrationFiles]) -> Iterator[SharedTable]:
    """Yield each table that a migration creates while the table of an earlier folder still exists."""
    if len({migration.folder for migration in files}) < 2:
        return
    for dialect in DIALECTS:
        owners: dict[str, MigrationFiles] = {}
        for migration in (each for each in files if dialect in each.dialects):
            for statement in migration.script(dialect).statements():
                made, gone = _made_and_gone(statement, dialect)
                for table in made:
                    owner = owners.setdefault(table, migration)
                    if owner.folder != migration.folder:
                        yield SharedTable(table, dialect, owner, migration)
                for table in gone:
                    owners.pop(table, None)


def _made_and_gone(statement: ScriptStatement, dialect: Dialect) -> tuple[list[str], list[str]]:
    """Return the tables that a CREATE, DROP or ALTER TABLE RENAME creates, and the tables that it removes.

    Both lists are empty for any other statement.
    """
    code = (token for token in scan(statement.text, dialect) if token.kind is not Kind.COMMENT)
    tokens = list(islice(code, _LONGEST_BEGINNING))
    words = [*(token.text.upper() if token.kind is Kind.WORD else "" for token in tokens), "", ""]
    verb, rest = words[0], 1
    if verb == "CREATE" and words[1] in _KINDS_OF_TABLE:
        rest += 1
    if verb not in ("CREATE", "DROP", "ALTER") or words[rest : rest + 1] != ["TABLE"]:
        return [], []
    rest += 1
    while words[rest] in _FILLERS:
        rest += 1
    if rest >= len(tokens):
        return [], []
    table, end = _name(tokens, rest, dialect)
    if verb == "CREATE":
        return [table], []
    if verb == "DROP":
        return [], [table]
    if words[end : end + 2] == ["RENAME", "TO"] and end + 2 < len(tokens):
        return [_name(tokens, end + 2, dialect)[0]], [table]
    return [], []


def _name(tokens: Sequence[Token], start: int, dialect: Dialect) -> tuple[str, int]:
    """Return the name at `start`, without the default schema, and the position after it."""
    name, end = folded(tokens[start], dialect), start + 1
    if end + 1 < len(tokens) and tokens[end].text == ".":
        schema, name = name, folded(tokens[end + 1], dialect)
        name = name if schema == _DEFAULT_SCHEMA[dialect] else f"{schema}.{name}"
        end += 2
    return name, end
