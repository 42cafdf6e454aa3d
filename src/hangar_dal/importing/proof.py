"""Try what is written on scratch databases: does the baseline make the same schema, and does `check` find nothing?"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from hangar_dal.check.databases.keys import with_keys
from hangar_dal.check.model import Tables
from hangar_dal.check.nullability.views import with_views
from hangar_dal.errors import MigrationError, SettingsError, raise_alone
from hangar_dal.importing.source import Source, schema_of
from hangar_dal.migrations.commands import apply_to
from hangar_dal.migrations.declarations import KINDS
from hangar_dal.migrations.files import migrations_in
from hangar_dal.migrations.finished_tables import find_in_tables
from hangar_dal.migrations.guard import Scratch
from hangar_dal.migrations.ignoring import IGNORABLE
from hangar_dal.migrations.round_trip import RoundTrip, run_round_trip
from hangar_dal.migrations.schema import Schema, differences
from hangar_dal.migrations.schema_history import read_everywhere
from hangar_dal.migrations.scratch import Server, Throwaway, empty_postgresql, empty_sqlite
from hangar_dal.migrations.trigger_twins import find_in_triggers
from hangar_dal.migrations.twins import compare_twins
from hangar_dal.migrations.undeclared import SCHEMAS_DIFFER
from hangar_dal.sqlscan import DIALECTS, Dialect

_MOST_SHOWN: Final = 20
_DECLARABLE: Final = tuple(f"{kind} " for kind in KINDS)


@dataclass(frozen=True)
class Proof:
    """The result for the baseline. `differences` are between the scratch database and the imported one, as a diff.

    `facts` is the number of columns, constraints and other parts that were compared. `broken` are the rules that the
    schema of each database breaks, with the number of findings. `declared` are the objects of each database that have
    no equal in the other one. `unnamed` are the databases that have others, which no line can declare. `tables`
    is what `check` knows of the tables.
    """

    differences: tuple[str, ...]
    facts: int
    broken: Mapping[Dialect, Mapping[str, int]]
    declared: Mapping[Dialect, Sequence[str]]
    unnamed: frozenset[Dialect]
    tables: Mapping[Dialect, Tables]

    def lines(self) -> dict[Dialect, list[str]]:
        """Return the comments of each baseline that make `migrations verify` accept it."""
        found: dict[Dialect, list[str]] = {}
        for dialect, rules in self.broken.items():
            lines = found.setdefault(dialect, [])
            for rule, count in rules.items():
                findings = "1 finding" if count == 1 else f"{count} findings"
                lines.append(f"ignore: {rule}: {findings} in the imported schema")
            lines += [f"differs: {label}: as it was imported" for label in self.declared.get(dialect, ())]
            if dialect in self.unnamed:
                lines.append(f"ignore: {SCHEMAS_DIFFER.id}: no line can declare constraints without a name, or schemas")
        return found


def prove_baseline(
    source: Source,
    folder: Path,
    dialects: Sequence[Dialect],
    server: Server | None,
    progress: Callable[[str], object],
) -> Proof:
    """Apply the migrations of the folder to scratch databases, roll them back, apply them again, and compare.

    Raises `MigrationError` if a statement fails.
    """
    files = migrations_in([folder])
    broken: dict[Dialect, Mapping[str, int]] = {}
    stages: dict[Dialect, Schema] = {}
    tables: dict[Dialect, Tables] = {}
    lines: list[str] = []
    facts = 0
    for dialect in dialects:
        make: Callable[[], AbstractContextManager[Scratch]] = empty_sqlite
        if dialect == "postgresql":
            if server is None:
                raise SettingsError("no PostgreSQL server is given")
            make = partial(empty_postgresql, server)
        there = run_round_trip(dialect, make, [folder], progress)
        _refuse_failures(source, there)
        found = [*find_in_tables(files, there), *find_in_triggers(files, there)]
        broken[dialect] = Counter(finding.rule for finding in found if finding.rule in IGNORABLE)
        stages[dialect] = there.stages[-1]
        progress(f"comparing the schemas on {dialect}")
        with make() as scratch:
            apply_to(scratch, [folder])
            with closing(scratch.connect(read_only=True)) as connection:
                tables[dialect] = _tables(dialect, scratch, read_everywhere(dialect, connection))
                if dialect == source.dialect:
                    made = {name: schema_of(dialect, connection, name) for name in source.schemas}
                    lines = list(_differences(source, made))
                    facts = sum(1 for here in made.values() for _ in here.facts())
    declared = _declared(stages)
    named: dict[Dialect, list[str]] = {
        dialect: [label for label in labels if label.startswith(_DECLARABLE)] for dialect, labels in declared.items()
    }
    unnamed: frozenset[Dialect] = frozenset(
        dialect for dialect, labels in declared.items() if len(labels) > len(named[dialect])
    )
    return Proof(tuple(lines), facts, broken, named, unnamed, tables)


def _refuse_failures(source: Source, there: RoundTrip) -> None:
    if there.findings:
        reasons = "\n".join(finding.message for finding in there.findings[:_MOST_SHOWN])
        fix = "import fewer schemas with --schema, or report this with the statement"
        message = f"nothing was written, because the baseline of {source.where} does not work:\n{reasons}"
        raise MigrationError(message, fix)


def _differences(source: Source, made: Mapping[str, Schema]) -> Iterator[str]:
    for name, here in made.items():
        for line in differences(here, source.schemas[name].only(here.names)):
            yield f"{line} (schema {name})" if len(made) > 1 else line


def _declared(stages: Mapping[Dialect, Schema]) -> dict[Dialect, list[str]]:
    """Return the names of the objects that differ between the databases, for `-- differs:` lines."""
    if len(stages) < len(DIALECTS):
        return {}
    twins = compare_twins(stages["sqlite"], stages["postgresql"])
    found: dict[Dialect, list[str]] = {dialect: [] for dialect in DIALECTS}
    for key, difference in twins.differences.items():
        for dialect in difference.having:
            if twins.whole_of(key, dialect) is None:
                found[dialect].append(twins.label_of(key, dialect))
    return found


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
