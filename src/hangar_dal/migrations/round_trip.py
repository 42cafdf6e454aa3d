"""Apply each migration, roll it back and apply it again on a scratch database of one dialect.

If the rollback of a migration is broken, the following migrations are tested on a new scratch database.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Final

from hangar_dal.errors import MigrationError
from hangar_dal.migrations.faults import fault, with_diff
from hangar_dal.migrations.files import MigrationFiles, migrations_in
from hangar_dal.migrations.guard import Scratch
from hangar_dal.migrations.schema import Schema, differences
from hangar_dal.migrations.schema_history import read_schema
from hangar_dal.migrations.yoyo_session import migrating
from hangar_dal.rules import Finding, Rule
from hangar_dal.sqlscan import Dialect

Progress = Callable[[str], object]
MakeScratch = Callable[[], AbstractContextManager[Scratch]]
Steps = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """The result for one dialect. `stages` are the schemas after each migration, up to the first that fails."""

    dialect: Dialect
    stages: list[Schema] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def reached_end_of(self, files: Sequence[MigrationFiles]) -> bool:
        """Whether all these migrations could be applied. If not, later migrations may still add what is missing."""
        return bool(files) and len(self.stages) == len(files)


def run_round_trip(
    dialect: Dialect, make_scratch: MakeScratch, folders: Sequence[Path], progress: Progress
) -> RoundTrip:
    """Test the migrations of the folders. `make_scratch` opens a new empty database each time it is called."""
    round_trip, files = RoundTrip(dialect), migrations_in(folders)
    can_go_on = True
    while can_go_on and len(round_trip.stages) < len(files):
        with make_scratch() as scratch, migrating(scratch, folders) as (backend, by_folder):
            steps: Steps = {step.id: step for step in chain.from_iterable(by_folder)}
            for migration in files[: len(round_trip.stages)]:
                backend.apply_one(steps[migration.id])
            can_go_on = _each(files, steps, backend, round_trip, progress)
    return round_trip


def _each(
    files: Sequence[MigrationFiles], steps: Steps, backend: Any, round_trip: RoundTrip, progress: Progress
) -> bool:
    """Test migrations until one of them leaves the database in an unknown state.

    Returns True if the migrations after it, if any, can be tested on a new database.
    """
    dialect = round_trip.dialect
    before = _schema(backend)
    for migration in files[len(round_trip.stages) :]:
        progress(f"{migration.id} on {dialect}")
        step = steps[migration.id]
        try:
            backend.apply_one(step)
        except MigrationError as error:
            later = len(files) - len(round_trip.stages) - 1
            fix = (
                f"correct the statement; the {later} after it could not be tried" if later else "correct the statement"
            )
            round_trip.findings.append(fault(migration, dialect, "apply", APPLY_FAILS, str(error), fix=fix))
            return False
        after = _schema(backend)
        round_trip.stages.append(after)
        found = list(_back_and_again(migration, step, backend, before, after))
        round_trip.findings.extend(found)
        if found:
            return True
        before = after
    return True


APPLY_FAILS: Final = Rule(
    "apply-fails",
    "error",
    "The database accepts each statement of a migration.",
    """\
The database refuses a statement; the migrations after it were not tried. Correct the statement.
""",
    bad="""\
--- migrations/sqlite/0001_items.sql
CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL) STRICT;
--- migrations/sqlite/0001_items.rollback.sql
DROP TABLE items;
""",
    good="""\
--- migrations/sqlite/0001_items.sql
CREATE TABLE items (id integer PRIMARY KEY, name text NOT NULL) STRICT;
""",
)


ROLLBACK_FAILS: Final = Rule(
    "rollback-fails",
    "error",
    "The database accepts each statement of a rollback.",
    """\
The database refuses to undo the migration. Correct the rollback.
""",
    bad="""\
--- migrations/sqlite/0001_items.sql
CREATE TABLE items (id integer PRIMARY KEY, name text NOT NULL) STRICT;
--- migrations/sqlite/0001_items.rollback.sql
DROP TABLE item;
""",
    good="""\
--- migrations/sqlite/0001_items.rollback.sql
DROP TABLE items;
""",
)


ROLLBACK_DIFFERS: Final = Rule(
    "rollback-differs",
    "error",
    "A rollback undoes all that the migration did to the schema.",
    """\
After the rollback, the schema is not the same as before the migration; the finding shows the differences. Undo exactly
what the migration does.
""",
    bad="""\
--- migrations/sqlite/0001_items.sql
CREATE TABLE items (id integer PRIMARY KEY, name text NOT NULL) STRICT;
CREATE TABLE prices (item_id integer PRIMARY KEY, price integer NOT NULL) STRICT;
--- migrations/sqlite/0001_items.rollback.sql
DROP TABLE items;
""",
    good="""\
--- migrations/sqlite/0001_items.rollback.sql
DROP TABLE prices;
DROP TABLE items;
""",
)


APPLY_AGAIN_FAILS: Final = Rule(
    "apply-again-fails",
    "error",
    "A migration that was rolled back can be applied again.",
    """\
When the migration is applied again, the database refuses a statement. The rollback has left rows or objects that the
comparison of schemas does not include. Undo these too.
""",
    bad="""\
--- migrations/sqlite/0001_sizes.sql
CREATE TABLE sizes (name text PRIMARY KEY) STRICT;
--- migrations/sqlite/0001_sizes.rollback.sql
DROP TABLE sizes;
--- migrations/sqlite/0002_first_sizes.sql
INSERT INTO sizes (name) VALUES ('S'), ('M');
--- migrations/sqlite/0002_first_sizes.rollback.sql
DELETE FROM sizes WHERE name = 'S';
""",
    good="""\
--- migrations/sqlite/0002_first_sizes.rollback.sql
DELETE FROM sizes WHERE name IN ('S', 'M');
""",
)


APPLY_AGAIN_DIFFERS: Final = Rule(
    "apply-again-differs",
    "error",
    "A migration makes the same schema whenever it is applied.",
    """\
Applied a second time, the migration creates a different schema. Remove statements whose result depends on rows or on
the time.
""",
    bad="",
    good="",
)


def _back_and_again(
    migration: MigrationFiles, step: Any, backend: Any, before: Schema, after: Schema
) -> Iterator[Finding]:
    dialect: Dialect = backend.dialect
    try:
        backend.rollback_one(step)
    except MigrationError as error:
        yield fault(migration, dialect, "rollback", ROLLBACK_FAILS, str(error), fix="correct the rollback")
        return
    if lines := differences(before, _schema(backend)):
        message = with_diff("after the rollback the schema is not what it was before (- before, + after):", lines)
        yield fault(
            migration, dialect, "rollback", ROLLBACK_DIFFERS, message, fix="undo exactly what the migration does"
        )
        return
    try:
        backend.apply_one(step)
    except MigrationError as error:
        fix = "let the rollback undo everything that the migration does"
        yield fault(migration, dialect, "apply", APPLY_AGAIN_FAILS, str(error), fix=fix)
        return
    if lines := differences(after, _schema(backend)):
        message = with_diff("applying it again gives a different schema (- first, + again):", lines)
        fix = "remove statements whose result depends on rows"
        yield fault(migration, dialect, "apply", APPLY_AGAIN_DIFFERS, message, fix=fix)


def _schema(backend: Any) -> Schema:
    with backend.transaction():
        return read_schema(backend.dialect, backend.connection)
