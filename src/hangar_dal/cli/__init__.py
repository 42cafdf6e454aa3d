"""The command line `hangar-dal`, for an installation without a checkout. The top layer.

Each command, or group of commands, has a module. `add(commands)` of the module adds it to the parser.
"""

import argparse
import gc
import re
import signal
import sys
from collections.abc import Sequence
from textwrap import dedent
from types import FrameType
from typing import Final, NoReturn

from hangar_dal.cli import backup, check, explain, importing, init, keys, migrations, new, refold, schema, shell
from hangar_dal.cli.commands import Command
from hangar_dal.cli.options import check_urls
from hangar_dal.cli.streams import checked_output, give_up, lossy_errors
from hangar_dal.cli.terminal import FAILED, MISUSED, RED, coloured, in_diff_colours
from hangar_dal.errors import HangarError, SettingsError

# What is before the last @ of a URL, and the option `password`.
_PASSWORD: Final = re.compile(r"(?<=//)\S+(?=@)|(?<=password=)[^\s&]+")


def run() -> int:
    """The entry point for the shell: run `main` and return the exit code.

    On Ctrl-C and on SIGTERM, which CI sends to stop a job, scratch databases are still dropped and locks released.
    """
    gc.disable()  # the process ends too soon for garbage collection to be worthwhile
    signal.signal(signal.SIGTERM, _stop)
    try:
        return main()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Results go to stdout, and an error goes to stderr as one message."""
    with lossy_errors():
        return _run(arguments)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        with checked_output():
            chosen = parser().parse_args(arguments)
            command: Command = chosen.command
            check_urls(chosen)
            return command(chosen)
    except HangarError as error:
        message, *more = str(error).splitlines() or [""]
        print(f"{coloured('error:', RED, sys.stderr)} {message}", file=sys.stderr)
        for line in more:
            print(in_diff_colours(line, sys.stderr), file=sys.stderr)
        return MISUSED if isinstance(error, SettingsError) else FAILED
    except BrokenPipeError:  # `hangar-dal ... | head`: the reader has closed the pipe
        give_up(sys.stdout)
        return FAILED


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


class _Parser(argparse.ArgumentParser):
    """A parser, also of each command, whose messages do not show the passwords of URLs."""

    def error(self, message: str) -> NoReturn:
        super().error(_PASSWORD.sub("...", message))


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line, with all commands."""
    whole = _Parser(
        prog="hangar-dal",
        description="Check queries, and manage migrations, keys and backups. The commands use the database of\n"
        "DATABASE_URL, which is read from the environment or from .env. Default: sqlite:///hangar_bay_dev.db.",
        epilog=dedent("""\
            examples:
              hangar-dal migrations apply                      apply pending migrations
              hangar-dal migrations pending || echo "old"      exit with status 3 if migrations are pending
              export HANGAR_SEALING_KEYS="$(hangar-dal keys new)"

            exit codes: 0 success, 1 failure, findings or differences, 2 wrong arguments or settings,
            3 something is left to do: migrations are pending, or values are outdated,
            4 an applied migration was edited or its file is missing. `hangar-dal COMMAND --help` has the details
            """),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in (init, importing, backup, check, explain, keys, migrations, new, refold, schema, shell):
        module.add(commands)
    return whole
