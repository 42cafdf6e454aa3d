"""Databases that live as long as a check: migrated by yoyo as production is, read, and dropped.

Stands above `migrations`; knows nothing of queries.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

from psycopg.conninfo import conninfo_to_dict

from hangar_dal.contract.project import Project
from hangar_dal.migrations.commands import apply_to
from hangar_dal.migrations.scratch import empty_postgresql, empty_sqlite


@contextmanager
def scratch_sqlite(project: Project) -> Iterator[Path]:
    """A migrated SQLite file in a temporary folder of its own."""
    with empty_sqlite() as place:
        apply_to(place, project.migrations)
        yield Path(place.target.path)


@contextmanager
def scratch_postgresql(project: Project, url: str) -> Iterator[str]:
    """libpq's conninfo of a migrated database on the server of `url`, whose own database is not touched."""
    with empty_postgresql(url) as place:
        apply_to(place, project.migrations)
        yield place.target.conninfo


def url_of(conninfo: str) -> str:
    """The same database as `DATABASE_URL` would name it; it holds whatever password the conninfo holds."""
    return f"postgresql://?{urlencode(conninfo_to_dict(conninfo), quote_via=quote)}"
