"""Queries declared in Python, fulfilled by one SQL file per dialect: the public door to both.

    catalog = Catalog("shop", sql="sql")       # shop/sql/sqlite/*.sql and shop/sql/postgresql/*.sql
    query = catalog.query

    @query
    async def find_order(db: Executor, *, order_id: UUID) -> Order | None: ...

The function's module names the file, the function the block. Stands below the domains, which use nothing else.
"""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar, get_origin

from hangar_dal.database import Executor
from hangar_dal.errors import CatalogError
from hangar_dal.query.declared import DeclaredQuery
from hangar_dal.query.plan import Plan
from hangar_dal.query.stream import Stream
from hangar_dal.sqlfile import SqlFile, parse
from hangar_dal.sqlscan import DIALECTS, Dialect

F = TypeVar("F", bound=Callable[..., Any])


class Catalog:
    """The queries of one package and the folder that holds their SQL.

    `package` is an importable package, `sql` a folder inside it with one folder per dialect; a folder elsewhere can
    be given as a `Path`. The folder is found in a wheel and in an editable install alike.
    """

    def __init__(self, package: str, *, sql: str | Path = "sql") -> None:
        self.package = package
        self._sql = sql
        self._queries: dict[str, dict[str, DeclaredQuery]] = {}
        self._plans: dict[tuple[str, Dialect], Plan] = {}
        self._loaded: set[str] = set()
        self._lock = RLock()

    @property
    def queries(self) -> Mapping[str, DeclaredQuery]:
        """Every declared query by its name, `file.function`."""
        return {declared.name: declared for module in self._queries.values() for declared in module.values()}

    def query(self, function: F) -> F:
        """Declare a query. Nothing is read yet: a module's first call, or `load()`, finds all that is wrong."""
        declared = DeclaredQuery(function)
        module = self._queries.setdefault(declared.module, {})
        if function.__name__ in module:
            raise CatalogError([f"{declared.where}: {declared.name} is declared twice"])
        module[function.__name__] = declared
        self._loaded.discard(declared.module)
        plans: dict[Dialect, Plan] = {}

        def plan_for(db: Executor) -> Plan:
            return plans.get(db.dialect) or plans.setdefault(db.dialect, self._compiled(declared, db.dialect))

        @wraps(function)
        async def call(db: Executor, *arguments: Any, **named: Any) -> Any:
            plan = plans.get(db.dialect) or plan_for(db)
            return await plan.run(db, declared.values(arguments, named))

        @wraps(function)
        def open_stream(db: Executor, *arguments: Any, **named: Any) -> Any:
            plan = plan_for(db)
            return plan.stream(db, declared.values(arguments, named))

        return call if inspect.iscoroutinefunction(function) else open_stream  # type: ignore[return-value]

    def load(self) -> None:
        """Resolve and compare everything now; `CatalogError` holds every finding of every module, sorted."""
        with self._lock:
            findings = [finding for module in self._queries for finding in self._findings(module)]
            findings += self._orphan_files()
            if findings:
                raise CatalogError(sorted(findings))
            self._loaded.update(self._queries)

    def _compiled(self, declared: DeclaredQuery, dialect: Dialect) -> Plan:
        with self._lock:
            if declared.module not in self._loaded:
                findings = self._findings(declared.module)
                if findings:
                    raise CatalogError(sorted(findings))
                self._loaded.add(declared.module)
            return declared.compile(dialect)

    def _folder(self) -> Traversable:
        return self._sql if isinstance(self._sql, Path) else files(self.package).joinpath(self._sql)

    def _findings(self, module: str) -> list[str]:
        queries = self._queries[module]
        name = module.rpartition(".")[2]
        findings = [
            f"{next(iter(queries.values())).where}: {module} and {other} would share the file {name}.sql; rename one"
            for other in self._queries
            if other != module and other.rpartition(".")[2] == name
        ]
        sources = {dialect: self._read(dialect, name) for dialect in DIALECTS}
        for dialect, file in sources.items():
            findings += file.findings
            for block in file.blocks.values():
                if block.name not in queries:
                    findings.append(f"{block.where}: {block.name} is declared by no function of {module}")
            for declared in queries.values():
                found = file.blocks.get(declared.function.__name__)
                if found is None:
                    findings.append(f"{declared.where}: {declared.name} has no block in {file.path}")
                else:
                    declared.blocks[dialect] = found
        orders = [[block for block in file.blocks if block in queries] for file in sources.values()]
        if orders[0] != orders[1] and set(orders[0]) == set(orders[1]):
            first = next(ours for ours, theirs in zip(*orders, strict=True) if ours != theirs)
            findings.append(
                f"{sources[DIALECTS[0]].blocks[first].where}: {first}: the twins' blocks stand in another order"
            )
        for declared in queries.values():
            findings += _misdeclared(declared)
            if declared.blocks:
                findings += declared.compare()
        return findings

    def _read(self, dialect: Dialect, name: str) -> SqlFile:
        file = self._folder().joinpath(dialect, f"{name}.sql")
        shown = str(file)
        if not file.is_file():
            return SqlFile(shown, dialect, findings=[f"{shown}:1: the file does not exist"])
        try:
            return parse(file.read_text(encoding="utf-8"), path=shown, dialect=dialect)
        except UnicodeDecodeError:
            return SqlFile(shown, dialect, findings=[f"{shown}:1: the file is not UTF-8"])

    def _orphan_files(self) -> list[str]:
        known = {f"{module.rpartition('.')[2]}.sql" for module in self._queries}
        findings = []
        for dialect in DIALECTS:
            folder = self._folder().joinpath(dialect)
            names = [file.name for file in folder.iterdir()] if folder.is_dir() else []
            findings += [
                f"{folder.joinpath(name)}:1: no imported module declares these queries"
                for name in sorted(names)
                if name.endswith(".sql") and name not in known
            ]
        return findings


def _misdeclared(declared: DeclaredQuery) -> list[str]:
    """A query is `async def`, a stream is `def`."""
    returns = declared.function.__annotations__.get("return")
    is_stream = get_origin(returns) is Stream or (isinstance(returns, str) and returns.startswith("Stream["))
    if inspect.iscoroutinefunction(declared.function) is is_stream:
        return [f"{declared.where}: {declared.name}: write {'`def`' if is_stream else '`async def`'}"]
    return []
