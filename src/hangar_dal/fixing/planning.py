"""Plan all changes that a project needs, and list what needs a person. Writes no files."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hangar_dal.check.model import Tables
from hangar_dal.check.project.project import Project
from hangar_dal.errors import SettingsError
from hangar_dal.fixing.blocks import SqlText, Unreadable, read_sql
from hangar_dal.fixing.columns import LeftAlone, with_columns
from hangar_dal.fixing.inserts import with_inserted
from hangar_dal.fixing.statements import read_statement
from hangar_dal.fixing.twins import Files, block_of, sorted_alike, with_copied
from hangar_dal.fixing.writing import FileChange
from hangar_dal.migrations.faults import display_path
from hangar_dal.query import Catalog
from hangar_dal.query.declared import TWINS_DIFFER, DeclaredQuery
from hangar_dal.query.sql_files import BLOCK_MISSING
from hangar_dal.rules import Finding, Rule
from hangar_dal.sqlscan import DIALECTS, Dialect

Queries = Mapping[str, DeclaredQuery]


@dataclass(frozen=True)
class Fixes:
    """The planned changes. `left` are findings that need a person; `unread` says which files were not read, and why."""

    changes: tuple[FileChange, ...]
    left: tuple[Finding, ...]
    unread: tuple[str, ...]


def plan_fixes(project: Project, tables: Tables, *, source: Dialect | None = None) -> Fixes:
    """Return the changes of all SQL files of the project. Where dialect files differ, blocks of `source` are copied."""
    changes: list[FileChange] = []
    left: list[Finding] = []
    unread: list[str] = []
    for catalog in project.catalogs:
        catalog.findings()  # this call reads the signatures
        for file, queries in _by_file(catalog).items():
            sql = Path(str(catalog.folder))
            paths: dict[Dialect, Path] = {dialect: sql / dialect / f"{file}.sql" for dialect in catalog.dialects}
            try:
                project.refuse_outside(paths.values())
                before: Files = {dialect: read_sql(path, dialect) for dialect, path in paths.items()}
            except (Unreadable, SettingsError) as reason:
                unread.append(str(reason))
                continue
            after, of_file = _fixed(before, queries, tables, source)
            left += of_file
            changes += [
                FileChange(paths[dialect], before[dialect].written, after[dialect].written)
                for dialect in catalog.dialects
                if after[dialect] != before[dialect]
            ]
    return Fixes(tuple(changes), tuple(sorted(left)), tuple(dict.fromkeys(unread)))


def _by_file(catalog: Catalog) -> dict[str, dict[str, DeclaredQuery]]:
    found: dict[str, dict[str, DeclaredQuery]] = {}
    for query in catalog.queries.values():
        found.setdefault(query.file, {})[query.function.__name__] = query
    return found


def _fixed(files: Files, queries: Queries, tables: Tables, source: Dialect | None) -> tuple[Files, list[Finding]]:
    left: list[Finding] = []
    apart = {name for name in queries for file in files.values() if (at := block_of(file, name)) and at.differs}
    for name in (name for name in queries if name not in apart):
        for dialect, file in files.items():
            changed, reasons = _with_lists(file, queries[name], tables)
            files = {**files, dialect: changed}
            left += reasons
    if len(files) == len(DIALECTS):
        for name in (name for name in queries if name not in apart):
            files = _copied(files, name, source)
        files = sorted_alike(files, list(queries), source)
        left += _still_apart(files, queries, apart)
    return files, left


def _with_lists(file: SqlText, query: DeclaredQuery, tables: Tables) -> tuple[SqlText, list[Finding]]:
    """Return the file with the block's column lists in order, and findings for lists that were not changed."""
    name, signature = query.function.__name__, query.signature
    model, left = signature.result.model, []
    steps = [partial(with_inserted, signature=signature, tables=tables)]
    if model is not None:
        steps.append(partial(with_columns, owner=model.__name__, fields=tuple(model.model_fields), tables=tables))
    for step in steps:
        block = file.block(name)
        statement = read_statement(block.text, str(file.path), file.dialect) if block else None
        if statement is None or signature.findings:
            break
        try:
            file = file.with_text(name, f"{statement.before}{step(statement)}{statement.behind}")
        except LeftAlone as reason:
            line = file.line_of(name) + statement.line_of(reason.at) - 1
            place, message = (display_path(file.path), line, 1), str(reason)
            left.append(reason.rule.finding(*place, message, reason.fix, dialect=file.dialect, query=query.name))
    return file, left


def _copied(files: Files, name: str, source: Dialect | None) -> Files:
    """Return the files with the block copied to a file that lacks it, and from `source` if the blocks differ."""
    first, second = DIALECTS
    blocks = {dialect: block_of(files[dialect], name) for dialect in DIALECTS}
    ours, theirs = blocks[first], blocks[second]
    if ours is None and theirs is None:
        return files
    if ours is None or theirs is None:
        having, lacking = (first, second) if theirs is None else (second, first)
        return with_copied(files, having, lacking, name)
    if source is not None and ours.source != theirs.source:
        return with_copied(files, source, second if source == first else first, name)
    return files


def _still_apart(files: Files, queries: Queries, apart: set[str]) -> Iterator[Finding]:
    """Yield findings for blocks that still differ between dialects, and for missing blocks that cannot be copied."""
    for name, query in queries.items():
        blocks = {dialect: block_of(files[dialect], name) for dialect in DIALECTS}
        having = [block for block in blocks.values() if block is not None]
        if name in apart and len(having) == 1:
            message = (
                "the block is not copied, because its `-- differs:` says that the other dialect needs different SQL"
            )
            yield _at_header(
                files[having[0].dialect], query, BLOCK_MISSING, message, "write the other dialect's block by hand"
            )
        elif name not in apart and len(having) == len(DIALECTS) and having[0].source != having[1].source:
            message = "the blocks of the dialects differ"
            fix = "copy one with --from sqlite or --from postgresql, or write `-- differs: reason` under both headers"
            yield _at_header(files[having[0].dialect], query, TWINS_DIFFER, message, fix)


def _at_header(file: SqlText, query: DeclaredQuery, rule: Rule, message: str, fix: str) -> Finding:
    line = file.line_of(query.function.__name__)
    return rule.finding(display_path(file.path), line, 1, message, fix, dialect=file.dialect, query=query.name)
