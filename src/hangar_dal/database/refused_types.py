"""Types and values that a database cannot store, or that would not be read back equal. Below `types`."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from pydantic import EncodedBytes, EncodedStr, Json, SecretStr

from hangar_dal.errors import InvalidValue, raise_alone
from hangar_dal.rules import Problem
from hangar_dal.values import check_int, check_text


class UnsupportedType(TypeError):
    """Both databases cannot store values of the annotation equally. The message says why, and what to use instead."""

    def __init__(self, message: str, fix: str = "") -> None:
        self.problem = Problem(message, fix)
        super().__init__(str(self.problem))


REFUSED: Final[dict[Any, Problem]] = {
    SecretStr: Problem("a secret is hashed or sealed before it reaches SQL", "declare a str or a Sealed field"),
    Any: Problem("Any is not a column type", "declare the type"),
    object: Problem("object is not a column type", "declare the type"),
}


def without_sqlite(problem: Problem, dialects: Sequence[str]) -> Problem:
    """Return the problem of a catalog for these dialects that needs a type which only PostgreSQL has."""
    if "postgresql" not in dialects:
        return problem
    alone = 'write the catalog for PostgreSQL alone: dialects=["postgresql"]'
    return problem._replace(fix=f"{problem.fix}, or {alone}" if problem.fix else alone)


def refuse_unstorable(values: tuple[Any, ...]) -> None:
    """Raise `UnsupportedType` for a value of a Literal or an Enum that no call could send."""
    for value in values:
        try:
            if isinstance(value, str):
                check_text("", value)
            elif isinstance(value, int):
                check_int("", value)
        except InvalidValue as refused:
            reason = str(refused).removeprefix(": ")
            raise_alone(UnsupportedType(f"the value {value!r} of an Enum or a Literal cannot be stored: {reason}"))


def refuse_one_way(markers: Iterable[Any]) -> None:
    """Raise `UnsupportedType` for a marker that makes another value of each value, so that none is read back equal."""
    for marker in markers:
        if isinstance(marker, EncodedStr | EncodedBytes):
            raise UnsupportedType(
                f"Pydantic decodes it with {marker.encoder.__name__} each time it is validated, also when it is read",
                "declare a plain str or bytes, and decode or encode it in the application",
            )
        if marker is Json or type(marker) is Json:
            raise UnsupportedType("Json parses text each time it is validated", "declare the type inside Json[...]")


def no_column(bare: Any, dialects: Sequence[str]) -> UnsupportedType:
    """Return the error for an annotation that no column holds."""
    name = getattr(bare, "__name__", bare)
    if "sqlite" not in dialects:
        return UnsupportedType(f"{name} has no column type", "docs/one_database.md lists the types that have one")
    return UnsupportedType(f"{name} has no column type on both databases", "sql/README.md lists those that have")


def scalar_kind(values: tuple[Any, ...]) -> str:
    """Return the kind of these values of an Enum or a Literal. Raises `UnsupportedType` if they have several."""
    kinds = {type(value) for value in values}
    if kinds not in ({str}, {int}):
        raise UnsupportedType("the values of an Enum or a Literal must be all text or all integers")
    refuse_unstorable(values)
    return "text" if kinds == {str} else "int"
