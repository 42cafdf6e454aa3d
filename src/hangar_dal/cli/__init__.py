"""`hangar-dal`: what an installed package needs from a shell, without a checkout. The topmost layer.

A module for each command, or for each family of commands; `add(commands)` offers it.
"""

import argparse
import gc
import os
import signal
import sys
from collections.abc import Sequence
from textwrap import dedent
from types import FrameType
from typing import NoReturn

from hangar_dal.cli import backup, check, explain, keys, migrations, new, refold, schema
from hangar_dal.cli.commands import Command
from hangar_dal.cli.terminal import FAILED, RED, coloured, in_diff_colours
from hangar_dal.errors import HangarError


def run() -> int:
    """What the shell calls: `main` in a process of its own.

    Stopped by Ctrl-C or by SIGTERM, as CI stops a job, it still drops its scratch databases and gives its locks back.
    """
    gc.disable()  # it ends before collecting garbage could pay
    signal.signal(signal.SIGTERM, _stop)
    try:
        return main()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. Its answer goes to stdout, an error as one message to stderr."""
    chosen = _parser().parse_args(arguments)
    command: Command = chosen.command
    try:
        return command(chosen)
    except HangarError as error:
        message, *more = str(error).splitlines() or [""]
        print(f"{coloured('error:', RED, sys.stderr)} {message}", file=sys.stderr)
        for line in more:
            print(in_diff_colours(line, sys.stderr), file=sys.stderr)
        return FAILED
    except BrokenPipeError:  # `hangar-dal ... | head`: the reader has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hangar-dal",
        description="Keys, migrations and checks for hangar_dal. The database is the one that DATABASE_URL names,\n"
        "from the environment or from .env, and sqlite:///hangar_bay_dev.db without it.",
        epilog=dedent("""\
            examples:
              hangar-dal migrations apply                      apply what is pending
              hangar-dal migrations pending || echo "old"      exit with status 3 if migrations are pending
              export HANGAR_SEALING_KEYS="$(hangar-dal keys new)"

            exit codes: 0 done, 1 failed, 2 not understood, 3 migrations are pending, 4 the history
            does not fit the files
            """),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in (backup, check, explain, keys, migrations, new, refold, schema):
        module.add(commands)
    return parser
