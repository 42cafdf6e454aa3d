"""`PostgresType`, which marks values of a PostgreSQL type that has no type in Python."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, get_origin

from pydantic import Field, GetCoreSchemaHandler
from pydantic.errors import PydanticSchemaGenerationError
from pydantic_core import core_schema

# Other names of types, by the name that PostgreSQL shows.
_ALIASES: Final = {
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "bool": "boolean",
    "decimal": "numeric",
    "char": "character",
    "bpchar": "character",
    "varchar": "character varying",
    "varbit": "bit varying",
    "timetz": "time with time zone",
    "timestamptz": "timestamp with time zone",
    "time": "time without time zone",
    "timestamp": "timestamp without time zone",
}


def shown_name(name: str) -> str:
    """Return the name that PostgreSQL shows for a type, such as "smallint" for `int2`."""
    bare = name.removesuffix("[]")
    return _ALIASES.get(bare, bare) + name[len(bare) :]


@dataclass(frozen=True, slots=True)
class PostgresType:
    """Marks a value that PostgreSQL stores as the type `name`, in a catalog for PostgreSQL alone.

        Path = Annotated[str, PostgresType("ltree")]                 the text of a value
        Home = Annotated[Address, PostgresType("address")]           a model for a composite type
        Spot = Annotated[Vector, PostgresType("vector", dump=Vector.text, load=Vector.parse)]

    `dump` returns the text of a value as PostgreSQL reads it. `load` makes a value of what psycopg reads: text for a
    type that psycopg does not know. Nothing is registered with the driver, so other values are not affected.
    """

    name: str
    dump: Callable[[Any], str] | None = None
    load: Callable[[Any], Any] | None = None

    def __post_init__(self) -> None:
        """Refuse half a conversion, and use the name that PostgreSQL shows."""
        if (self.dump is None) != (self.load is None):
            raise TypeError(f"PostgresType({self.name!r}): give both dump and load, or neither")
        object.__setattr__(self, "name", shown_name(self.name))

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Let a class that Pydantic does not know be the type of a field: its values are its instances."""
        try:
            return handler(source)
        except PydanticSchemaGenerationError:
            return core_schema.is_instance_schema(get_origin(source) or source)


def _hstore_text(pairs: dict[str, str | None]) -> str:
    return ",".join(
        f"{_in_quotes(key)}=>{'NULL' if value is None else _in_quotes(value)}" for key, value in pairs.items()
    )


def _in_quotes(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _parse_hstore(found: str | dict[str, str | None]) -> dict[str, str | None]:
    if isinstance(found, dict):  # PostgreSQL writes it into JSON as an object
        return found
    pairs = _PAIR.findall(found)
    return {_plain(key): _plain(value[1:-1]) if value != "NULL" else None for key, value in pairs}


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


_PAIR: Final = re.compile(r'"((?:[^"\\]|\\.)*)"=>("(?:[^"\\]|\\.)*"|NULL)', re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_LARGEST_FLOAT4: Final = 3.4028234663852886e38

Int2 = Annotated[int, Field(ge=-(2**15), le=2**15 - 1)]
"""An integer that fits into a `smallint` column."""
Int4 = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
"""An integer that fits into an `integer` column."""
Float4 = Annotated[float, Field(ge=-_LARGEST_FLOAT4, le=_LARGEST_FLOAT4), PostgresType("real")]
"""A number for a `real` column, which keeps six digits."""
HStore = Annotated[dict[str, str | None], PostgresType("hstore", dump=_hstore_text, load=_parse_hstore)]
"""The value of an `hstore` column: texts by name."""
