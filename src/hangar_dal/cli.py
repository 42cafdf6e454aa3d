"""`hangar-dal`: what an installed package needs from a shell, without a checkout. Stands on top of everything."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from textwrap import dedent
from typing import Final, TextIO, TypeAlias

from hangar_dal import migrations, sealing
from hangar_dal.errors import HangarError

# Exit codes. 2, for a command that was not understood, is argparse's own.
OK: Final = 0
FAILED: Final = 1
PENDING: Final = 3

_RED: Final = "31;1"
_GREEN: Final = "32"

Command = Callable[[argparse.Namespace], int]
Subcommands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. Its answer goes to stdout, an error as one message to stderr."""
    chosen = _parser().parse_args(arguments)
    command: Command = chosen.command
    try:
        return command(chosen)
    except HangarError as error:
        print(f"{_coloured('error:', _RED, sys.stderr)} {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:  # `hangar-dal ... | head`: whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hangar-dal",
        description="Keys and migrations for hangar_dal. The database is the one that DATABASE_URL names, from the\n"
        "environment or from .env, and sqlite:///hangar_bay_dev.db without it.",
        epilog=dedent("""\
            examples:
              hangar-dal migrations apply                      bring the database up to date
              hangar-dal migrations pending || echo "old"      is it? exits with 3 if not
              export HANGAR_SEALING_KEYS="$(hangar-dal new-key)"

            exit codes: 0 done, 1 failed, 2 not understood, 3 migrations are pending
            """),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_new_key(commands)
    _add_migrations(commands)
    return parser


def _add_new_key(commands: Subcommands) -> None:
    _add(
        commands,
        "new-key",
        _new_key,
        "print a new key that seals session cookies",
        """\
        Prints one new entry of HANGAR_SEALING_KEYS. The first entry seals, every entry opens:

          first key      HANGAR_SEALING_KEYS="$(hangar-dal new-key)"
          rotating       HANGAR_SEALING_KEYS="$(hangar-dal new-key),$HANGAR_SEALING_KEYS"

        Keep keys where you keep passwords. What was sealed with a key that is lost cannot be read again.
        """,
    )


def _add_migrations(commands: Subcommands) -> None:
    parser = commands.add_parser(
        "migrations",
        help="apply, list, adopt and check migrations",
        description="The migrations that came with this package, in a database. In a checkout, `yoyo` does the same.",
    )
    actions = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    offered: tuple[tuple[str, Command, str, str], ...] = (
        (
            "apply",
            _apply,
            "apply what is pending",
            """\
            Applies what is pending, and prints each migration once it is done. It may run twice, and in several
            places at once: one works, the others wait.
            """,
        ),
        (
            "pending",
            _pending,
            "print what is pending; exits with 3 if anything is",
            """\
            Prints what `apply` would apply, and changes nothing. A deploy script can tell by the exit code:
              hangar-dal migrations pending >/dev/null || hangar-dal migrations apply
            """,
        ),
        (
            "adopt",
            _adopt,
            "mark what a database without a history has had",
            """\
            For a database that has the tables but no history of migrations. Its tables, columns, rules and indexes
            are compared with what the migrations give; those that it has had are marked, or the differences printed.
            """,
        ),
        (
            "edited",
            _edited,
            "print applied migrations whose files were changed since",
            """\
            Prints the migrations whose SQL is no longer what was applied to this database, and exits with 1 if there
            are any. An applied migration is never edited; a new one changes what it did.
            """,
        ),
        (
            "break-lock",
            _break_lock,
            "remove the lock of a migrator that was killed",
            """\
            On PostgreSQL a dead migrator's lock goes by itself. On SQLite nobody can tell it from one that is at
            work: be sure that no other `apply` runs, then remove its lock with this.
            """,
        ),
    )
    for name, command, summary, description in offered:
        _add(actions, name, command, summary, description).add_argument(
            "--database",
            metavar="URL",
            help="a URL as in DATABASE_URL; mind that others on this machine can read a command line",
        )


def _add(commands: Subcommands, name: str, command: Command, summary: str, description: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=dedent(description),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=command)
    return parser


def _new_key(_: argparse.Namespace) -> int:
    print(sealing.new_key())
    return OK


def _apply(chosen: argparse.Namespace) -> int:
    applied = migrations.apply(chosen.database, progress=lambda migration: _say("applied", migration))
    if not applied:
        print("Nothing is pending.")
    return OK


def _pending(chosen: argparse.Namespace) -> int:
    missing = migrations.pending(chosen.database)
    for migration in missing:
        print(migration)
    return PENDING if missing else OK


def _adopt(chosen: argparse.Namespace) -> int:
    for migration in migrations.adopt(chosen.database):
        _say("marked", migration)
    return OK


def _edited(chosen: argparse.Namespace) -> int:
    changed = migrations.edited(chosen.database)
    for migration in changed:
        print(migration)
    return FAILED if changed else OK


def _break_lock(chosen: argparse.Namespace) -> int:
    migrations.break_lock(chosen.database)
    return OK


def _say(what: str, migration: str) -> None:
    print(f"{_coloured(what, _GREEN, sys.stdout)} {migration}", flush=True)


def _coloured(text: str, colour: str, stream: TextIO) -> str:
    """Only for a person who reads it on a terminal, and has not asked for none (https://no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not stream.isatty():
        return text
    return f"\033[{colour}m{text}\033[0m"


if __name__ == "__main__":
    sys.exit(main())
