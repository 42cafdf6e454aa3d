"""Check that the code runs on an asyncio event loop."""

import asyncio
from typing import Final

from hangar_dal.errors import WrongEventLoop

_NOWHERE: Final = (
    "no asyncio event loop runs here. This package runs on asyncio and on uvloop, not on trio: with anyio, choose the "
    "asyncio backend"
)


def require_asyncio() -> None:
    """Raise `WrongEventLoop` unless an asyncio event loop is running. Call it before any work starts."""
    if asyncio._get_running_loop() is None:
        raise WrongEventLoop(_NOWHERE)
