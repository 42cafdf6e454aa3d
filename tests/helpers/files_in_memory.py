"""Temporary files in memory, where there is room: a commit waits for no disk, and a clone takes a tenth of the time.

Nothing of a test has to outlive the machine. `TMPDIR` says otherwise if it is set.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

_MEMORY: Final = Path("/dev/shm")
# All temporary files of a run took at most a quarter of this at any time.
_ENOUGH: Final = 4 << 30


def use_memory() -> None:
    """Make it the place of all temporary files, of the processes that this one starts as well."""
    if "TMPDIR" not in os.environ and _has_room():
        os.environ["TMPDIR"] = str(_MEMORY)
        tempfile.tempdir = None  # it may have been looked up before


def _has_room() -> bool:
    """Whether it is there and large enough; containers often have too little, and may run no program from there."""
    if not os.access(_MEMORY, os.W_OK) or shutil.disk_usage(_MEMORY).free < _ENOUGH:
        return False
    return not os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC
