"""Import the packages that an extra installs, with an error that names the extra.

An application installs only what it uses: `hangar-dal[sqlite]`, `[postgresql]`, `[accounts]` and so on.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from hangar_dal.errors import NotInstalled


@contextmanager
def needing(extra: str) -> Iterator[None]:
    """Within the block, an import of a package that is not installed raises `NotInstalled`."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
    else:
        return
    raise NotInstalled(f"{missing} is not installed", f"run: pip install 'hangar-dal[{extra}]'")
