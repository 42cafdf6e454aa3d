"""Report catalogs, SQL and migrations in a project's folder that its section does not name.

Without these findings, a check that left them out would be clean.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from sysconfig import get_path
from typing import Final, NamedTuple

from hangar_dal.check.project.folder import Held, search
from hangar_dal.check.project.project import NAME_THEM, Project
from hangar_dal.check.project.section import Section
from hangar_dal.migrations.faults import display_path
from hangar_dal.rules import Finding, Rule
from hangar_dal.sqlscan import DIALECTS

NOT_CHECKED: Final = Rule(
    "not-checked",
    "error",
    "The check covers every catalog, SQL file and folder of migrations in the project's folder.",
    """\
The folder of pyproject.toml holds something that `[tool.hangar_dal]` does not name, so the check did not read it: a
module with `NAME = Catalog(...)`, a SQL file with `-- name:` blocks, or a folder of migrations, as in the example.
The finding shows the lines to add. `check`, `explain`, `migrations verify` (for migrations) and `hangar_check` fail
on it, and so does a project that names no catalog, or whose catalogs declare no queries. While a folder of migrations
is not named, `check` asks no database about the queries, because its tables are missing there.

These are not searched: hidden folders, virtual environments, `node_modules`, `build`, `dist`, `test`, `tests`,
folders whose pyproject.toml has a `[tool.hangar_dal]` of its own, and what `ignore` names.
""",
    bad="""\
--- pyproject.toml
[tool.hangar_dal]
catalogs = ["shop:CATALOG"]
modules = ["shop"]
--- migrations/0002_item_color.sql
ALTER TABLE items ADD COLUMN color text;
--- command
hangar-dal check --postgresql postgresql://localhost/postgres
""",
    good="""\
--- pyproject.toml
[tool.hangar_dal]
catalogs = ["shop:CATALOG"]
modules = ["shop"]
migrations = ["migrations"]
""",
)


class _LeftOut(NamedTuple):
    """Something in the folder that the section does not name. `lines` has the values to add to each key of the section.

    `why` is the part of the message that says what is wrong with the section.
    """

    file: Path
    what: str
    why: str
    lines: dict[str, list[str]]
    ignore: Path


def find_unnamed(project: Project) -> list[Finding]:
    """Return a finding for each catalog, folder of queries and folder of migrations that the check left out.

    If the command line names the catalogs, the only finding is that none of them declares a query.
    """
    section = project.section
    if section is None:
        return [*_no_queries(project)]
    held = search(section)
    unnamed = [
        (file, name)
        for file, names in held.catalogs.items()
        for name in names
        if not _is_named(file, name, section, project, held)
    ]
    left_out = [
        *_catalogs(section, unnamed),
        *_queries(section, held, project, [file.parent for file, _ in unnamed]),
        *_migrations(section, held, project),
    ]
    found = [*_findings(section, left_out), *_projects(section, held)]
    return found if found and not project.catalogs else [*found, *_no_queries(project)]


def lacks_migrations(project: Project) -> bool:
    """Return whether the application's queries may need tables of migrations that the section does not name."""
    section = project.section
    return bool(section and section.catalogs and list(_migrations(section, search(section), project)))


def find_unnamed_migrations(project: Project) -> list[Finding]:
    """Return a finding for each folder of migrations that the section does not name."""
    section = project.section
    if section is None:
        return []
    held = search(section)
    return [*_findings(section, list(_migrations(section, held, project))), *_projects(section, held)]


def _catalogs(section: Section, unnamed: Sequence[tuple[Path, str]]) -> Iterator[_LeftOut]:
    entries = [f"{_module(section, file)}:{name}" for file, name in unnamed]
    packages = dict.fromkeys([*section.modules, *(entry.partition(":")[0].partition(".")[0] for entry in entries)])
    lines = {"catalogs": [*section.catalogs, *entries], "modules": list(packages)}
    for (file, _), entry in zip(unnamed, entries, strict=True):
        yield _LeftOut(file, f"the catalog {entry}", "does not name it", lines, ignore=file)


def _queries(section: Section, held: Held, project: Project, unnamed: Sequence[Path]) -> Iterator[_LeftOut]:
    """Yield each folder of SQL that no catalog reads.

    Omits folders beside the module of an unnamed catalog, because the finding of the catalog covers them.
    """
    is_read = {folder: _is_read(folder, project) for folder in {file.parent for file in held.queries}}
    unread = [file for file in held.queries if not is_read[file.parent]]
    lines = {"catalogs": [*section.catalogs, "module:NAME"]}
    for folder, files in groupby(unread, _above_dialects):
        if not any(folder.is_relative_to(catalog) for catalog in unnamed):
            what, why = f"the SQL in {display_path(folder)}", "names no catalog that reads it"
            yield _LeftOut(next(files), what, why, lines, ignore=folder)


def _migrations(section: Section, held: Held, project: Project) -> Iterator[_LeftOut]:
    unnamed = [folder for folder in held.migrations if not any(_is_same(each, folder) for each in project.migrations)]
    lines = {"migrations": [*section.migrations, *(_relative(section, folder) for folder in unnamed)]}
    for folder in unnamed:
        first = min([*folder.glob("*.py"), *folder.glob("*/*.sql")])
        what = f"the migration folder {display_path(folder)}/"
        yield _LeftOut(first, what, "does not name it", lines, ignore=folder)


def _projects(section: Section, held: Held) -> Iterator[Finding]:
    """Yield a finding for each other project, if this one has no section: the caller probably meant another project."""
    for file in held.projects if not section.exists else ():
        message = f"the project of {display_path(file)} was not checked: it has a [tool.hangar_dal] of its own"
        yield NOT_CHECKED.finding(display_path(file), 1, 1, message, f"run the command in {display_path(file.parent)}")


def _no_queries(project: Project) -> Iterator[Finding]:
    if not any(catalog.queries for catalog in project.catalogs):
        message, fix = "nothing was checked: no catalog is named", NAME_THEM
        if project.names:
            message = f"nothing was checked: {', '.join(project.names)} declares no queries"
            fix = 'say where they are declared: Catalog(..., modules="package"), or `modules` of [tool.hangar_dal]'
        yield NOT_CHECKED.finding(display_path(Path(project.file)) if project.file else "", 1, 1, message, fix)


def _findings(section: Section, left_out: Sequence[_LeftOut]) -> Iterator[Finding]:
    """Yield a finding for each part that was left out.

    Without a section, each fix shows the whole section, because TOML allows each section only once.
    """
    where = display_path(section.file or section.folder / "pyproject.toml")
    # Reversed, so that the names of real catalogs replace the placeholder that a folder of SQL suggests.
    whole = {key: values for each in reversed(left_out) for key, values in each.lines.items()}
    for each in left_out:
        if section.exists:
            reason, lines = f"[tool.hangar_dal] of {where} {each.why}", each.lines
            fix = [f"write in [tool.hangar_dal] of {where}:"]
        else:
            reason = f"{where} has no [tool.hangar_dal]" if section.file else "there is no pyproject.toml"
            fix, lines = [f"add to {where}:", "[tool.hangar_dal]"], whole
        fix += [_line(key, values) for key, values in lines.items()]
        ignored = _line("ignore", [*section.ignore, _relative(section, each.ignore)])
        fix.append(f"# or, if {each.what} is not part of this project: {ignored}")
        message = f"{each.what} was not checked: {reason}"
        yield NOT_CHECKED.finding(display_path(each.file), 1, 1, message, "\n".join(fix))


def _line(key: str, values: Sequence[str]) -> str:
    return f"{key} = {json.dumps(values, ensure_ascii=False)}"  # a JSON list of texts is valid TOML


def _relative(section: Section, path: Path) -> str:
    return path.relative_to(section.folder).as_posix()


def _module(section: Section, file: Path) -> str:
    """Return the name by which the file is imported from the project's folder, or from `src` in it."""
    parts = file.relative_to(section.folder).with_suffix("").parts
    named = list(parts[1:] if parts[0] == "src" and len(parts) > 1 else parts)
    return ".".join(named[:-1] if named[-1] == "__init__" and len(named) > 1 else named)


def _is_named(file: Path, name: str, section: Section, project: Project, held: Held) -> bool:
    """Return whether the variable `name` of this file, or of an installed copy, is a catalog of the project."""
    parts = _module(section, file).split(".")
    for start in range(len(parts)):
        module = sys.modules.get(".".join(parts[start:]))
        where = Path(getattr(module, "__file__", None) or "").absolute()
        is_other = where in held.catalogs and where != file
        if not is_other and any(getattr(module, name, None) is catalog for catalog in project.lineage):
            return True
    return False


def _is_read(folder: Path, project: Project) -> bool:
    """Return whether a catalog of the project reads this folder or an installed copy. Includes used catalogs."""
    return any(
        _is_same(Path(str(catalog.folder)) / dialect, folder) for catalog in project.lineage for dialect in DIALECTS
    )


def _is_same(read: Path, folder: Path) -> bool:
    """Return whether `read` is this folder, or an installed copy of it."""
    if read.resolve() == folder.resolve():
        return True
    installed = get_path("purelib")
    tail = read.relative_to(installed).parts if read.is_relative_to(installed) else ()
    return bool(tail) and folder.parts[-len(tail) :] == tail


def _above_dialects(file: Path) -> Path:
    return file.parents[1] if file.parent.name in DIALECTS else file.parent
