"""Describe statements on a scratch database after each migration."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from hangar_dal.check.databases.keys import with_keys
from hangar_dal.check.databases.sqlite import SqliteProbe
from hangar_dal.check.model import Tables
from hangar_dal.check.nullability.generated import with_generated
from hangar_dal.check.nullability.views import with_views
from hangar_dal.check.project.project import Project
from hangar_dal.check.reader import read
from hangar_dal.check.statement_info import SentAs, StatementInfo
from hangar_dal.migrations.files import migrations_in
from hangar_dal.migrations.guard import Scratch, SqliteScratch
from hangar_dal.migrations.schema import Schema
from hangar_dal.migrations.schema_history import read_alone
from hangar_dal.migrations.yoyo_session import migrating
from hangar_dal.sqlblock import Variant
from hangar_dal.sqlscan import Dialect

if TYPE_CHECKING:
    from hangar_dal.check.databases.postgresql import PostgresProbe


@dataclass(frozen=True)
class Stage:
    """The database after `migration`. The name is "" before the first migration. Stages have no query plans."""

    migration: str
    schema: Schema
    tables: Tables
    _probe: "SqliteProbe | PostgresProbe" = field(repr=False)

    @property
    def dialect(self) -> Dialect:
        return self._probe.dialect

    def ask(self, variant: Variant, sent: tuple[SentAs, ...] = ()) -> StatementInfo:
        """Describe a statement at this stage. Call it before `stages` yields the next stage."""
        return read(variant.text, self.dialect, self.tables, self._probe.describe(variant, sent))


def stages(project: Project, scratch: Scratch) -> Iterator[Stage]:
    """Apply the migrations one by one, and yield the empty database and then each stage.

    A process can run only one such generator at a time.
    """
    files = migrations_in(project.migrations)
    with migrating(scratch, project.migrations) as (backend, by_folder):
        steps = {step.id: step for step in chain.from_iterable(by_folder)}
        for migration in ("", *(each.id for each in files)):
            if migration:
                backend.apply_one(steps[migration])
            with _probed(scratch) as (probe, schema):
                tables = with_keys(with_generated(probe.tables(), schema, probe.dialect), schema)
                tables = with_views(tables, probe.views(), probe.dialect)
                yield Stage(migration, schema, tables, probe)


@contextmanager
def _probed(scratch: Scratch) -> Iterator[tuple["SqliteProbe | PostgresProbe", Schema]]:
    with closing(scratch.connect(read_only=True)) as connection:
        schema = read_alone(scratch.dialect, connection)
    if isinstance(scratch, SqliteScratch):
        with SqliteProbe(Path(scratch.location.path)) as of_sqlite:
            yield of_sqlite, schema
    else:
        from hangar_dal.check.databases.postgresql import PostgresProbe  # noqa: PLC0415 - a SQLite user need not have libpq

        with PostgresProbe(scratch.location.conninfo) as of_postgresql:
            yield of_postgresql, schema
