"""What can be reached from an exception: the exceptions it is linked to, and the locals of its traceback's frames."""

from collections.abc import Iterator
from typing import Any

DRIVERS = ("aiosqlite", "argon2", "cryptography", "psycopg", "psycopg_pool", "pydantic", "pydantic_core", "sqlite3")


def linked(error: BaseException) -> list[BaseException]:
    """The exception and all that it leads to: causes, contexts (suppressed ones too), arguments, members of groups."""
    found: list[BaseException] = [error]
    for one in found:
        behind = [one.__cause__, one.__context__, *one.args, *getattr(one, "exceptions", ())]
        found += [each for each in behind if isinstance(each, BaseException) and each not in found]
    return found


def in_frames(error: BaseException) -> Iterator[Any]:
    """Every local variable of every frame that the error went through."""
    trace = error.__traceback__
    while trace is not None:
        yield from trace.tb_frame.f_locals.values()
        trace = trace.tb_next


def texts_in_frames(error: BaseException) -> str:
    """What a tool that records local variables would show of the package's own frames."""
    trace, found = error.__traceback__, []
    while trace is not None:
        if "hangar_dal" in trace.tb_frame.f_globals["__name__"]:
            found += [
                each for each in trace.tb_frame.f_locals.values() if type(each) in (str, bytes, list, dict, tuple)
            ]
        trace = trace.tb_next
    return repr(found)


def of_drivers(error: BaseException) -> list[BaseException]:
    """The exceptions of drivers and libraries, and Python's that hold a value, that can be reached from `error`."""
    chained = linked(error)
    local = [each for one in chained for each in in_frames(one) if isinstance(each, BaseException)]
    reached = {id(each): each for one in (*chained, *local) for each in linked(one)}
    return [each for each in reached.values() if _is_foreign(each)]


def _is_foreign(error: BaseException) -> bool:
    package = type(error).__module__.partition(".")[0]
    return package in DRIVERS or (isinstance(error, UnicodeError | KeyError | ValueError) and package == "builtins")


def told(error: BaseException) -> str:
    """All that a log or an error report could take from an error and from what it leads to."""
    return "\n".join(
        f"{one!s} {one!r} {one.args!r} {vars(one)!r} {getattr(one, '__notes__', '')}" for one in linked(error)
    )
