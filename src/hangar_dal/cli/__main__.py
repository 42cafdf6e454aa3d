"""`python -m hangar_dal.cli` runs `hangar-dal` if its script is not on the PATH."""

import sys

from hangar_dal.cli import run

sys.exit(run())
