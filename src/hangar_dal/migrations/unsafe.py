"""Find statements that lock a table of PostgreSQL for long or break running clients, with squawk.

squawk is installed by the extra `check`. Write `-- squawk-ignore <rule>` and a reason above a statement that is
intended. squawk also reads `.squawk.toml` in the working directory.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from hangar_dal import minimum_versions
from hangar_dal.errors import MigrationError, SettingsError, raise_alone
from hangar_dal.migrations.faults import display_path
from hangar_dal.migrations.files import MigrationFiles
from hangar_dal.migrations.scripts import DIRECTIONS, Direction
from hangar_dal.rules import Finding

SQUAWK: Final = "squawk:"  # before the names of its rules
# Rules that are not needed, because this package meets their purpose in another way.
_EXCLUDED: Final = frozenset({
    "prefer-robust-stmts",  # a failed script is rolled back, and `verify` tests rollbacks
    "require-lock-timeout",  # the backend sets it on each connection
    "require-statement-timeout",  # turned off on purpose: building an index can take long
    "syntax-error",  # the server has already parsed every file
})  # fmt: skip
# A rollback drops what the migration has added, and restores old names.
_UNDOING: Final = ("ban-drop-", "renaming-")
# squawk checks each file as one transaction. So it knows that an index on a table created in the same file is safe.
_ONLY_IN_TRANSACTIONS: Final = "ban-concurrent-index-creation-in-transaction"


def squawk_program() -> str:
    """Return the path of squawk. Raises `SettingsError` if it is not installed."""
    beside_python = str(Path(sys.executable).parent)
    program = shutil.which("squawk", path=beside_python) or shutil.which("squawk")
    if program is None:
        raise SettingsError(
            "squawk, which finds unsafe DDL, is not installed",
            "run: pip install 'hangar-dal[check]', or pass --no-squawk (in Python, lint=False)",
        )
    return program


def find_unsafe(migrations: Sequence[MigrationFiles]) -> Iterator[Finding]:
    """Yield a finding for each unsafe statement in the PostgreSQL files, including rollbacks.

    Raises `SettingsError` if squawk is not installed, and `MigrationError` if it fails.
    """
    files: dict[str, tuple[MigrationFiles, Direction]] = {
        str(one.path("postgresql", direction)): (one, direction) for one in migrations for direction in DIRECTIONS
    }
    for found in _squawk(list(files)) if files else ():
        migration, direction = files[found["file"]]
        rule = found["rule_name"]
        if not _is_meant(rule, migration, direction):
            yield Finding(
                path=display_path(Path(found["file"])),
                line=found["line"] + 1,
                column=found["column"] + 1,
                dialect="postgresql",
                query=migration.id,
                rule=f"{SQUAWK}{rule}",
                severity="error",
                message=found["message"],
                fix=found["help"] or f"see https://squawkhq.com/docs/{rule}",
            )


def _is_meant(rule: str, migration: MigrationFiles, direction: Direction) -> bool:
    if rule == _ONLY_IN_TRANSACTIONS:
        return not migration.script("postgresql", direction).transactional
    return rule in _EXCLUDED or (direction == "rollback" and rule.startswith(_UNDOING))


def _squawk(paths: Sequence[str]) -> list[dict[str, Any]]:
    version = f"--pg-version={minimum_versions.POSTGRESQL}.0"
    command = [squawk_program(), "--reporter=json", "--assume-in-transaction", version, *paths]
    # squawk is a third-party program. Do not pass it passwords or keys in the environment.
    environment = {"PATH": os.environ.get("PATH", os.defpath)}
    done = subprocess.run(  # noqa: S603 - no shell
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False, encoding="utf-8"
    )
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)
    except ValueError:
        raise_alone(MigrationError(f"squawk failed: {done.stderr.strip() or f'exit code {done.returncode}'}"))
    return found
