"""Scratch databases for a check: yoyo migrates them as it does in production, and they are dropped at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlencode

from hangar_dal.check.project.project import Project
from hangar_dal.migrations.commands import apply_to
from hangar_dal.migrations.guard import PostgresScratch, SqliteScratch
from hangar_dal.migrations.scratch import Server, empty_postgresql, empty_sqlite


@contextmanager
def scratch_sqlite(project: Project) -> Iterator[SqliteScratch]:
    """Make a migrated SQLite file in a temporary folder, and delete both at the end of the block."""
    with empty_sqlite() as scratch:
        apply_to(scratch, project.migrations)
        yield scratch


@contextmanager
def scratch_postgresql(project: Project, server: Server) -> Iterator[PostgresScratch]:
    """Make a migrated database on this server, and drop it at the end; or migrate the throwaway database."""
    with empty_postgresql(server) as scratch:
        apply_to(scratch, project.migrations)
        yield scratch


def url_of(conninfo: str) -> str:
    """Return the URL of the database, in the form of `DATABASE_URL`. It contains the password of the conninfo."""
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - a SQLite user need not have libpq

    return f"postgresql://?{urlencode(conninfo_to_dict(conninfo), quote_via=quote)}"
