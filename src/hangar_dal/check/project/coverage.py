"""Describe what a command checked, for the beginning of its report."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hangar_dal.check.project.project import Project
from hangar_dal.check.project.section import Section
from hangar_dal.migrations.faults import display_path
from hangar_dal.migrations.scripts import ids_in
from hangar_dal.sqlscan import DATABASES, DIALECTS, Dialect


@dataclass(frozen=True)
class Coverage:
    """What a command checked.

    `project` is the path of the pyproject.toml with the section; None if there is none, and `note` says why. `queries`
    is the number of functions; None if only migrations are checked. `migrations` is the number of migrations in each
    folder. `uses` are the catalogs that the checked catalogs use. `recorded` is True if the answers of the databases
    come from snapshots. `left_out` says what was not checked although the project has it.
    """

    project: str | None
    note: str
    catalogs: tuple[str, ...]
    queries: int | None
    migrations: dict[str, int]
    dialects: tuple[Dialect, ...]
    recorded: bool = False
    uses: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """Yield the lines that describe the scope in a report for people."""
        yield f"project:    {self.project or 'none'}{f' ({self.note})' if self.note else ''}"
        if self.queries is not None:
            yield f"catalogs:   {', '.join(self.catalogs) or 'none'}"
            if self.uses:
                yield f"uses:       {', '.join(self.uses)} (their tables; their queries are not checked here)"
            yield f"queries:    {self.queries}"
        counted = ", ".join(f"{folder} ({count})" for folder, count in self.migrations.items())
        yield f"migrations: {counted or 'none'}"
        names = ", ".join(DATABASES[dialect] for dialect in DIALECTS if dialect in self.dialects)
        yield f"databases:  {names or 'none'}{' (from the snapshots)' if self.recorded else ''}"
        for each in self.left_out:
            yield f"left out:   {each}"


def scope_of(project: Project, dialects: Sequence[Dialect], *, recorded: bool = False) -> Coverage:
    """Return the scope of a check of queries."""
    return Coverage(
        project=_file(project.section),
        note=_note(project.section, catalogs=True),
        catalogs=project.names,
        queries=sum(len(catalog.queries) for catalog in project.catalogs),
        migrations=_migrations(project),
        dialects=tuple(dialect for dialect in DIALECTS if dialect in dialects),
        recorded=recorded,
        uses=tuple(each.name for each in project.lineage if each not in project.catalogs),
    )


def scope_of_migrations(project: Project, dialects: Sequence[Dialect]) -> Coverage:
    """Return the scope of a check of migrations."""
    note = _note(project.section, catalogs=False)
    return Coverage(_file(project.section), note, (), None, _migrations(project), tuple(dialects))


def _file(section: Section | None) -> str | None:
    return display_path(section.file) if section and section.exists and section.file else None


def _note(section: Section | None, *, catalogs: bool) -> str:
    """Return why there is no project, or why it has no catalogs; "" if it has both."""
    if section is None:
        return "the command line says what is checked"
    if not section.exists:
        return (
            f"{display_path(section.file)} has no [tool.hangar_dal]" if section.file else "there is no pyproject.toml"
        )
    return "it names no catalogs" if catalogs and not section.catalogs else ""


def _migrations(project: Project) -> dict[str, int]:
    """Return the number of migrations by folder. The folder of a catalog has the catalog's name."""
    names = {each.migrations: each.name for each in project.lineage}
    return {names.get(folder) or display_path(folder): len(ids_in(folder)) for folder in project.migrations}
