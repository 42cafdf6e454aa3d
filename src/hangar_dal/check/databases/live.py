"""Migrated scratch databases that describe statements while a check runs."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hangar_dal.check.databases.keys import indexed_columns, with_keys
from hangar_dal.check.databases.scratch import scratch_postgresql, scratch_sqlite
from hangar_dal.check.databases.sqlite import SqliteProbe
from hangar_dal.check.model import Tables
from hangar_dal.check.nullability.generated import with_generated
from hangar_dal.check.nullability.views import with_views
from hangar_dal.check.project.project import Project
from hangar_dal.check.query_plans.model import Indexed, Planner, scans_of
from hangar_dal.check.query_plans.sqlite import SqlitePlanner
from hangar_dal.check.reader import read
from hangar_dal.check.statement_info import SentAs, StatementInfo
from hangar_dal.migrations.schema_history import read_alone, read_everywhere
from hangar_dal.migrations.scratch import Server
from hangar_dal.sqlblock import Variant
from hangar_dal.sqlscan import Dialect

if TYPE_CHECKING:
    from hangar_dal.check.databases.postgresql import PostgresProbe


@dataclass(frozen=True)
class LiveDatabase:
    """A scratch database. Its tables are read once, and each statement is described once."""

    probe: "SqliteProbe | PostgresProbe"
    planner: Planner
    tables: Tables
    indexed: Indexed
    has_all_tables: bool = field(default=True, init=False)
    _infos: dict[tuple[str, tuple[SentAs, ...]], StatementInfo] = field(default_factory=dict, init=False)

    @property
    def dialect(self) -> Dialect:
        return self.probe.dialect

    def ask(self, variant: Variant, sent: tuple[SentAs, ...] = ()) -> StatementInfo:
        if (variant.text, sent) not in self._infos:
            described = self.probe.describe(variant, sent)
            try:
                self._infos[variant.text, sent] = self._read(variant, described, sent)
            except RecursionError:  # the statement is nested too deeply for Python, so keep only the description
                self._infos[variant.text, sent] = described
        return self._infos[variant.text, sent]

    def _read(self, variant: Variant, described: StatementInfo, sent: tuple[SentAs, ...]) -> StatementInfo:
        if variant.command:  # has no columns, no conditions and no plan
            return described
        info = read(variant.text, self.dialect, self.tables, described, sent)
        if info.refusal:
            return info
        return replace(info, scans=scans_of(self.planner, variant, self.tables, self.indexed, sent))


@contextmanager
def live_sqlite(project: Project) -> Iterator[LiveDatabase]:
    """Make a migrated scratch file, and delete it at the end of the block."""
    with scratch_sqlite(project) as scratch, SqliteProbe(path := Path(scratch.location.path)) as probe:
        with closing(scratch.connect(read_only=True)) as connection:
            schema = read_alone("sqlite", connection)
        tables = with_keys(with_generated(probe.tables(), schema, "sqlite"), schema)
        tables = with_views(tables, probe.views(), "sqlite")
        with closing(SqlitePlanner(path, tables)) as planner:
            yield LiveDatabase(probe, planner, tables, indexed_columns(schema))


@contextmanager
def live_postgresql(project: Project, server: Server) -> Iterator[LiveDatabase]:
    """Make a migrated scratch database on this server, and drop it at the end; or use the throwaway database."""
    # Here, because a SQLite user need not have libpq.
    from hangar_dal.check.databases.postgresql import PostgresProbe  # noqa: PLC0415
    from hangar_dal.check.databases.postgresql_columns import with_details  # noqa: PLC0415
    from hangar_dal.check.query_plans.postgresql import PostgresPlanner  # noqa: PLC0415

    with scratch_postgresql(project, server) as scratch, PostgresProbe(scratch.location.conninfo) as probe:
        with closing(scratch.connect(read_only=True)) as connection:
            schema = read_everywhere("postgresql", connection)
            tables = with_keys(with_generated(probe.tables(), schema, "postgresql"), schema)
            tables = with_details(tables, connection)
        tables = with_views(tables, probe.views(), "postgresql")
        with closing(PostgresPlanner(scratch, tables)) as planner:
            yield LiveDatabase(probe, planner, tables, indexed_columns(schema))
