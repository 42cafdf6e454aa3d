"""Open a database: read the settings and keys, connect, and check that no migrations are pending.

Imports only the driver of the dialect that is used.
"""

import asyncio
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from hangar_dal import pending_migrations
from hangar_dal.carrier import Carrier, Opened
from hangar_dal.database.database import Database
from hangar_dal.database.engine import Engine
from hangar_dal.database.observing import Observer, OnStatement, check_on_statement, observers_of
from hangar_dal.database.shielding import run_to_completion, spawn, wait_through_cancellation
from hangar_dal.database.sqlite.file import real_path
from hangar_dal.database.statement import Statement
from hangar_dal.errors import SettingsError, StatementError
from hangar_dal.event_loop import require_asyncio
from hangar_dal.extras import needing
from hangar_dal.keyring import Keys, ask_for_keyring, missing_key_file, open_keyring
from hangar_dal.sealing import Keyring, NoKeyring
from hangar_dal.settings import Settings, SqliteTarget
from hangar_dal.urls import MEMORY


def open_database(
    settings: Settings | None = None,
    *,
    catalog: Carrier | None = None,
    clock: Callable[[], datetime] | None = None,
    keys: Keys | None = None,
    check_schema: bool = True,
    on_statement: OnStatement | None = None,
) -> "Opening":
    """`async with open_database(catalog=ACCOUNTS) as db: ...`, or `db = await ...` and `await db.close()` later.

    Without `settings`, reads them from the environment. Only queries of `catalog` and of the catalogs it builds on can
    run; any other query raises `CatalogNotOpened`. Raises `SchemaOutOfDate` if migrations of these catalogs are
    pending. `:memory:` applies them all instead. Keys are needed only if one of the catalogs has sealed values. Without
    a catalog, no query can run, and neither tables nor keys are needed. `clock` returns the time for `:now`, with a
    time zone.

    `keys` is a function, sync or async, that returns the keys as a str or a SecretStr in the format of
    HANGAR_SEALING_KEYS: `id:base64` entries. It replaces the keys of the settings, and is called once if keys are
    needed.

    `on_statement` is a plain function, for metrics. It is called with a `StatementEvent` for each query, BEGIN and
    COMMIT that has ended. It must be fast, because the event loop waits for it.
    """
    if not isinstance(settings, Settings | None):  # perhaps a URL, which may contain a password
        given, fix = type(settings).__name__, "write open_database(Settings(database_url=...), catalog=...)"
        raise TypeError(f"open_database takes Settings, not {given}; {fix}")
    if catalog is not None and not hasattr(catalog, "lineage"):
        given = type(catalog).__name__
        raise TypeError(f"open_database takes a Catalog, not {given}; write open_database(catalog=CATALOG)")
    if keys is not None and not callable(keys):  # perhaps the keys themselves
        given = type(keys).__name__
        raise TypeError(f"open_database takes a function for keys, not {given}; write keys=load_keys, without a call")
    check_on_statement(on_statement)
    return Opening(settings, catalog, clock or _utc_now, keys, check_schema=check_schema, on_statement=on_statement)


class Opening:
    """A database that is not open yet: `await` it, or use it with `async with`."""

    def __init__(
        self,
        settings: Settings | None,
        catalog: Carrier | None,
        clock: Callable[[], datetime],
        keys: Keys | None,
        *,
        check_schema: bool,
        on_statement: OnStatement | None,
    ) -> None:
        self._settings = settings
        self._catalog = catalog
        self._clock = clock
        self._keys = keys
        self._check_schema = check_schema
        self._on_statement = on_statement
        self._database: Database | None = None

    def __await__(self) -> Generator[Any, None, Database]:
        return self._open().__await__()

    async def __aenter__(self) -> Database:
        self._database = await self._open()
        return self._database

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._database is not None:
            await self._database.close()

    async def _open(self) -> Database:
        """Open the database completely or not at all. If the caller is cancelled, no connection stays open."""
        require_asyncio()
        opening = spawn(self._opened())
        cancelled = await wait_through_cancellation(opening)
        if cancelled is None or opening.cancelled():
            return opening.result()
        if opening.exception() is None:
            await opening.result().close()
        raise cancelled

    async def _opened(self) -> Database:
        settings = self._settings or Settings()
        catalog, dialect = self._catalog, settings.target.dialect
        opened = catalog.opened(dialect) if catalog else Opened(dialect)
        is_checked = self._check_schema and not _migrates_itself(settings)
        lacks_file = _lacks_file(settings)  # also refuses a loop of links, before a key is created
        if catalog and is_checked and lacks_file:
            # Report this before a file and a key are created, because the name may be misspelt.
            pending_migrations.check(catalog, ())
        keyring = await _keyring(settings, catalog, self._keys)
        engine = await _engine(settings, catalog, observers_of(settings, self._on_statement))
        database = Database(
            engine,
            opened=opened,
            clock=self._clock,
            keyring=keyring,
            close_timeout=settings.close_timeout,
        )
        try:
            if catalog and is_checked and pending_migrations.carried(catalog):
                pending_migrations.check(catalog, await _applied(engine))
        except BaseException:
            await run_to_completion(database.close())
            raise
        return database


async def _engine(settings: Settings, catalog: Carrier | None, observers: Sequence[Observer]) -> Engine:
    target = settings.target
    if isinstance(target, SqliteTarget):
        with needing("sqlite"):
            from hangar_dal.database.sqlite.engine import open_engine as open_sqlite  # noqa: PLC0415 - its driver

        scripts = pending_migrations.scripts(catalog, "sqlite") if catalog and _migrates_itself(settings) else ()
        return await open_sqlite(settings, target, observers=observers, scripts=tuple(scripts))
    with needing("postgresql"):
        from hangar_dal.database.postgresql.engine import open_engine as open_postgresql  # noqa: PLC0415 - its driver

    return await open_postgresql(settings, target, observers=observers)


async def _keyring(settings: Settings, catalog: Carrier | None, keys: Keys | None) -> Keyring:
    if catalog is None or not any(each.has_sealed for each in catalog.lineage):
        return NoKeyring()
    if keys is not None:
        return await ask_for_keyring(keys)
    await _refuse_lost_key(settings)
    return open_keyring(settings)


async def _refuse_lost_key(settings: Settings) -> None:
    """Raise `SettingsError` if the key file is missing and the database has sealed values: no new key opens them."""
    target, path = settings.target, missing_key_file(settings)
    if path is None or not isinstance(target, SqliteTarget):
        return
    from hangar_dal.database.sqlite.sealed import find_sealed  # noqa: PLC0415 - its driver

    found = await asyncio.to_thread(find_sealed, target, lock_timeout=settings.lock_timeout)
    if found and missing_key_file(settings):  # another process may have created the key meanwhile
        column, key_id = found
        raise SettingsError(
            f"{path}: the key file is missing, and {column} of {target.path} holds values sealed with key {key_id}. "
            "Restore the key file from its backup, or set HANGAR_SEALING_KEYS. If the key is lost, so are these "
            f"values: write a new key of `hangar-dal keys new` into {path} (mode 600) to seal new ones."
        )


def _migrates_itself(settings: Settings) -> bool:
    return isinstance(settings.target, SqliteTarget) and settings.target.path == MEMORY


def _lacks_file(settings: Settings) -> bool:
    target = settings.target
    if not isinstance(target, SqliteTarget) or target.path == MEMORY:
        return False
    path = real_path(target)
    with suppress(OSError):  # the engine reports this error later
        return path.parent.is_dir() and not path.exists()
    return False


async def _applied(engine: Engine) -> set[str]:
    """Return the ids of the applied migrations.

    Uses a connection that is open already. On SQLite this is the writer; the first reader would parse the schema again.
    """
    connection = await engine.writers.acquire()
    try:
        rows, _ = await connection.run(Statement("", pending_migrations.APPLIED_SQL, writes=False), ())
    except BaseException as error:
        failure, _ = await engine.writers.recover(connection, error)
    else:
        engine.writers.release(connection)
        return {row[0] for row in rows}
    if not isinstance(failure, StatementError) or failure.sqlstate != engine.no_table:
        raise failure
    if engine.no_schema is not None:
        raise engine.no_schema
    return set()


def _utc_now() -> datetime:
    return datetime.now(UTC)
