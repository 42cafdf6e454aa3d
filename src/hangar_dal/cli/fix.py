"""`hangar-dal check --fix`: show the changes of the SQL files, ask, and write them."""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TextIO

from hangar_dal.check.project.project import Project
from hangar_dal.cli.scratch import scratch_database
from hangar_dal.cli.terminal import BOLD, DIM, GREEN, RED, YELLOW, coloured
from hangar_dal.errors import SettingsError
from hangar_dal.migrations.faults import display_path
from hangar_dal.sqlscan import DIALECTS

if TYPE_CHECKING:
    from hangar_dal.cli.progress import Progress
    from hangar_dal.fixing import FileChange, Fixes

_COLOURS: Final = {"-": RED, "+": GREEN, "@": DIM}


def add_fix(parser: argparse.ArgumentParser) -> None:
    """Add `--fix`, `--from` and `--yes`. `fix_files` reads them."""
    parser.add_argument(
        "--fix",
        action="store_true",
        help="first put every column list in the order of its model, copy blocks that one dialect lacks, and sort the "
        "blocks of both files in the same order; shows the changes and asks before it writes them",
    )
    parser.add_argument(
        "--from",
        dest="source",
        choices=DIALECTS,
        help="with --fix: if two blocks differ and have no `-- differs:` line, copy the block of this dialect",
    )
    parser.add_argument("--yes", action="store_true", help="with --fix: write the changes without asking, for scripts")


def fix_files(chosen: argparse.Namespace, project: Project, progress: "Progress") -> bool:
    """Show the changes, ask, and write them. Return False if there are changes that were not written."""
    fixes = _plan(chosen, project, progress)
    out = sys.stdout if chosen.format == "table" else sys.stderr  # other formats are read by programs
    for finding in fixes.left:
        print(f"{coloured('not fixed:', YELLOW, out)} {finding.sentence}", file=out)
    for reason in fixes.unread:
        print(f"{coloured('not read:', YELLOW, out)} {reason}", file=out)
    show_changes(fixes.changes, out)
    if not fixes.changes:
        print("nothing to fix\n", file=out)
        return True
    if not may_write(chosen, len(fixes.changes)):
        return False
    write_changes(fixes.changes, out)
    return True


def show_changes(changes: "Sequence[FileChange]", out: TextIO) -> None:
    """Print the diff of each change, in colour on a terminal."""
    from hangar_dal.fixing import diff_of  # noqa: PLC0415 - it imports a parser, which no other command needs

    for change in changes:
        for number, line in enumerate(diff_of(change)):
            colour = BOLD if number < 2 else _COLOURS.get(line[:1])
            print(coloured(line, colour, out) if colour else line, file=out)
        print(file=out)


def may_write(chosen: argparse.Namespace, count: int) -> bool:
    """Return whether `--yes` was given or the user at the terminal answers yes."""
    if chosen.yes:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        print("nothing was written: this is not a terminal; pass --yes to write the changes", file=sys.stderr)
        return False
    question = f"Write {'this change' if count == 1 else f'these changes to {count} files'}? [y/N] "
    print(question, end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() in ("y", "yes"):
        return True
    print("nothing was written", file=sys.stderr)
    return False


def write_changes(changes: "Sequence[FileChange]", out: TextIO) -> None:
    """Write the changes and print the path of each file."""
    from hangar_dal.fixing import write  # noqa: PLC0415 - as above

    for change in changes:
        write(change)
        print(f"{coloured('written:', GREEN, out)} {display_path(change.path)}", file=out)
    print(file=out)


def refuse_without_fix(chosen: argparse.Namespace) -> None:
    """Raise `SettingsError` if `--from` or `--yes` was given without `--fix`."""
    for option, given in (("--from", chosen.source), ("--yes", chosen.yes)):
        if given and not chosen.fix:
            raise SettingsError(f"{option} can only be used with --fix")


def _plan(chosen: argparse.Namespace, project: Project, progress: "Progress") -> "Fixes":
    from hangar_dal.fixing import plan_fixes  # noqa: PLC0415 - as above

    progress(0, 0, "migrating a scratch database")
    with scratch_database(chosen, project) as live:
        fixes = plan_fixes(project, live.tables, source=chosen.source)
    progress.clear()
    return fixes
