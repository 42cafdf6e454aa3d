"""`hangar-dal shell`: a Python prompt with `await`, an open database, and the modules of the catalogs."""

import argparse
import ast
import asyncio
import code
import inspect
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from types import CodeType, FunctionType, ModuleType, TracebackType
from typing import Any, Final
from uuid import UUID

from hangar_dal import adhoc, bulk, errors
from hangar_dal.blocking.session import Session
from hangar_dal.check.project.project import NAME_THEM, Project
from hangar_dal.cli.commands import Subcommands, add_command
from hangar_dal.cli.options import add_database, add_keys, add_project, chosen_keys, chosen_project
from hangar_dal.cli.terminal import BOLD, FAILED, OK, RED, coloured
from hangar_dal.database import open_database
from hangar_dal.models.row import Row
from hangar_dal.query import Catalog
from hangar_dal.settings import Settings, SqliteTarget
from hangar_dal.sqlscan import DATABASES
from hangar_dal.values import uuid7

_CONSOLE: Final = "<console>"
_NAMES: Final[Mapping[str, Any]] = {
    "adhoc": adhoc,
    "asyncio": asyncio,
    "bulk": bulk,
    "date": date,
    "datetime": datetime,
    "errors": errors,
    "Row": Row,
    "timedelta": timedelta,
    "UTC": UTC,
    "UUID": UUID,
    "uuid7": uuid7,
}
_EXAMPLES: Final = """\
  await adhoc.fetch(db, "SELECT 1 AS one", int)
  async with db.transaction() as tx: ...    end the block with an empty line
  exit()                                    or Ctrl-D
"""


def add(commands: Subcommands) -> None:
    """Add the command `shell`."""
    parser = add_command(
        commands,
        "shell",
        _shell,
        "open a Python prompt with the database and the queries",
        """\
        Opens a Python prompt. `db` is the open database, and each module of the catalogs has its name, such as `users`.
        `await` works at the prompt:

          >>> user = await users.find_user_by_email(db, "ada@example.org")
          >>> await adhoc.fetch(db, "SELECT count(*) AS number FROM users", int)

        The database is opened as an application opens it: its migrations must be applied, and sealed values need their
        keys. Each call commits at once, except in `async with db.transaction() as tx:`. Ctrl-C stops a running
        statement. The prompt also reads a program from stdin: hangar-dal shell < program.py, where each block ends with
        an empty line.

        exit codes: 0 success, 1 the database cannot be opened, or a line of stdin raised an error, 2 wrong arguments or
        settings
        """,
    )
    add_database(parser)
    add_keys(parser)
    add_project(parser)


def _shell(chosen: argparse.Namespace) -> int:
    project = chosen_project(chosen)
    sys.path.insert(0, folder := str(project.folder))  # for modules that are imported later
    settings = Settings(database_url=chosen.database) if chosen.database else Settings()
    catalog, keys = _catalog(project), chosen_keys(chosen)
    session = Session(lambda: open_database(settings, catalog=catalog, keys=keys))
    try:
        modules = _modules(project)
        names = {**_NAMES, **modules, "db": session.database}
        console = Console(names, session)
        with _prompts(names):
            if sys.stdin.isatty():
                console.interact(_banner(settings, modules), exitmsg="")
            else:
                console.run(sys.stdin)
    finally:
        session.close(None)
        with suppress(ValueError):
            sys.path.remove(folder)
    return FAILED if console.has_failed and not sys.stdin.isatty() else OK


def _catalog(project: Project) -> Catalog | None:
    """Return a catalog with the queries of all catalogs; None if there are none."""
    if len(project.catalogs) < 2:
        return project.catalogs[0] if project.catalogs else None
    return Catalog("hangar_dal", name="shell", uses=project.catalogs, dialects=project.dialects)


def _modules(project: Project) -> dict[str, ModuleType]:
    """Return the modules that declare queries, by their last names. Of equal names, the first catalog has it."""
    found: dict[str, ModuleType] = {}
    for catalog in project.lineage:
        for name in dict.fromkeys(declared.module for declared in catalog.queries.values()):
            found.setdefault(name.rpartition(".")[2], sys.modules[name])
    return found


def _banner(settings: Settings, modules: Mapping[str, ModuleType]) -> str:
    target = settings.target
    where = target.path if isinstance(target, SqliteTarget) else target.where
    title = coloured(f"{DATABASES[target.dialect]}: {where}", BOLD, sys.stderr)
    found = ", ".join(sorted(modules)) or f"no modules; {NAME_THEM}"
    return f"{title}\n  db        the open database\n  modules   {found}\n  others    {', '.join(_NAMES)}\n{_EXAMPLES}"


@contextmanager
def _prompts(names: dict[str, Any]) -> Iterator[None]:
    """Set the prompts, completion and display of values for the block. A program on stdin has no prompts."""
    is_terminal = sys.stdin.isatty()
    if is_terminal:
        with suppress(ImportError):  # not on Windows
            import readline  # noqa: PLC0415 - changes `input`
            import rlcompleter  # noqa: PLC0415 - changes the completer

            readline.set_completer(rlcompleter.Completer(names).complete)
            readline.parse_and_bind("tab: complete")
    before = {name: getattr(sys, name, None) for name in ("ps1", "ps2")}
    hook = sys.displayhook
    sys.ps1, sys.ps2 = ">>> ", "... "
    sys.displayhook = _display
    try:
        yield
    finally:
        sys.displayhook = hook
        for name, value in before.items():
            if value is None:
                delattr(sys, name)
            else:
                setattr(sys, name, value)


def _display(value: object) -> None:
    """Print a value. A coroutine is the sign of a missing `await`."""
    if inspect.iscoroutine(value):
        value.close()
        print("this is a coroutine, which has not run: write `await` before it")
    else:
        sys.__displayhook__(value)


class Console(code.InteractiveConsole):
    """A console that runs code with `await` in the event loop of the database, and other code in this thread."""

    def __init__(self, names: dict[str, Any], session: Session) -> None:
        super().__init__(names, _CONSOLE)
        self.compile.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self.has_failed = False
        self._session = session

    def run(self, program: Iterable[str]) -> None:
        """Run the lines of a program, without prompts."""
        for line in program:
            self.push(line.rstrip("\n"))
        self.push("")  # ends an open block

    def runcode(self, code: CodeType) -> None:
        """Run compiled code, and print its error."""
        try:
            result = FunctionType(code, self.locals)()
            if code.co_flags & inspect.CO_COROUTINE:
                self._session.run(result)
        except SystemExit:
            raise
        except BaseException as error:
            self.has_failed = True
            self._print(error)

    def showsyntaxerror(self, *arguments: Any, **named: Any) -> None:
        """Print an error of syntax."""
        self.has_failed = True
        super().showsyntaxerror(*arguments, **named)

    def _print(self, error: BaseException) -> None:
        """Print an error with its traceback from the console on. An error of this package needs no traceback."""
        if isinstance(error, errors.HangarError):
            self.write(f"{coloured(type(error).__name__, RED, sys.stderr)}: {error}\n")
        elif isinstance(error, KeyboardInterrupt):
            self.write("\nKeyboardInterrupt\n")
        else:
            lines = traceback.format_exception(type(error), error, _from_console(error.__traceback__))
            self.write("".join(lines))


def _from_console(trace: TracebackType | None) -> TracebackType | None:
    """Return the part of a traceback that begins in the console; the whole if none does."""
    found = trace
    while found is not None and found.tb_frame.f_code.co_filename != _CONSOLE:
        found = found.tb_next
    return found or trace
