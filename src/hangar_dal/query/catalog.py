"""`Catalog`: queries that are declared as Python functions and written in one SQL file per dialect.

    catalog = Catalog("shop", migrations="migrations")   # shop/sql/sqlite/*.sql, shop/sql/postgresql/*.sql
    query = catalog.query

    @query
    async def find_order(db: Executor, *, order_id: UUID) -> Order | None: ...

    async with open_database(catalog=catalog) as db: ...

The SQL file has the name of the function's module, and the block has the name of the function.
"""

import asyncio
import inspect
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import wraps
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar, cast

from hangar_dal.carrier import Opened
from hangar_dal.database import Executor
from hangar_dal.database.batch import Call
from hangar_dal.database.executor import not_an_executor
from hangar_dal.errors import CatalogError, CatalogNotOpened, raise_alone
from hangar_dal.query.compiled import CompiledQuery
from hangar_dal.query.declared import DeclaredQuery
from hangar_dal.query.sql_files import find_orphans, find_shared, match_blocks, read_sql_files
from hangar_dal.rules import Finding
from hangar_dal.sizes import LargeOnLoop
from hangar_dal.sqlscan import DATABASES, DIALECTS, Dialect

F = TypeVar("F", bound=Callable[..., Any])


class Catalog:
    """The queries of one package, the folder of their SQL files, and the migrations that make their tables.

    `dialects` are the databases that it is written for, by default both. A catalog for one database has SQL files and
    migrations for this database only, and it cannot be opened on the other one.

    `package` is an importable package. `sql` is a folder inside it with one folder per dialect. `migrations` is a
    folder inside it. Both are found in a wheel and in an editable install. Pass a `Path` for a folder elsewhere.
    `uses` lists the catalogs whose tables these queries and migrations may use. A database that is opened with this
    catalog has their tables too, and their migrations are applied first. `modules` is the package whose modules declare
    the queries, one module for each SQL file. They are imported when they are needed; without `modules`, the
    application must import them. `name` is the name of the catalog in messages, by default the package. `user_tables`
    is a module whose `USER_TABLES` holds a `hangar_dal.accounts.UserTable` for each table of user data. These
    objects say how exporting and merging users treats the tables.
    """

    def __init__(
        self,
        package: str,
        *,
        sql: str | Path = "sql",
        migrations: str | Path | None = None,
        dialects: Sequence[Dialect] = DIALECTS,
        uses: Sequence["Catalog"] = (),
        modules: str | None = None,
        name: str | None = None,
        user_tables: str | None = None,
    ) -> None:
        self.package = package
        self.name = name or package
        self.dialects = _dialects(self.name, dialects, uses)
        self.uses = tuple(uses)
        self.lineage: tuple[Catalog, ...] = (*dict.fromkeys(each for used in self.uses for each in used.lineage), self)
        self._sql = sql
        self._migrations = migrations
        self.modules = modules
        self.user_tables = user_tables
        self._queries: dict[str, dict[str, DeclaredQuery]] = {}
        self._loaded: set[str] = set()
        self._opened = {dialect: Opened(dialect, self.lineage, self.dialects) for dialect in self.dialects}
        self._lock = RLock()

    @property
    def queries(self) -> Mapping[str, DeclaredQuery]:
        """All declared queries by name, `file.function`. Imports the modules that declare them."""
        self.import_modules()
        return {declared.name: declared for module in self._queries.values() for declared in module.values()}

    @property
    def folder(self) -> Traversable:
        """The folder that contains one folder of SQL files per dialect."""
        return self._sql if isinstance(self._sql, Path) else self._in_package(self._sql)

    @property
    def migrations(self) -> Traversable | None:
        """The folder of migrations, or None if the catalog has no migrations."""
        if self._migrations is None or isinstance(self._migrations, Path):
            return self._migrations
        return self._in_package(self._migrations)

    @property
    def has_sealed(self) -> bool:
        """True if a declared query reads or writes a sealed value. Imports `modules` first."""
        return any(declared.has_sealed() for declared in self.queries.values())

    def opened(self, dialect: Dialect) -> Opened:
        """Return the `Opened` of databases with this catalog: the same object each time for the same dialect.

        Raises `CatalogError` if the catalog is written for the other database only.
        """
        if dialect not in self._opened:
            message = f"{self.name} is written for {DATABASES[self.dialects[0]]} only, not for {DATABASES[dialect]}"
            raise CatalogError([f"{message}; open a {DATABASES[self.dialects[0]]} database"])
        return self._opened[dialect]

    def import_modules(self) -> None:
        """Import the modules that declare the queries, if the catalog was made with `modules`."""
        if self.modules is not None:
            declared = {module.rpartition(".")[2] for module in self._queries}
            for file in sorted(self._files() - declared):
                if find_spec(name := f"{self.modules}.{file}"):
                    import_module(name)

    def query(self, function: F) -> F:
        """Declare a query. `load()` or the first call of a query in its module reads and checks the SQL file."""
        if not inspect.isfunction(function):
            raise CatalogError([f"{function!r}: a query is a function of a module; move it out of its class"])
        declared = DeclaredQuery(function, self.dialects)
        module = self._queries.setdefault(declared.module, {})
        if function.__name__ in module:
            raise CatalogError([f"{declared.where}: {declared.name} is declared twice"])
        module[function.__name__] = declared
        self._loaded.discard(declared.module)
        by_opened: dict[Opened, CompiledQuery] = {}

        def compiled_for(db: Executor) -> CompiledQuery:
            return by_opened.get(db.opened) or by_opened.setdefault(db.opened, self._compiled(declared, db.opened))

        @wraps(function)
        async def call(db: Executor, *arguments: Any, **named: Any) -> Any:
            try:
                compiled = by_opened.get(db.opened) or compiled_for(db)
            except AttributeError:
                if hasattr(db, "opened"):
                    raise
                raise_alone(_not_a_database(declared, db))
            values = declared.values(arguments, named)
            try:
                bound, parameters = compiled.bind(values, db)
            except LargeOnLoop:
                bound, parameters = await asyncio.to_thread(compiled.bind, values, db)
            rows, count = await db.run(bound.statement, parameters)
            return compiled.result(bound, rows, count, db)

        def prepare(db: Executor, arguments: tuple[Any, ...], named: dict[str, Any]) -> Call:
            """Return the call with its parameters encoded, to be run later."""
            return compiled_for(db).prepare(declared.values(arguments, named), db)

        call.prepare = prepare  # type: ignore[attr-defined]  # functions declare no attributes; `Batch` reads it

        @wraps(function)
        def open_stream(db: Executor, *arguments: Any, **named: Any) -> Any:
            if not hasattr(db, "opened"):
                raise _not_a_database(declared, db)
            compiled = compiled_for(db)
            return compiled.stream(db, declared.values(arguments, named))

        # Both have the parameters and the result of `function`, but `*arguments` has no type that says so.
        return cast("F", call if inspect.iscoroutinefunction(function) else open_stream)

    def load(self) -> None:
        """Read and check all SQL files. Raises `CatalogError` with the errors of all modules, sorted."""
        with self._lock:
            _refuse(self.findings(), self.queries.values())
            self._loaded.update(self._queries)

    def findings(self) -> list[Finding]:
        """Return the findings of all modules that need no database, sorted: errors, warnings and ignored findings."""
        with self._lock:
            self.import_modules()
            of_modules = [finding for module in self._queries for finding in self._findings(module)]
            return sorted([*of_modules, *self._orphan_files()])

    def _compiled(self, declared: DeclaredQuery, opened: Opened) -> CompiledQuery:
        if self not in opened.catalogs:
            raise _not_opened(self, declared)
        with self._lock:
            if declared.module not in self._loaded:
                _refuse(sorted(self._findings(declared.module)), self._queries[declared.module].values())
                self._loaded.add(declared.module)
            return declared.compile(opened.dialect)

    def _in_package(self, folder: str) -> Traversable:
        try:
            return files(self.package).joinpath(folder)
        except Exception as fault:  # the import runs the code of the package, which may raise anything
            reason = f"the package cannot be imported: {type(fault).__name__}: {fault}"
            fix = "write the name of the package that holds the folder of SQL, or pass the folder as a Path"
            raise CatalogError([f"Catalog({self.package!r}): {reason}; {fix}"]) from fault

    def _findings(self, module: str) -> list[Finding]:
        queries = self._queries[module]
        first = _first(queries)
        findings = [*find_shared(first, map(_first, self._queries.values()))]
        findings += match_blocks(queries, module, read_sql_files(self.folder, first.file, self.dialects))
        for declared in queries.values():
            findings += declared.compare()
        return findings

    def _orphan_files(self) -> Iterator[Finding]:
        known = {_first(queries).file for queries in self._queries.values()}
        for dialect in DIALECTS:
            files = self._files(dialect)
            yield from find_orphans(
                self.folder, dialect, files - known if dialect in self.dialects else files, self.dialects
            )

    def _files(self, *dialects: Dialect) -> set[str]:
        """Return the names of the SQL files of these dialects, or of the catalog's, without their suffix."""
        folders = [self.folder.joinpath(dialect) for dialect in dialects or self.dialects]
        files = [file.name for folder in folders if folder.is_dir() for file in folder.iterdir()]
        return {name.removesuffix(".sql") for name in files if name.endswith(".sql")}


def _dialects(name: str, given: Sequence[Dialect], uses: Sequence[Catalog]) -> tuple[Dialect, ...]:
    """Return the dialects in their order. Raises `CatalogError` for unknown ones, and if a used catalog lacks one."""
    found: list[Dialect] = [dialect for dialect in DIALECTS if dialect in given]
    if isinstance(given, str) or not found or len(found) != len(given):
        listed = " or ".join(f'["{dialect}"]' for dialect in DIALECTS)
        raise CatalogError([f"{name}: dialects={given!r} names no database; write dialects={listed}, or leave it out"])
    for used in uses:
        for dialect in found:
            if dialect not in used.dialects:
                message = f"{name} uses {used.name}, which is not written for {DATABASES[dialect]}"
                raise CatalogError([f'{message}; write dialects=["{used.dialects[0]}"] for {name} too'])
    return tuple(found)


def _refuse(findings: Sequence[Finding], queries: Collection[DeclaredQuery]) -> None:
    errors = [finding for finding in findings if finding.severity == "error"]
    if refused := [error.sentence for error in errors if not any(query.ignores(error) for query in queries)]:
        raise CatalogError(refused)


def _not_a_database(declared: DeclaredQuery, given: object) -> TypeError:
    return not_an_executor(f"{declared.name}: the first argument", given)


def _not_opened(catalog: Catalog, declared: DeclaredQuery) -> CatalogNotOpened:
    line = f"open_database(catalog={_variable(catalog, declared.module) or '...'})"
    message = (
        f"{declared.name}: the database was opened without the catalog of this query, {catalog.name}. Write {line}, or "
        "open it with a catalog that uses this one."
    )
    return CatalogNotOpened(message)


def _variable(catalog: Catalog, module: str) -> str | None:
    """Return the variable that holds the catalog, as `module.name`; None if there is none.

    Looks in the packages that contain the module, and then in the module itself.
    """
    parts = module.split(".")
    for name in (".".join(parts[: count + 1]) for count in range(len(parts))):
        for variable, value in vars(sys.modules[name]).items() if name in sys.modules else ():
            if value is catalog:
                return f"{name}.{variable}"
    return None


def _first(queries: Mapping[str, DeclaredQuery]) -> DeclaredQuery:
    """Return any query of a module, to read its file. All queries of a module have the same file."""
    return next(iter(queries.values()))
