"""Snapshots: the databases' answers about a catalog, in files to commit. A check without databases uses them.

    sql/snapshots/orders.json                       of sql/<dialect>/orders.sql
    sql/snapshots/migrations/1001_orders.json       of a migration

There is one file for each SQL file and one for each migration, so that two branches seldom change the same file. The
snapshot of a SQL file holds, for each database, the answers about each statement and the tables that the statements
name. A statement is identified by a digest of its text and of the types that its parameters are sent with. Models and
signatures are not stored: each check compares them again. Equal inputs write equal files. Imports neither a driver nor
a parser.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Final

from hangar_dal.check.databases.info import DatabaseInfo
from hangar_dal.check.databases.snapshot_file import FORMAT, OfDatabase, Snapshot, SnapshotAnswer, as_text, from_text
from hangar_dal.check.databases.snapshot_tables import joined, named_in
from hangar_dal.check.model import Tables
from hangar_dal.check.project.project import Project
from hangar_dal.check.rules.check_itself import SNAPSHOT_MISSING, SNAPSHOT_STALE
from hangar_dal.check.statement_info import SentAs, StatementInfo
from hangar_dal.check.statements.sending import sent
from hangar_dal.check.statements.variants import CheckedVariant, statements
from hangar_dal.migrations.declarations import without_declarations
from hangar_dal.migrations.files import folders_of, migrations_in
from hangar_dal.query import Catalog
from hangar_dal.rules import Finding, Rule
from hangar_dal.sqlblock import Variant
from hangar_dal.sqlscan import Dialect

UPDATE: Final = "run `hangar-dal check --update` where there is a PostgreSQL server, and commit what it writes"
_EARLIER: Final = "hangar_check.json"  # earlier versions wrote this file for each catalog


@dataclass(frozen=True)
class SnapshotDatabase:
    """The answers of a database, read from snapshots."""

    dialect: Dialect
    tables: Tables
    infos: Mapping[str, StatementInfo] = field(default_factory=dict)
    has_all_tables: bool = False

    def ask(self, variant: Variant, sent: tuple[SentAs, ...] = ()) -> StatementInfo | None:
        return self.infos.get(_digest_of(variant, sent))


@dataclass(frozen=True)
class Records:
    """The snapshots of all catalogs, and what is wrong with them."""

    sources: tuple[SnapshotDatabase, ...]
    findings: tuple[Finding, ...]
    snapshots: Mapping[Path, tuple[Catalog, Snapshot]]

    def left_over(self) -> Iterator[Finding]:
        """Yield a finding for each query with recorded statements that no longer exist. Load the catalogs first."""
        for path, (catalog, snapshot) in self.snapshots.items():
            for dialect, database in snapshot.databases.items():
                now = statements(catalog, dialect, path.stem)
                there = {(each.query.name, _digest_of(each.variant, sent(each))) for each in now}
                for query, answers in database.queries.items():
                    if any((query, digest) not in there for answer in answers for digest in answer.statements):
                        yield _wrong(path, SNAPSHOT_STALE, "it holds statements that no longer exist", dialect, query)


def snapshot_folder(catalog: Catalog) -> Path:
    """Return the folder of the catalog's snapshots, beside the folders of its SQL files."""
    return Path(str(catalog.folder)) / "snapshots"


def write_snapshots(project: Project, sources: Sequence[DatabaseInfo]) -> tuple[Path, ...]:
    """Write the snapshots of each catalog, and delete those that are no longer needed. Returns the changed paths."""
    texts = _texts(project, sources)
    changed = {path: text for path, text in texts.items() if _text_of(path) != text}
    for path, text in changed.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    others = [path for catalog in project.catalogs for path in _there(catalog) if path not in texts]
    for path in others:
        path.unlink()
    return (*changed, *others)


def outdated(project: Project, sources: Sequence[DatabaseInfo]) -> Iterator[Finding]:
    """Yield a finding for each snapshot that differs from the answers of these databases.

    A catalog without any snapshots has no findings.
    """
    texts = _texts(project, sources)
    for catalog in project.catalogs:
        there = _there(catalog)
        for path, text in texts.items() if there else ():
            if path.is_relative_to(snapshot_folder(catalog)) and (found := _text_of(path)) != text:
                yield _outdated(path) if found is not None else _missing(path)
        yield from (_belongs_to_nothing(path) for path in there if path not in texts)


def recorded(project: Project) -> Records:
    """Read the snapshots of all catalogs, and return them with their findings.

    `sources` is empty if any snapshot is missing or stale. A statement that no snapshot knows is reported later, when
    the statement is checked.
    """
    wrong: list[Finding] = []
    usable: dict[Path, tuple[Catalog, Snapshot]] = {}
    for catalog in project.catalogs:
        digests = _migrations(project, catalog)
        wrong += _unfit_migrations(catalog, {name: json.dumps(of_dialects) for name, of_dialects in digests.items()})
        names = _files(catalog)
        wanted = {snapshot_folder(catalog) / f"{name}.json" for name in names}
        wrong += [_belongs_to_nothing(path) for path in _there(catalog) if path not in wanted and not _is_digest(path)]
        for path in sorted(wanted):
            read = _read(path, catalog.dialects)
            if isinstance(read, Finding):
                wrong.append(read)
            else:
                usable[path] = catalog, read
    if wrong:
        return Records((), tuple(wrong), usable)
    snapshots = {path: snapshot for path, (_, snapshot) in usable.items()}
    sources, differing = [], []
    for dialect in project.dialects:
        databases = {path: snapshot.databases[dialect] for path, snapshot in snapshots.items()}
        tables, contradictions = joined({path: database.tables for path, database in databases.items()})
        differing += [
            _wrong(path, SNAPSHOT_STALE, f"{other.name} knows the table {table} in another form", dialect)
            for table, other, path in contradictions
        ]
        answers = [
            each for database in databases.values() for of_query in database.queries.values() for each in of_query
        ]
        infos = {digest: answer.info for answer in answers for digest in answer.statements}
        sources.append(SnapshotDatabase(dialect, tables, infos))
    return Records((), tuple(differing), usable) if differing else Records(tuple(sources), (), usable)


def _texts(project: Project, sources: Sequence[DatabaseInfo]) -> dict[Path, str]:
    """Return the texts of all snapshots by path; {} if there are no sources."""
    texts: dict[Path, str] = {}
    for catalog in project.catalogs if sources else ():
        folder = snapshot_folder(catalog)
        for name in _files(catalog):
            texts[folder / f"{name}.json"] = as_text(_taken(catalog, name, sources))
        for migration, of_dialects in _migrations(project, catalog).items():
            texts[folder / "migrations" / f"{migration}.json"] = f"{json.dumps(of_dialects)}\n"
    return texts


def _files(catalog: Catalog) -> list[str]:
    """Return the names of the SQL files that the declared queries need, without their suffix."""
    return sorted({declared.file for declared in catalog.queries.values()})


def _there(catalog: Catalog) -> list[Path]:
    """Return the existing snapshots of a catalog, also those of earlier versions of this package."""
    folder = snapshot_folder(catalog)
    return sorted([*folder.glob("*.json"), *folder.glob("migrations/*.json"), *folder.parent.glob(_EARLIER)])


def _is_digest(path: Path) -> bool:
    return path.parent.name == "migrations"


def _taken(catalog: Catalog, file: str, sources: Sequence[DatabaseInfo]) -> Snapshot:
    databases: dict[Dialect, OfDatabase] = {}
    for source in sorted(sources, key=lambda each: each.dialect):
        asked = [*statements(catalog, source.dialect, file)]
        infos = [(each, source.ask(each.variant, sent(each))) for each in asked]
        texts = [*(each.variant.text for each in asked), *(repr(info) for _, info in infos)]
        queries = {
            name: _answers([(each, info) for each, info in of_query if info is not None])
            for name, of_query in groupby(infos, lambda pair: pair[0].query.name)
        }
        databases[source.dialect] = OfDatabase(named_in(source.tables, texts), queries)
    return Snapshot(FORMAT, databases)


def _answers(infos: Sequence[tuple[CheckedVariant, StatementInfo]]) -> tuple[SnapshotAnswer, ...]:
    """Return the answers, sorted. Statements with equal answers share one."""
    same: dict[str, tuple[StatementInfo, set[str]]] = {}
    for each, info in infos:
        same.setdefault(repr(info), (info, set()))[1].add(_digest_of(each.variant, sent(each)))
    answers = (SnapshotAnswer(tuple(sorted(digests)), info) for info, digests in same.values())
    return tuple(sorted(answers, key=lambda each: each.statements))


def _migrations(project: Project, catalog: Catalog) -> dict[str, dict[Dialect, str]]:
    """Return the digests of migrations by id and dialect. Omits migrations of catalogs that this one does not use."""
    others = {*folders_of(project.catalogs, ())} - {*folders_of([catalog], ())}
    return {
        each.id: {
            dialect: _digest(without_declarations(each.script(dialect).text, dialect))
            for dialect in sorted(catalog.dialects)
        }
        for each in migrations_in([folder for folder in project.migrations if folder not in others])
    }


def _unfit_migrations(catalog: Catalog, wanted: Mapping[str, str]) -> Iterator[Finding]:
    folder = snapshot_folder(catalog) / "migrations"
    there = {path.stem: (_text_of(path) or "").strip() for path in folder.glob("*.json")}
    for name in sorted({name for name, _ in wanted.items() ^ there.items()} if _there(catalog) else ()):
        path = folder / f"{name}.json"
        yield _missing(path) if name not in there else _outdated(path) if name in wanted else _belongs_to_nothing(path)


def _digest_of(variant: Variant, sent: tuple[SentAs, ...]) -> str:
    return _digest("\n".join([variant.text, *(" ".join(map(str, astuple(each))) for each in sent)]))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _read(path: Path, dialects: Sequence[Dialect]) -> Snapshot | Finding:
    text = _text_of(path)
    if text is None:
        return _missing(path)
    try:
        found = from_text(text)
    except ValueError:  # pydantic's ValidationError is a ValueError
        return _wrong(path, SNAPSHOT_STALE, "this version of the package cannot read it")
    if found.format != FORMAT:
        return _wrong(path, SNAPSHOT_STALE, "another version of the package wrote it")
    for dialect in dialects:
        if dialect not in found.databases:
            return _wrong(path, SNAPSHOT_STALE, "it knows nothing of this database", dialect)
    return found


def _missing(path: Path) -> Finding:
    what = f"the migration {path.stem}" if _is_digest(path) else "the databases' answers"
    return _wrong(path, SNAPSHOT_MISSING, f"there is no snapshot of {what}")


def _outdated(path: Path) -> Finding:
    message = "the queries or the databases' answers have changed since it was written"
    if _is_digest(path):
        message = f"the migration {path.stem} has changed since the snapshots were written"
    return _wrong(path, SNAPSHOT_STALE, message)


def _belongs_to_nothing(path: Path) -> Finding:
    return _wrong(path, SNAPSHOT_STALE, "it belongs to no SQL file and no migration")


def _wrong(path: Path, rule: Rule, message: str, dialect: str = "", query: str = "") -> Finding:
    return rule.finding(str(path), 1, 1, message, UPDATE, dialect=dialect, query=query)


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
