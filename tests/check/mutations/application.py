"""The project's own files as texts that mutants change, and applications that are made of such texts."""

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, lru_cache
from graphlib import TopologicalSorter
from pathlib import Path
from types import CodeType, ModuleType
from typing import Annotated, Any

import hangar_dal
from hangar_dal import ACCOUNTS, COMMERCE, COMMUNITY, LIVESTREAMS, OUTBOX, Catalog
from hangar_dal.check.databases.info import DatabaseInfo
from hangar_dal.check.databases.live import live_postgresql, live_sqlite
from hangar_dal.check.project.project import Project
from hangar_dal.check.rules.table import CHAPTERS, OF_MIGRATIONS, RULES
from hangar_dal.check.run import check_against
from hangar_dal.migrations.verify import verify
from hangar_dal.rules import Finding
from hangar_dal.sqlscan import DIALECTS

CATALOGS = (ACCOUNTS, COMMUNITY, OUTBOX, COMMERCE, LIVESTREAMS)
_SOURCE = Path(hangar_dal.__file__).parent
_IMPORTED = re.compile(r"^from hangar_dal\.models\.(\w+)", re.MULTILINE)


def _domains() -> tuple[str, ...]:
    """Those that have SQL, each behind the ones whose models it imports; always in the same order."""
    names = [path.stem for catalog in CATALOGS for path in sorted((catalog.folder / "sqlite").glob("*.sql"))]
    imported = {name: [each for each in names if each in _IMPORTED.findall(_model_text(name))] for name in names}
    return tuple(TopologicalSorter(imported).static_order())


def _model_text(domain: str) -> str:
    return (_SOURCE / "models" / f"{domain}.py").read_text(encoding="utf-8")


DOMAINS = _domains()
# Those of each catalog.
TOGETHER = [[each for each in DOMAINS if (catalog.folder / "sqlite" / f"{each}.sql").is_file()] for catalog in CATALOGS]
# The models of all domains come before the functions, which import them.
PYTHON = (*(f"models/{domain}.py" for domain in DOMAINS), *(f"{domain}.py" for domain in DOMAINS))
# Generated modules have names of their own, so that nothing of the project is replaced.
_OURS = re.compile(rf"\bhangar_dal\.(models\.(?:{'|'.join(DOMAINS)})|catalogs)\b")

_OF_QUERIES = RULES.keys() - {rule.id for rule in CHAPTERS[OF_MIGRATIONS]}

Texts = Mapping[str, str]

# Where a block of SQL or a declared function begins, and its name.
_PART = re.compile(r"^(?=-- name:|@query$)", re.MULTILINE)
_NAME = re.compile(r"(?:-- name: |@query\nasync def )(\w+)")


@cache
def _read_by(domain: str) -> Sequence[str]:
    """The other domains whose models its functions take or return."""
    text = (_SOURCE / f"{domain}.py").read_text(encoding="utf-8")
    return [each for each in DOMAINS if each != domain and f"hangar_dal.models.{each} " in text]


@dataclass(frozen=True)
class Mutant:
    """`changed` holds whole files: the new text of each that is another one, and None for one that is gone.

    `rules` are those of which at least one has to answer; none in a harmless edit.
    """

    kind: str
    title: str
    changed: Mapping[str, str | None]
    rules: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return f"{self.kind}: {self.title}"

    @property
    def touches_migrations(self) -> bool:
        return any(path.startswith("migrations/") for path in self.changed)

    @property
    def domains(self) -> Sequence[str]:
        """Those whose queries it may break: a model may be read by others of its catalog.

        Those are among them whose models it reads, so that each field is NULL in one of the queries that may be NULL.
        """
        alone = [each for each in DOMAINS if all(Path(path).stem == each for path in self.changed)]
        if alone and not any(path.startswith("models/") for path in self.changed):
            return [*alone, *_read_by(alone[0])]
        return next((each for each in TOGETHER if set(alone) & set(each)), DOMAINS)

    @property
    def query(self) -> str:
        """The name of the only block or function that is another one; empty if more is."""
        names: set[str] = set()
        for path, text in self.changed.items():
            before, after = _parts(own_texts()[path]), _parts(text or "")
            if [name for name, _ in before] != [name for name, _ in after]:
                return ""
            names |= {name for (name, one), (_, other) in zip(before, after, strict=True) if one != other}
        return names.pop() if len(names) == 1 else ""

    def applied_to(self, texts: Texts) -> Texts:
        return {path: text for path, text in {**texts, **self.changed}.items() if text is not None}


@lru_cache
def own_texts() -> Texts:
    """Queries, models and functions of this project, by the path at which mutants name them.

    Of the migrations, those of ACCOUNTS, on which the others build.
    """
    texts = {
        f"{name}/{path.relative_to(folder).as_posix()}": path.read_text(encoding="utf-8")
        for name, folder in (*(("queries", each.folder) for each in CATALOGS), ("migrations", ACCOUNTS.migrations))
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".sql", ".py")
    }
    for path in PYTHON:
        texts[path] = (_SOURCE / path).read_text(encoding="utf-8")
    return texts


def parts_of(texts: Texts) -> Iterator[Texts]:
    """For each catalog, the files of its domains; those of ACCOUNTS have the migrations too."""
    for domains in TOGETHER:
        yield {
            path: text
            for path, text in texts.items()
            if Path(path).stem in domains or ("users" in domains and path.startswith("migrations/"))
        }


def domains_of(texts: Texts) -> Sequence[str]:
    """Those whose files are among the texts."""
    return [each for each in DOMAINS if f"{each}.py" in texts]


def _parts(text: str) -> Sequence[tuple[str, str]]:
    """What precedes the first block or function, without a name; then each with its name."""
    return [(found[1] if (found := _NAME.match(part)) else "", part) for part in _PART.split(text)]


def found_nearby(mutant: Mutant, sources: Sequence[DatabaseInfo], folder: Path) -> Iterator[Sequence[Finding]]:
    """What `check` says of the only query that the mutant changes, then of all that it may break.

    The first takes a fraction of the time. Before all that read a model, those of its own domain are asked, unless a
    rule goes by what all queries fill a field with.
    """
    if mutant.rules and mutant.query:
        yield found_in_query(mutant, sources, folder)
    texts = mutant.applied_to(own_texts())
    own = [each for each in mutant.domains if any(Path(path).stem == each for path in mutant.changed)]
    if mutant.rules and "null-needless" not in mutant.rules and own:
        yield found_in(texts, sources, folder, own)
    yield found_in(texts, sources, folder, mutant.domains)


def found_in_query(mutant: Mutant, sources: Sequence[DatabaseInfo], folder: Path) -> list[Finding]:
    """What `check` says of the only query that the mutant changes, without the others of its file."""
    texts = dict(mutant.applied_to(own_texts()))
    domain = mutant.domains[0]
    for path in (f"queries/{dialect}/{domain}.sql" for dialect in DIALECTS):
        texts[path] = dict(_parts(texts[path]))[mutant.query]
    return found_in(texts, sources, folder, [domain], mutant.query)


def found_in(
    texts: Texts, sources: Sequence[DatabaseInfo], folder: Path, domains: Sequence[str] = DOMAINS, only: str = ""
) -> list[Finding]:
    """What `check` says of these queries, signatures and models against these databases.

    `only` is the name of the one query whose function is declared, if there is only one.
    """
    for domain in domains:
        for dialect in DIALECTS:
            _write(texts, f"queries/{dialect}/{domain}.sql", folder / dialect / f"{domain}.sql")
    catalog = Catalog("hangar_dal.sql", sql=folder)
    for function in _declared(tuple(texts[path] for path in PYTHON)):
        if function.__module__.rpartition(".")[2] in domains and only in ("", function.__name__):
            catalog.query(function)
    return list(check_against(Project((catalog,), ()), sources).findings)


def found_in_migrations(mutant: Mutant, server: str, folder: Path) -> Iterator[Sequence[Finding]]:
    """What `migrations verify` says of these migrations; if that is nothing, what `check` says of all on them.

    Where a rule of `check` may answer, it is asked first, and on SQLite alone if that is another one: both take a
    fraction of the time. `server` is the URL of PostgreSQL.
    """
    texts = mutant.applied_to(own_texts())
    _write(texts, "migrations/", folder)
    ask_first = not mutant.rules.isdisjoint(_OF_QUERIES)
    if ask_first and any("/sqlite/" in path for path in mutant.changed):
        yield _found_on(texts, folder, None)
    if ask_first:
        yield _found_on(texts, folder, server)
    found = verify([folder], postgresql=server, lint=False, database=f"sqlite:///{folder / 'none.db'}")
    yield found
    if not found and not ask_first:
        yield _found_on(texts, folder, server)


def _found_on(texts: Texts, folder: Path, server: str | None) -> list[Finding]:
    """What `check` says of all queries on these migrations; without a server, on SQLite alone."""
    project = Project((), (folder,))
    with ExitStack() as opened:
        sources: list[DatabaseInfo] = [opened.enter_context(live_postgresql(project, server))] if server else []
        sources.append(opened.enter_context(live_sqlite(project)))
        return found_in(texts, sources, folder / "queries", TOGETHER[0])


def _write(texts: Texts, prefix: str, place: Path) -> None:
    for path, text in texts.items():
        if path.startswith(prefix):
            file = place / path.removeprefix(prefix)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")


@lru_cache(maxsize=4)
def _declared(python: Sequence[str]) -> Sequence[Callable[..., Any]]:
    """The functions behind `@query` in modules made of these texts.

    Made again are those modules that are other ones, and those that import one of these. No module imports one of
    functions.
    """
    of_path = dict(zip(PYTHON, python, strict=True))
    again: list[str] = []
    for path, text in of_path.items():
        imported = {f"models/{name}.py" for name in _IMPORTED.findall(text)}
        if text != own_texts()[path] or not imported.isdisjoint(again):
            again.append(path)
    own = _own_modules()
    made = {_name_of(path): _module(_name_of(path)) for path in again}
    functions = _executed({**own[0], **made}, again, [of_path[path] for path in again])
    return [*(function for function in own[1] if function.__module__ not in made), *functions]


@cache
def _own_modules() -> tuple[Mapping[str, ModuleType], Sequence[Callable[..., Any]]]:
    modules = {name: _module(name) for name in ("mutant", "mutant.models", *map(_name_of, PYTHON))}
    return modules, _executed(modules, PYTHON, [own_texts()[path] for path in PYTHON])


@cache
def _compiled(path: str, text: str) -> CodeType:
    return compile(_OURS.sub(r"mutant.\1", text), path, "exec", dont_inherit=True)


def _executed(
    modules: Mapping[str, ModuleType], paths: Sequence[str], python: Sequence[str]
) -> Sequence[Callable[..., Any]]:
    """The functions that these texts declare, in a catalog of their own."""
    catalog = Catalog("hangar_dal.sql", sql="accounts/queries")
    holder = ModuleType("mutant.catalogs")
    vars(holder).update(dict.fromkeys((each.name.rpartition(".")[2] for each in CATALOGS), catalog))
    known = {**modules, holder.__name__: holder}
    before = {name: sys.modules.get(name) for name in known}
    sys.modules.update(known)
    try:
        for path, text in zip(paths, python, strict=True):
            exec(_compiled(path, text), vars(modules[_name_of(path)]))
    finally:
        for name, module_before in before.items():
            if module_before is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module_before
    return [declared.function for declared in catalog.queries.values()]


def _module(name: str) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(Annotated=Annotated)  # mutants write it in modules that do not import it
    return module


def _name_of(path: str) -> str:
    return f"mutant.{path.removesuffix('.py').replace('/', '.')}"
