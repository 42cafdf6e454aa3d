"""Databases that live as long as a check: migrated by yoyo as production is, read, and dropped.

Builds on `migrations`; knows nothing of queries.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlencode

from psycopg.conninfo import conninfo_to_dict

from hangar_dal.contract.project import Project
from hangar_dal.migrations.commands import apply_to
from hangar_dal.migrations.guard import PostgresScratch, SqliteScratch
from hangar_dal.migrations.scratch import Server, empty_postgresql, empty_sqlite


@contextmanager
def scratch_sqlite(project: Project) -> Iterator[SqliteScratch]:
    """A migrated SQLite file in a temporary folder of its own."""
    with empty_sqlite() as scratch:
        apply_to(scratch, project.migrations)
        yield scratch


@contextmanager
def scratch_postgresql(project: Project, server: Server) -> Iterator[PostgresScratch]:
    """A migrated database of its own on this server, or the throwaway database, migrated."""
    with empty_postgresql(server) as scratch:
        apply_to(scratch, project.migrations)
        yield scratch


def url_of(conninfo: str) -> str:
    """The same database as `DATABASE_URL` would name it; it holds whatever password the conninfo holds."""
    return f"postgresql://?{urlencode(conninfo_to_dict(conninfo), quote_via=quote)}"
