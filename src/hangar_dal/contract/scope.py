"""What a command checked, for the beginning of its report. Builds on `project`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hangar_dal.contract.project import Project
from hangar_dal.contract.section import Section
from hangar_dal.migrations.faults import shown
from hangar_dal.migrations.scripts import ids_in
from hangar_dal.sqlscan import DIALECTS, Dialect

_DATABASES: Final[dict[Dialect, str]] = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True)
class Scope:
    """`project` is the pyproject.toml with the section; None without one, and `note` says what was checked instead.

    `queries` counts the functions, and is None where a command checks migrations alone. `migrations` counts those of
    each folder. `recorded`: the answers of the databases come from snapshots.
    """

    project: str | None
    note: str
    catalogs: tuple[str, ...]
    queries: int | None
    migrations: dict[str, int]
    dialects: tuple[Dialect, ...]
    recorded: bool = False

    def lines(self) -> Iterator[str]:
        """The same for people."""
        yield f"project:    {self.project or 'none'}{f' ({self.note})' if self.note else ''}"
        if self.queries is not None:
            yield f"catalogs:   {', '.join(self.catalogs)}"
            yield f"queries:    {self.queries}"
        yield f"migrations: {', '.join(f'{folder} ({count})' for folder, count in self.migrations.items())}"
        names = ", ".join(_DATABASES[dialect] for dialect in DIALECTS if dialect in self.dialects)
        yield f"databases:  {names or 'none'}{' (from the snapshots)' if self.recorded else ''}"


def scope_of(project: Project, dialects: Sequence[Dialect], *, recorded: bool = False) -> Scope:
    """The scope of a check of queries."""
    section = project.section
    return Scope(
        project=_file(section),
        note=_note(section, catalogs=True),
        catalogs=project.names,
        queries=sum(len(catalog.queries) for catalog in project.catalogs),
        migrations=_migrations(project.migrations),
        dialects=tuple(dialect for dialect in DIALECTS if dialect in dialects),
        recorded=recorded,
    )


def scope_of_migrations(section: Section | None, folders: Sequence[Path], dialects: Sequence[Dialect]) -> Scope:
    """The scope of a check of migrations; `section` is None where the folders were given in its place."""
    note = "the folders were given" if section is None else _note(section, catalogs=False)
    return Scope(_file(section), note, (), None, _migrations(folders), tuple(dialects))


def _file(section: Section | None) -> str | None:
    return shown(section.file) if section and section.exists and section.file else None


def _note(section: Section | None, *, catalogs: bool) -> str:
    """Why this package itself is checked, if it is."""
    if section is None or (section.exists and (section.catalogs or not catalogs)):
        return ""
    own = "hangar_dal's own queries are checked" if catalogs else "hangar_dal's own migrations are checked"
    if section.exists:
        return f"it names no catalogs: {own}"
    where = f"{shown(section.file)} has no [tool.hangar_dal]" if section.file else "there is no pyproject.toml"
    return f"{where}: {own}"


def _migrations(folders: Sequence[Path]) -> dict[str, int]:
    """This package's own come first."""
    names = ["hangar_dal", *map(shown, folders[1:])]
    return {name: len(ids_in(folder)) for name, folder in zip(names, folders, strict=False)}
