"""What is wrong with one file of a migration, as a finding. Builds on `files` and `rules`."""

import os
import re
from pathlib import Path
from typing import Final

from hangar_dal.migrations.files import MigrationFiles
from hangar_dal.migrations.scripts import Direction
from hangar_dal.rules import Finding, Rule
from hangar_dal.sqlscan import Dialect

# As errors about a script tell it.
_LINE: Final = re.compile(r"\bline (\d+)\b")


def fault(
    migration: MigrationFiles,
    dialect: Dialect,
    direction: Direction,
    rule: Rule,
    message: str,
    *,
    fix: str = "",
    line: int | None = None,
) -> Finding:
    """At the line that is given or that the message names, else at the file's first."""
    if line is None:
        named = _LINE.search(message)
        line = int(named[1]) if named else 1
    path = display_path(migration.path(dialect, direction))
    return rule.finding(path, line, 1, message, fix, dialect=dialect, query=migration.id)


def with_diff(message: str, lines: tuple[str, ...]) -> str:
    """The message, and below it the lines of a diff."""
    return "\n".join([message, *(f"    {line}" for line in lines)])


def display_path(path: Path) -> str:
    """As a person in this working directory would name it."""
    here = Path.cwd()
    return os.path.relpath(path, here) if path.is_relative_to(here) else str(path)
