"""`python -m hangar_dal.cli`: the command, where its script is not on the PATH."""

import sys

from hangar_dal.cli import run

sys.exit(run())
