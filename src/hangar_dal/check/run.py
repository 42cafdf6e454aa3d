"""Find all faults of a project in one run, first without a database, then against both.

report = check(read_project(), postgresql="postgresql://localhost/postgres")
for finding in report.findings: ...
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from hangar_dal.check.databases.info import DatabaseInfo
from hangar_dal.check.databases.snapshot import UPDATE, outdated, recorded, write_snapshots
from hangar_dal.check.model import Tables
from hangar_dal.check.project.coverage import Coverage, scope_of
from hangar_dal.check.project.project import Project
from hangar_dal.check.project.static import find_without_database
from hangar_dal.check.rules.check_itself import MIGRATION_FAILS, POSTGRESQL_MISSING, SNAPSHOT_STALE
from hangar_dal.check.rules.ignoring import key_of, without_ignored
from hangar_dal.check.rules.known import refuse_unknown
from hangar_dal.check.rules.overrides import needless_overrides
from hangar_dal.check.rules.scans import Asked, find_scans, find_unknown_small_tables
from hangar_dal.check.rules.seals import compare_seals, sealed_places
from hangar_dal.check.rules.statement import compare
from hangar_dal.check.rules.unnamed import find_unnamed, lacks_migrations
from hangar_dal.check.rules.unneeded_optional import CheckedStatement, too_loose
from hangar_dal.check.statements.locations import finding_at
from hangar_dal.check.statements.sending import sent
from hangar_dal.check.statements.variants import CheckedVariant, checked_variants, statements
from hangar_dal.errors import DatabaseError, HangarError, MigrationError
from hangar_dal.migrations.faults import display_path
from hangar_dal.migrations.scratch import Server
from hangar_dal.rules import Finding
from hangar_dal.sqlscan import DATABASES, DIALECTS, Dialect

Progress = Callable[[int, int, str], None]  # the number of statements done, the number of all, and the next step

NO_POSTGRESQL: Final = POSTGRESQL_MISSING.finding(
    "",
    0,
    0,
    "no PostgreSQL server to check against",
    "pass --postgresql URL, or set DATABASE_URL to that of a server where the role may create a database; or name an "
    "empty database with --throwaway URL or HANGAR_THROWAWAY_URL",
    dialect="postgresql",
)


@dataclass(frozen=True)
class Report:
    """The result of a check.

    `findings` are sorted by place. `checked` is the number of statements that were checked against a database or its
    snapshot. `scope` says what the check covered.
    """

    findings: tuple[Finding, ...]
    checked: int
    scope: Coverage

    @property
    def is_clean(self) -> bool:
        """True if there are no findings, not even warnings."""
        return not self.findings

    def with_findings(self, more: Iterable[Finding]) -> Self:
        """Return a report that also has these findings, sorted."""
        return replace(self, findings=tuple(sorted([*self.findings, *map(_near, more)])))


def check(
    project: Project,
    *,
    postgresql: Server | None,
    sqlite_only: bool = False,
    update: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Make scratch databases, check the project against them, and drop them.

    No statement is executed. A missing or unreachable server and a migration that fails are findings; everything else
    is still checked. With `update`, writes the answers of the databases into the catalogs' snapshots. Raises then if a
    server cannot be reached or a migration fails. Without `update`, a snapshot with other answers is a finding.
    With `sqlite_only`, the answers of PostgreSQL come from the snapshots. Statements that they do not know are left
    out, and the scope of the report names them. `progress` is called before each step that takes some time.
    """
    from hangar_dal.check.databases.live import live_postgresql, live_sqlite  # noqa: PLC0415 - drivers, and a parser

    unnamed = find_unnamed(project)
    if unnamed and lacks_migrations(project):
        return _without_databases(project, unnamed)
    say = progress or (lambda done, total, what: None)
    wanted: dict[Dialect, AbstractContextManager[DatabaseInfo]] = {}
    missing: list[Finding] = []
    if "postgresql" in project.dialects and postgresql is not None:
        wanted["postgresql"] = live_postgresql(project, postgresql)
    elif "postgresql" in project.dialects and not sqlite_only:
        missing.append(NO_POSTGRESQL)
    if "sqlite" in project.dialects:
        wanted["sqlite"] = live_sqlite(project)
    with ExitStack() as scratch:
        sources: list[DatabaseInfo] = []
        for dialect, source in wanted.items():
            say(0, 0, f"migrating a scratch {dialect} database")
            try:
                sources.append(scratch.enter_context(source))
            except (DatabaseError, MigrationError) as fault:
                if update or (dialect == "sqlite" and isinstance(fault, DatabaseError)):
                    raise
                missing.append(_not_made(dialect, fault))
        if sqlite_only:
            return _with_recorded(project, sources, say).with_findings([*missing, *unnamed])
        report = check_against(project, sources, progress=say)
        if update and not missing:
            write_snapshots(project, sources)
        elif not missing:
            missing = [*outdated(project, sources)]
        return report.with_findings([*missing, *unnamed])


def _with_recorded(project: Project, sources: Sequence[DatabaseInfo], say: Progress) -> Report:
    """Check against SQLite, and against the snapshots of PostgreSQL where they are up to date."""
    records = recorded(project)
    snapshots = [each for each in records.sources if each.dialect == "postgresql"]
    report = check_against(project, [*snapshots, *sources], progress=say)
    left_out = ["PostgreSQL: its snapshots are missing or out of date"] if records.findings else []
    unknown = [each for each in report.findings if each.rule == SNAPSHOT_STALE.id and each.dialect == "postgresql"]
    names = ", ".join(sorted({each.query for each in unknown}))
    left_out += [f"PostgreSQL for {names}, which the snapshots do not know"] if names else []
    scope = replace(report.scope, left_out=(*left_out, *report.scope.left_out))
    return replace(report, findings=tuple(each for each in report.findings if each not in unknown), scope=scope)


def check_offline(project: Project, *, progress: Progress | None = None) -> Report:
    """Check against the catalogs' snapshots, without a database. A stale or missing snapshot is a finding."""
    unnamed = find_unnamed(project)
    if unnamed and lacks_migrations(project):
        return _without_databases(project, unnamed)
    records = recorded(project)
    report = check_against(project, records.sources, progress=progress)
    left_out = [*records.findings, *records.left_over(), *unnamed]
    return replace(report.with_findings(left_out), scope=replace(report.scope, recorded=True))


def _without_databases(project: Project, unnamed: Sequence[Finding]) -> Report:
    """Check without databases, because the section of the project names not all migrations.

    Without the tables of these migrations, most statements would be findings, and these would hide the cause.
    """
    return check_against(project, ()).with_findings(unnamed)


def check_against(project: Project, sources: Sequence[DatabaseInfo], *, progress: Progress | None = None) -> Report:
    """Check the project against these sources: live databases, or snapshots of them."""
    refuse_unknown(project.ignore_rules)
    findings = find_without_database(project)
    checked = [
        (source, each)
        for source in sources
        for catalog in project.catalogs
        for each in statements(catalog, source.dialect)
    ]
    twins: dict[Dialect, Tables] = {source.dialect: source.tables for source in sources}
    sealed = sealed_places(project)
    answers: list[CheckedStatement] = []
    asked: list[Asked] = []
    by_finding: dict[Finding, list[CheckedVariant]] = {}
    unknown: dict[Finding, list[CheckedVariant]] = {}
    for done, (source, each) in enumerate(checked):
        if progress is not None:
            progress(done, len(checked), each.query.name)
        info = source.ask(each.variant, sent(each))
        if info is None:
            unknown.setdefault(_unknown(each), []).append(each)
            continue
        answers.append(CheckedStatement(each, info))
        twin = twins.get("postgresql") if source.dialect == "sqlite" else None
        of_one = [*compare(each, info, source.tables, twin=twin)]
        of_one += compare_seals(each, info, source.tables, sealed)
        for finding in of_one:
            by_finding.setdefault(finding, []).append(each)
        asked.append((each, info.scans))
    for finding, each in find_scans(asked, project.small_tables):
        by_finding.setdefault(finding, []).append(each)
    if twins and all(source.has_all_tables for source in sources):
        findings += find_unknown_small_tables(project, twins)
    findings += [*_with_conditions(by_finding), *too_loose(answers), *needless_overrides(answers)]
    dialects: list[Dialect] = [source.dialect for source in sources]
    asked_blocks = {key_of(each) for _, each in checked} - {
        key_of(each) for of_one in unknown.values() for each in of_one
    }
    kept = [*without_ignored(findings, project, asked_blocks), *_with_conditions(unknown)]
    scope = replace(scope_of(project, dialects), left_out=tuple(_unread(answers)))
    return Report(tuple(sorted(map(_near, kept))), len(checked), scope)


def _unread(answers: Iterable[CheckedStatement]) -> Iterator[str]:
    """Yield what the report says of the statements that the parser does not understand, for each database."""
    names: dict[Dialect, set[str]] = {dialect: set() for dialect in DIALECTS}
    for each in answers:
        if each.info.unread:
            names[each.checked.block.dialect].add(each.checked.query.name)
    for dialect, unread in names.items():
        if unread:
            yield (
                f"most rules for {', '.join(sorted(unread))} on {DATABASES[dialect]}: "
                "the parser of `check` does not understand the SQL"
            )


def _not_made(dialect: Dialect, fault: HangarError) -> Finding:
    if isinstance(fault, MigrationError):
        fix = "correct the migration; `hangar-dal migrations verify` reports more"
        return MIGRATION_FAILS.finding("", 0, 0, fault.message, fix, dialect=dialect)
    return NO_POSTGRESQL._replace(message=fault.message, fix=fault.fix or NO_POSTGRESQL.fix)


def _unknown(checked: CheckedVariant) -> Finding:
    return finding_at(checked, SNAPSHOT_STALE, "the snapshot does not know this statement", UPDATE)


def _with_conditions(by_finding: dict[Finding, list[CheckedVariant]]) -> Iterator[Finding]:
    """Yield each finding once. If only some variants have it, add to the message when it holds."""
    for finding, having in by_finding.items():
        first = having[0]
        if len(having) == len(checked_variants(first.query, first.block.dialect)):
            yield finding
        else:
            when = f"when {first.label}" if first.label else "without optional lines"
            yield finding._replace(message=f"{finding.message} ({when})")


def _near(finding: Finding) -> Finding:
    """Return the finding with its path relative to the working directory, if the file is below it."""
    return finding._replace(path=display_path(Path(finding.path))) if finding.path else finding
