"""`hangar-dal new-key`."""

import argparse

from hangar_dal import sealing
from hangar_dal.cli.commands import Subcommands, add_command
from hangar_dal.cli.terminal import OK


def add(commands: Subcommands) -> None:
    """Offer `new-key`."""
    add_command(
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


def _new_key(_: argparse.Namespace) -> int:
    print(sealing.new_key())
    return OK
