"""SQLite has no settings, schemas and roles that a transaction could have of its own."""

from hangar_dal.database.local_settings import Apply, LocalSettings
from hangar_dal.errors import InvalidValue


def applier(local: LocalSettings) -> Apply:
    """Raise `InvalidValue`, always."""
    raise InvalidValue(
        "settings, search_path and role are for PostgreSQL: SQLite has no sessions, schemas and roles. On SQLite, pass "
        "the tenant or the user to each query, and compare it there"
    )
