"""Everything here runs on asyncio. Builds on `errors`."""

import asyncio
from typing import Final

from hangar_dal.errors import WrongEventLoop

_NOWHERE: Final = (
    "no asyncio event loop runs here. This package runs on asyncio and on uvloop, not on trio: with anyio, choose the "
    "asyncio backend"
)


def require_asyncio() -> None:
    """Raise `WrongEventLoop` under another library's event loop, or under none, before anything is begun there."""
    if asyncio._get_running_loop() is None:
        raise WrongEventLoop(_NOWHERE)
