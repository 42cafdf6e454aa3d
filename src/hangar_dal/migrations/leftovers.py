"""Remove the scratch databases and temporary folders of killed runs.

They are recognized by name and mark, and removed only if no running tool holds their lock. A database that has only the
name of a scratch database is never removed.
"""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

from hangar_dal.migrations.locks import held, key_of
from hangar_dal.migrations.targets import MARK

if TYPE_CHECKING:
    from psycopg import Connection

FOLDER_PREFIX: Final = "hangar_check_"
# An unusual limit that marks a scratch database from its creation. CREATE DATABASE sets it, so the database can be
# recognized even if the run is killed before it writes the comment.
CONNECTION_LIMIT: Final = 48_611
_FOLDER: Final = re.compile(rf"{FOLDER_PREFIX}[a-z0-9_]{{8}}")
_LOCK_FILE: Final = "lock"
# `hangar_check_<seconds since 1970 by the server's clock>_<random>`
_NAME: Final = re.compile(r"hangar_check_[0-9]{1,12}_[0-9a-f]{12}")
_COMMENT: Final = re.compile(rf"{MARK}[0-9a-f]{{32}}")
_OWN: Final = """
SELECT d.datname, d.datconnlimit, pg_catalog.shobj_description(d.oid, 'pg_database')
FROM pg_catalog.pg_database AS d
INNER JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba AND r.rolname = current_user
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity AS a WHERE a.datid = d.oid)
"""


def new_name(now: int) -> str:
    """Return a new name for a scratch database. `now` is the server's time in seconds since 1970."""
    return f"hangar_check_{now}_{token_hex(6)}"


def is_marked(comment: str | None) -> bool:
    """Whether the comment of a database marks it as a scratch database of this package."""
    return _COMMENT.fullmatch((comment or "").partition("\n")[0]) is not None


def remove_databases(connection: "Connection[Any]") -> None:
    """Drop the scratch databases of this role that no running tool has locked, whatever their age.

    A database with a connected session stays, because DROP DATABASE without FORCE refuses it.
    """
    from psycopg import Error  # noqa: PLC0415 - SQLite users never load libpq
    from psycopg.sql import SQL, Identifier  # noqa: PLC0415 - SQLite users never load libpq

    for name, limit, comment in connection.execute(_OWN).fetchall():
        if _is_scratch(name, limit, comment) and key_of(name) not in held(connection):
            with suppress(Error):  # in use, or another run was faster
                connection.execute(SQL("DROP DATABASE {}").format(Identifier(name)))


def _is_scratch(name: str, limit: int, comment: str | None) -> bool:
    if not _NAME.fullmatch(name):
        return False
    return is_marked(comment) or (comment is None and limit == CONNECTION_LIMIT)


@contextmanager
def hold_folder(folder: str) -> Iterator[None]:
    """Lock the temporary folder of a SQLite scratch database during the block."""
    path = Path(folder, _LOCK_FILE)
    made = path.with_suffix(".new")
    with made.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        made.rename(path)  # other processes see the file only after it is locked
        yield


def remove_folders() -> None:
    """Delete the temporary folders of this user's killed runs."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        path = folder / _LOCK_FILE
        with suppress(OSError):  # locked by a running tool, owned by another user, or just removed
            if not _FOLDER.fullmatch(folder.name) or folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            if path.is_file():
                with path.open("a") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder)
