"""How a command is declared, so that each module of the command line adds its own. Builds on `terminal`."""

import argparse
from collections.abc import Callable
from textwrap import dedent
from typing import TypeAlias

Command = Callable[[argparse.Namespace], int]
Subcommands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_command(
    commands: Subcommands, name: str, command: Command, summary: str, description: str
) -> argparse.ArgumentParser:
    """A command with its help; give the parser that comes back its arguments. `command` returns the exit code."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=dedent(description),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=command)
    return parser
