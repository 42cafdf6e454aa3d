"""`hangar-dal keys ...`: make the keys that seal, and replace them."""

import argparse

from hangar_dal import sealing
from hangar_dal.cli.commands import Subcommands, add_command
from hangar_dal.cli.terminal import OK


def add(commands: Subcommands) -> None:
    """Offer `keys` and its commands."""
    parser = commands.add_parser(
        "keys",
        help="make keys that seal values, and replace old ones",
        description="The keys that seal values before they are stored. How to replace one: docs/deployment.md.",
    )
    actions = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_command(
        actions,
        "new",
        _new,
        "print a new key",
        """\
        Prints one new entry of HANGAR_SEALING_KEYS. The first entry seals, every entry opens:

          first key      HANGAR_SEALING_KEYS="$(hangar-dal keys new)"
          new key        HANGAR_SEALING_KEYS="$(hangar-dal keys new),$HANGAR_SEALING_KEYS"

        Keep keys where you keep passwords. What was sealed with a key that is lost cannot be read again.
        """,
    )


def _new(_: argparse.Namespace) -> int:
    print(sealing.new_key())
    return OK
