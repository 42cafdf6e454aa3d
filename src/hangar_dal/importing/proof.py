"""Try what is written on scratch databases: does the baseline make the same schema, and does `check` find nothing?"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from hangar_dal.check.databases.keys import with_keys
from hangar_dal.check.model import Tables
from hangar_dal.check.nullability.views import with_views
from hangar_dal.errors import MigrationError, raise_alone
from hangar_dal.importing.source import Source, schema_of
from hangar_dal.migrations.commands import apply_to
from hangar_dal.migrations.files import migrations_in
from hangar_dal.migrations.finished_tables import find_in_tables
from hangar_dal.migrations.guard import Scratch
from hangar_dal.migrations.ignoring import IGNORABLE
from hangar_dal.migrations.round_trip import run_round_trip
from hangar_dal.migrations.schema import differences
from hangar_dal.migrations.schema_history import read_everywhere
from hangar_dal.migrations.scratch import Server, Throwaway, empty_postgresql, empty_sqlite
from hangar_dal.migrations.trigger_twins import find_in_triggers
from hangar_dal.sqlscan import Dialect

_MOST_SHOWN: Final = 20


@dataclass(frozen=True)
class Proof:
    """The result for the baseline. `differences` are between the scratch database and the imported one, as a diff.

    `facts` is the number of columns, constraints and other parts that were compared. `broken` are the rules that the
    schema breaks, with the number of findings, and `findings` are their messages. `tables` is what `check` knows of the
    tables.
    """

    differences: tuple[str, ...]
    facts: int
    broken: Mapping[str, int]
    findings: tuple[str, ...]
    tables: Tables


def prove_baseline(source: Source, folder: Path, server: Server | None, progress: Callable[[str], object]) -> Proof:
    """Apply the migrations of the folder to a scratch database, roll them back, apply them again, and compare.

    Raises `MigrationError` if a statement fails.
    """
    make: Callable[[], AbstractContextManager[Scratch]]
    make = empty_sqlite if server is None else partial(empty_postgresql, server)
    files = migrations_in([folder])
    there = run_round_trip(source.dialect, make, [folder], progress)
    if there.findings:
        reasons = "\n".join(finding.message for finding in there.findings[:_MOST_SHOWN])
        fix = "import fewer schemas with --schema, or report this with the statement"
        raise MigrationError(
            f"nothing was written, because the baseline of {source.where} does not work:\n{reasons}", fix
        )
    found = [*find_in_tables(files, there), *find_in_triggers(files, there)]
    broken = [finding for finding in found if finding.rule in IGNORABLE]
    progress(f"comparing the schemas on {source.dialect}")
    with make() as scratch:
        apply_to(scratch, [folder])
        with closing(scratch.connect(read_only=True)) as connection:
            made = {name: schema_of(source.dialect, connection, name) for name in source.schemas}
            schema = read_everywhere(source.dialect, connection)
        tables = _tables(source.dialect, scratch, schema)
    lines: list[str] = []
    for name, here in made.items():
        found_there = source.schemas[name].only(here.names)
        lines += [f"{line} (schema {name})" if len(made) > 1 else line for line in differences(here, found_there)]
    facts = sum(1 for here in made.values() for _ in here.facts())
    rules = Counter(finding.rule for finding in broken)
    return Proof(tuple(lines), facts, dict(rules), tuple(f"{each.rule}: {each.message}" for each in broken), tables)


def _tables(dialect: Dialect, scratch: Any, schema: Any) -> Tables:
    if dialect == "sqlite":
        from hangar_dal.check.databases.sqlite import SqliteProbe  # noqa: PLC0415 - only for SQLite

        with SqliteProbe(Path(scratch.location.path)) as probe:
            return with_views(with_keys(probe.tables(), schema), probe.views(), "sqlite")
    from hangar_dal.check.databases.postgresql import PostgresProbe  # noqa: PLC0415 - only for PostgreSQL

    with PostgresProbe(scratch.location.conninfo) as probe:
        return with_views(with_keys(probe.tables(), schema), probe.views(), "postgresql")


def findings_of(folder: Path, server: Server | None, command: Sequence[str] = ("check",)) -> list[dict[str, Any]]:
    """Return the findings of a command, such as `check`, in a project that is written to the folder.

    It runs in a process of its own, which imports the modules of the project.
    """
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PYTHONPATH")}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    environment["DATABASE_URL"] = "sqlite:///unused.db"
    if isinstance(server, Throwaway):
        environment["HANGAR_THROWAWAY_URL"] = server.url
    elif server is not None:
        environment["DATABASE_URL"] = server
    whole = [sys.executable, "-m", "hangar_dal.cli", *command, "--json"]
    done = subprocess.run(  # noqa: S603 - no shell
        whole, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False, encoding="utf-8"
    )
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    except ValueError:
        reason = done.stderr.strip().removeprefix("error: ") or f"exit code {done.returncode}"
        raise_alone(MigrationError(f"nothing was written, because `{' '.join(command)}` failed: {reason}"))
    return found
