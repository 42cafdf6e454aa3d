"""How an error is raised so that it does not lead to the exception being handled. Imports no other module."""

from typing import NoReturn


def raise_alone(error: Exception) -> NoReturn:
    """Raise an error that does not lead to the exception being handled.

    `raise error from None` only hides that exception: it stays reachable as `__context__`, and its words and
    attributes hold row values, passwords or whole files.
    """
    try:
        raise error
    finally:
        error.__context__ = None
        del error  # the traceback refers to this frame: without this, both would live until the garbage collector runs
