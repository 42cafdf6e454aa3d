"""The function with which each module of the command line adds its commands."""

import argparse
from collections.abc import Callable
from textwrap import dedent
from typing import TypeAlias

Command = Callable[[argparse.Namespace], int]
Subcommands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_command(
    commands: Subcommands, name: str, command: Command, summary: str, description: str
) -> argparse.ArgumentParser:
    """Add a command with its help, and return its parser, to which the caller adds arguments.

    The function `command` runs the command and returns the exit code.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=dedent(description),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=command)
    return parser
