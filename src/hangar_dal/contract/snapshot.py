"""What both databases said of a catalog, in a file to commit: a machine without them checks against that.

A file holds, for each database, the migrations that its tables are the outcome of, the tables, and what is known of
each statement, by a digest of its text and of the types that its parameters are sent with. It depends on nothing
else: models and signatures are compared again each time. Equal inputs write equal files. Builds on `snapshot_file`;
imports neither a driver nor a parser.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Final

from hangar_dal.contract.facts import SentAs, Tables
from hangar_dal.contract.project import Project
from hangar_dal.contract.sending import sent
from hangar_dal.contract.snapshot_file import FORMAT, Answer, OfDatabase, Snapshot, as_text, from_text
from hangar_dal.contract.sources import Source, Told
from hangar_dal.contract.variants import statements
from hangar_dal.finding import Finding
from hangar_dal.migrations.declarations import without_declarations
from hangar_dal.migrations.files import migrations_in
from hangar_dal.query import Catalog
from hangar_dal.sqlblock import Variant
from hangar_dal.sqlscan import DIALECTS, Dialect

UPDATE: Final = "run `hangar-dal check --update` where there is a PostgreSQL server, and commit what it writes"


@dataclass(frozen=True)
class Recorded:
    """Answers in the place of a database."""

    dialect: Dialect
    tables: Tables
    told: Mapping[str, Told] = field(default_factory=dict)

    def ask(self, variant: Variant, sent: tuple[SentAs, ...] = ()) -> Told | None:
        return self.told.get(_digest_of(variant, sent))


@dataclass(frozen=True)
class Records:
    """Every catalog's file together."""

    sources: tuple[Recorded, ...]
    findings: tuple[Finding, ...]
    snapshots: Mapping[Catalog, Snapshot]

    def left_over(self) -> Iterator[Finding]:
        """What the files know and no query is any more. The catalogs must have been read."""
        for catalog, snapshot in self.snapshots.items():
            for dialect, database in snapshot.databases.items():
                there = {
                    (each.query.name, _digest_of(each.variant, sent(each))) for each in statements(catalog, dialect)
                }
                for query, answers in database.queries.items():
                    if any((query, digest) not in there for answer in answers for digest in answer.statements):
                        message = "it holds statements that no longer exist"
                        yield _wrong(snapshot_path(catalog), "snapshot-stale", message, dialect, query)


def snapshot_path(catalog: Catalog) -> Path:
    """Beside the folders of SQL that it is about."""
    return Path(str(catalog.folder)) / "hangar_check.json"


def write_snapshots(project: Project, sources: Sequence[Source]) -> tuple[Path, ...]:
    """Write each catalog's file; the paths of those that changed."""
    changed = {path: text for path, text in _texts(project, sources).items() if _text_of(path) != text}
    for path, text in changed.items():
        path.write_text(text, encoding="utf-8")
    return tuple(changed)


def outdated(project: Project, sources: Sequence[Source]) -> Iterator[Finding]:
    """Which files say something else than these databases; a catalog need not have one."""
    for path, text in _texts(project, sources).items():
        if _text_of(path) not in (None, text):
            yield _wrong(path, "snapshot-stale", "the databases now give different answers")


def recorded(project: Project) -> Records:
    """What the files say, and what is wrong with them; `sources` is empty where one cannot be relied on.

    A statement that a file does not know is reported at its own place, when it is checked.
    """
    wrong: list[Finding] = []
    usable: dict[Catalog, Snapshot] = {}
    for catalog in project.catalogs:
        path = snapshot_path(catalog)
        read = _read(path)
        unfit = [read] if isinstance(read, Finding) else list(_unfit(path, read, project))
        wrong += unfit
        if not unfit and isinstance(read, Snapshot):
            usable[catalog] = read
    is_whole = len(usable) == len(project.catalogs)
    sources = tuple(_together(dialect, list(usable.values())) for dialect in DIALECTS) if is_whole else ()
    return Records(sources, tuple(wrong), usable)


def _together(dialect: Dialect, snapshots: Sequence[Snapshot]) -> Recorded:
    databases = [snapshot.databases[dialect] for snapshot in snapshots]
    answers = [answer for database in databases for of_query in database.queries.values() for answer in of_query]
    told = {digest: answer.told for answer in answers for digest in answer.statements}
    return Recorded(dialect, databases[0].tables, told)


def _texts(project: Project, sources: Sequence[Source]) -> dict[Path, str]:
    return {snapshot_path(catalog): as_text(_taken(catalog, project, sources)) for catalog in project.catalogs}


def _taken(catalog: Catalog, project: Project, sources: Sequence[Source]) -> Snapshot:
    databases: dict[Dialect, OfDatabase] = {}
    for source in sorted(sources, key=lambda each: each.dialect):
        queries: dict[str, tuple[Answer, ...]] = {}
        for name, of_query in groupby(statements(catalog, source.dialect), lambda each: each.query.name):
            same: dict[str, tuple[Told, set[str]]] = {}
            for each in of_query:
                told = source.ask(each.variant, sent(each))
                if told is not None:
                    same.setdefault(repr(told), (told, set()))[1].add(_digest_of(each.variant, sent(each)))
            answers = (Answer(tuple(sorted(digests)), told) for told, digests in same.values())
            queries[name] = tuple(sorted(answers, key=lambda each: each.statements))
        databases[source.dialect] = OfDatabase(_migrations(project, source.dialect), source.tables, queries)
    return Snapshot(FORMAT, databases)


def _migrations(project: Project, dialect: Dialect) -> dict[str, str]:
    scripts = {each.id: each.script(dialect) for each in migrations_in(project.migrations)}
    return {name: _digest(without_declarations(script.text, dialect)) for name, script in scripts.items()}


def _digest_of(variant: Variant, sent: tuple[SentAs, ...]) -> str:
    return _digest("\n".join([variant.text, *(f"{each.name} {each.type} {each.may_be_none}" for each in sent)]))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _read(path: Path) -> Snapshot | Finding:
    text = _text_of(path)
    if text is None:
        return _wrong(path, "snapshot-missing", "there is no snapshot of the databases' answers")
    try:
        found = from_text(text)
    except ValueError:  # pydantic's as well
        return _wrong(path, "snapshot-stale", "this version of the package cannot read it")
    return (
        found if found.format == FORMAT else _wrong(path, "snapshot-stale", "another version of the package wrote it")
    )


def _unfit(path: Path, snapshot: Snapshot, project: Project) -> Iterator[Finding]:
    for dialect in DIALECTS:
        if dialect not in snapshot.databases:
            yield _wrong(path, "snapshot-stale", "it knows nothing of this database", dialect)
            continue
        changed = _migrations(project, dialect).items() ^ snapshot.databases[dialect].migrations.items()
        if changed:
            names = ", ".join(sorted({name for name, _ in changed}))
            yield _wrong(
                path, "snapshot-stale", f"these migrations have changed since it was written: {names}", dialect
            )


def _wrong(path: Path, rule: str, message: str, dialect: str = "", query: str = "") -> Finding:
    return Finding(str(path), 1, 1, dialect, query, rule, "error", message, UPDATE)


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
