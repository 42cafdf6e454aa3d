"""`hangar-dal new domain`: write the module, the SQL, the migration and the test of a new domain."""

import argparse
from importlib.util import find_spec
from pathlib import Path

from hangar_dal.cli.commands import Subcommands, add_command
from hangar_dal.cli.init import write_new
from hangar_dal.cli.options import add_project, chosen_project
from hangar_dal.cli.terminal import OK
from hangar_dal.errors import SettingsError
from hangar_dal.migrations.new import next_number
from hangar_dal.query import Catalog
from hangar_dal.starting import domain_files, read_domain
from hangar_dal.starting.project import FIRST_NUMBER


def add(kinds: Subcommands) -> None:
    """Add the command `new domain`."""
    parser = add_command(
        kinds,
        "domain",
        _new_domain,
        "write the module, the SQL, the migration and the test of a new domain",
        """\
        Writes a module with models and functions, a SQL file and a migration for each database of the catalog, and a
        test if the project has a folder `tests`. Edit them like code that you wrote. Files that exist are not changed.

          hangar-dal new domain invoices
          hangar-dal new domain staff --singular employee

        exit codes: 0 success, 2 nothing was written, because the name exists or the catalog is not clear
        """,
    )
    parser.add_argument("name", metavar="NAME", help="the plural: the name of the module and of the table")
    parser.add_argument("--singular", metavar="NAME", default="", help="the singular, if it cannot be guessed")
    add_project(parser)


def _new_domain(chosen: argparse.Namespace) -> int:
    project = chosen_project(chosen)
    if len(project.catalogs) != 1:
        raise SettingsError("the project has several catalogs, or none; pass one with --catalog MODULE:NAME")
    catalog = project.catalogs[0]
    module, package = _package(catalog)
    if not isinstance(catalog.migrations, Path):
        raise SettingsError(f'{catalog.name} has no folder of migrations; write Catalog(..., migrations="migrations")')
    tests = project.folder / "tests"
    files = domain_files(
        read_domain(chosen.name, chosen.singular),
        package,
        catalog.dialects,
        module=module,
        sql=Path(str(catalog.folder)),
        migrations=catalog.migrations,
        number=max(next_number(catalog.migrations), FIRST_NUMBER),
        tests=tests if tests.is_dir() else None,
    )
    project.refuse_outside(files)
    write_new(files)
    print("next: edit the files, then run `hangar-dal check` and `hangar-dal migrations verify`")
    return OK


def _package(catalog: Catalog) -> tuple[Path, str]:
    """Return the folder and the name of the package whose modules declare the queries of the catalog."""
    spec = find_spec(catalog.modules) if catalog.modules is not None else None
    if spec is None or not spec.submodule_search_locations or catalog.modules is None:
        raise SettingsError(f'{catalog.name} names no package for its modules; write Catalog(..., modules="...")')
    return Path(spec.submodule_search_locations[0]), catalog.modules
