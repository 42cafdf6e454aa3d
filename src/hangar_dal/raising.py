"""Raise an error without a reference to the exception being handled. Imports no other module."""

from typing import NoReturn


def raise_alone(error: Exception) -> NoReturn:
    """Raise an error without a reference to the exception being handled.

    `raise error from None` only hides that exception. It stays reachable as `__context__`, and its message and
    attributes may contain row values, passwords or whole files.
    """
    try:
        raise error
    finally:
        error.__context__ = None
        del error  # break the cycle of traceback and frame, which would live until the garbage collector runs
