"""Findings about one file of a migration."""

import os
import re
from pathlib import Path
from typing import Final

from hangar_dal.migrations.files import MigrationFiles
from hangar_dal.migrations.scripts import Direction
from hangar_dal.rules import Finding, Rule
from hangar_dal.sqlscan import Dialect

# The line number in the message of an error about a script.
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
    """Return a finding at `line`, or at the line that the message names, or at line 1."""
    if line is None:
        named = _LINE.search(message)
        line = int(named[1]) if named else 1
    path = display_path(migration.path(dialect, direction))
    return rule.finding(path, line, 1, message, fix, dialect=dialect, query=migration.id)


def with_diff(message: str, lines: tuple[str, ...]) -> str:
    """Return the message, followed by the lines of a diff, indented."""
    return "\n".join([message, *(f"    {line}" for line in lines)])


def display_path(path: Path) -> str:
    """Return the path relative to the working directory if the file is inside it, otherwise the path as it is."""
    here = Path.cwd()
    return os.path.relpath(path, here) if path.is_relative_to(here) else str(path)
