"""Annotations and column types of a catalog for PostgreSQL alone, and an application that has all of them."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Final, NamedTuple

from hangar_dal import Catalog

SHIM: Final = """\
from hangar_dal.migrations.loader import load

__depends__, __transactional__, steps = load(__file__)
"""
PREAMBLE: Final = (Path(__file__).parent / "types_models.py").read_text(encoding="utf-8")
TYPES: Final = """\
CREATE TYPE mood AS ENUM ('good', 'very bad');
CREATE DOMAIN amount AS numeric CHECK (value < 1e40);
CREATE TYPE timerange AS RANGE (subtype = time);
CREATE TYPE inner_part AS (tags text[], span int4range);
CREATE TYPE pair AS (
    text text, whole integer, flag boolean, share double precision, price amount, length interval, at timestamptz,
    data bytea, key uuid, moods mood[], mood mood, doc jsonb, bits varbit, part inner_part
);
"""
# By the name of each type of column: what PostgreSQL calls it.
COLUMNS: Final = {
    "text": "text", "bigint": "bigint", "int4": "integer", "int2": "smallint", "boolean": "boolean",
    "float8": "double precision", "float4": "real", "numeric": "numeric", "numeric52": "numeric(5, 2)",
    "bytea": "bytea", "uuid": "uuid", "instant": "timestamptz", "naive": "timestamp", "naive0": "timestamp(0)",
    "date": "date", "jsonb": "jsonb", "inet": "inet", "cidr": "cidr", "money": "money", "mood": "mood",
    "interval": "interval", "interval0": "interval(0)", "days": "interval day", "time": "time", "time0": "time(0)",
    "timetz": "timetz", "amount": "amount", "int4range": "int4range", "int8range": "int8range",
    "numrange": "numrange", "daterange": "daterange", "tstzrange": "tstzrange", "tsrange": "tsrange",
    "int4multirange": "int4multirange", "int8multirange": "int8multirange", "nummultirange": "nummultirange",
    "datemultirange": "datemultirange", "tstzmultirange": "tstzmultirange", "tsmultirange": "tsmultirange",
    "timerange": "timerange", "bit8": "bit(8)", "varbit": "varbit", "char5": "char(5)", "xml": "xml",
    "tsvector": "tsvector", "point": "point", "pair": "pair",
    "hstore": "hstore", "ltree": "ltree", "citext": "citext",
    "vector": "vector(3)",
}  # fmt: skip
EXTENSIONS: Final = ("hstore", "ltree", "citext", "vector")  # each has a type of its name


class Annotation(NamedTuple):
    """An annotation, values of it in Python, and the columns that must accept it.

    `is_alone` is True if a catalog for both databases refuses the annotation.
    """

    text: str
    values: str
    columns: tuple[str, ...]
    is_alone: bool = True


ZONED: Final = "datetime(2030, 1, 1, tzinfo=UTC), datetime(2030, 2, 1, 0, 0, 0, 1, tzinfo=UTC)"
UNZONED: Final = "datetime(2030, 1, 1), datetime(2030, 2, 1)"
NUMBERS: Final = "[Decimal('0'), Decimal('-0.10'), Decimal('1E+30'), Decimal('12345678901234567890.0123456789')]"
SPANS: Final = "[timedelta(0), timedelta(microseconds=-1), timedelta(days=-3, seconds=5), timedelta.max, timedelta.min]"
CLOCK: Final = "[time(0), time(23, 59, 59, 999999), time(1, 2)]"
NAIVE: Final = "[datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)]"
SCALARS: Final[dict[str, Annotation]] = {
    "str": Annotation("str", "['', 'a b ', 'NULL', '{\"a\"}', 'größe']", ("text",), is_alone=False),
    "int": Annotation("int", "[0, 2**63 - 1, -(2**63)]", ("bigint",), is_alone=False),
    "bytes": Annotation("bytes", "[b'', b'\\0\\xff\\\\\"']", ("bytea",), is_alone=False),
    "decimal": Annotation("Decimal", NUMBERS, ("numeric", "amount")),
    "price": Annotation(
        "Annotated[Decimal, Field(max_digits=5, decimal_places=2)]",
        "[Decimal('0'), Decimal('999.99'), Decimal('-1.5')]",
        ("numeric", "numeric52", "amount"),
        is_alone=False,
    ),
    "timedelta": Annotation("timedelta", SPANS, ("interval",), is_alone=False),
    "time": Annotation("time", CLOCK, ("time",), is_alone=False),
    "naive": Annotation("NaiveDatetime", NAIVE, ("naive",)),
    "address": Annotation("IPv4Address", "[IPv4Address('10.0.0.1')]", ("inet",)),
    "address6": Annotation("IPv6Address", "[IPv6Address('::1'), IPv6Address('2001:db8::7')]", ("inet",)),
    "addresses": Annotation(
        "IPv4Address | IPv6Address", "[IPv4Address('0.0.0.0'), IPv6Address('::ffff:10.0.0.1')]", ("inet",)
    ),
    "any_address": Annotation("IPvAnyAddress", "[IPv4Address('10.0.0.1'), IPv6Address('::1')]", ("inet",)),
    "interface": Annotation("IPv4Interface", "[IPv4Interface('10.0.0.1/8'), IPv4Interface('10.0.0.1/32')]", ("inet",)),
    "network": Annotation("IPv4Network", "[IPv4Network('10.0.0.0/8'), IPv4Network('10.0.0.1/32')]", ("cidr",)),
    "network6": Annotation("IPv6Network", "[IPv6Network('2001:db8::/32')]", ("cidr",)),
    "mood": Annotation("Mood", "[Mood.GOOD, Mood.BAD]", ("text", "mood"), is_alone=False),
    "literal": Annotation("Literal['good', 'very bad']", "['good', 'very bad']", ("text", "mood"), is_alone=False),
}
SCALARS |= {
    "int2": Annotation("Int2", "[-32768, 32767]", ("bigint", "int4", "int2"), is_alone=False),
    "int4": Annotation("Int4", "[-(2**31), 2**31 - 1]", ("bigint", "int4"), is_alone=False),
    "float4": Annotation("Float4", "[0.0, 0.1, -3.25, 1e30]", ("float4",)),
    "hstore": Annotation("HStore", "[{}, {'a': '1', 'b\"\\\\': None, '': 'x=>y'}]", ("hstore",)),
    "path": Annotation("Annotated[str, PostgresType('ltree')]", "['', 'a.b_1']", ("ltree",)),
    "folded": Annotation("str", "['Größe']", ("citext",), is_alone=False),
    "bits": Annotation("Annotated[str, PostgresType('varbit')]", "['', '0101']", ("varbit",)),
    "bit8": Annotation("Annotated[str, PostgresType('bit')]", "['01010101']", ("bit8",)),
    "char5": Annotation("Annotated[str, PostgresType('char')]", "['abcde']", ("char5",)),
    "xml": Annotation("Annotated[str, PostgresType('xml')]", "['<a b=\"1\">x</a>']", ("xml",)),
    "tsvector": Annotation("Annotated[str, PostgresType('tsvector')]", "[\"'cat':3 'fat':2\"]", ("tsvector",)),
    "vector": Annotation(
        "Annotated[list[float], PostgresType('vector', dump=json.dumps, load=json.loads)]",
        "[[1.0, -2.5, 0.0]]",
        ("vector",),
    ),
    "pair": Annotation("Annotated[Pair, PostgresType('pair')]", "[FULL, EMPTY]", ("pair",)),
    "spot": Annotation(
        "Annotated[Spot, PostgresType('point', dump=Spot.text, load=Spot.parse)]", "[Spot(1.5, -2.0)]", ("point",)
    ),
    "opening": Annotation(
        "Annotated[Range[time], PostgresType('timerange')]",
        "[Range(time(8), time(17, 30)), Range.empty()]",
        ("timerange",),
    ),
}
for kind, bound, ends in (
    ("", "int", "1, 5"),
    ("num", "Decimal", "Decimal('1.5'), Decimal('2.50')"),
    ("date", "date", "date(2030, 1, 1), date(2030, 2, 1)"),
    ("tstz", "datetime", ZONED),
    ("ts", "NaiveDatetime", UNZONED),
):
    columns = ("int8range", "int4range") if bound == "int" else (f"{kind}range",)
    of_many = tuple(column.replace("range", "multirange") for column in columns)
    few = (
        f"[Range({ends}), Range({ends}, '(]'), Range.empty(), Range(), Range(*[{ends}][:1]), Range(None, [{ends}][-1])]"
    )
    SCALARS[f"range_of_{bound.lower()}"] = Annotation(f"Range[{bound}]", few, columns)
    many = f"[Multirange(), Multirange([Range({ends}), Range(None, None, '()')]), Multirange([Range({ends}, '()')])]"
    SCALARS[f"multirange_of_{bound.lower()}"] = Annotation(f"Multirange[{bound}]", many, of_many)
POSITIONS: Final = ("argument", "field", "item", "read", "nested", "maybe")
FUNCTIONS: Final = {
    "argument": "async def argument_{0}(db: Executor, value: {1}) -> RowCount: ...",
    "field": "async def field_{0}(db: Executor, new: Of_{2}) -> Of_{2}: ...",
    "item": "async def item_{0}(db: Executor, news: list[Of_{2}]) -> RowCount: ...",
    "read": "async def read_{0}(db: Executor) -> {1}: ...",
    "nested": "async def nested_{0}(db: Executor) -> Around_{2}: ...",
    "maybe": "async def maybe_{0}(db: Executor, new: Maybe_{2}) -> Maybe_{2}: ...",
}
WRITE: Final = "INSERT INTO t_{column} (id, value) VALUES (1, :value)"
STATEMENTS: Final = {
    "argument": WRITE,
    "field": WRITE + " RETURNING value",
    "item": "INSERT INTO t_{column} (id, value)\n"
    "SELECT 1, entry.value FROM json_to_recordset(:news) AS entry (value {type})",
    "read": "SELECT value FROM t_{column} WHERE id = 1",
    "nested": "SELECT json_build_object('value', {inside}) AS inner_part FROM t_{column} WHERE id = 1",
    "maybe": "INSERT INTO m_{column} (id, value) VALUES (1, :value) RETURNING value",
}
Query = tuple[str, str, str]  # position, annotation, column


def with_arrays(
    columns: dict[str, str], scalars: dict[str, Annotation]
) -> tuple[dict[str, str], dict[str, Annotation]]:
    """The same and, for each, an array of it, whose items may be None if the name ends with `_or_none`."""
    arrays = {f"{name}_array": f"{type_}[]" for name, type_ in columns.items()}
    lists = {
        f"list_of_{name}{suffix}": Annotation(
            f"list[{each.text}{' | None' if suffix else ''}]",
            f"[[], {each.values}{' + [None]' if suffix else ''}]",
            tuple(f"{column}_array" for column in each.columns),
        )
        for name, each in scalars.items()
        for suffix in ("", "_or_none")
    }
    return {**columns, **arrays}, {**scalars, **lists}


ALL_COLUMNS, ANNOTATIONS = with_arrays(COLUMNS, SCALARS)


def every_query(without: Iterable[str] = ()) -> list[Query]:
    """Each annotation with its columns in each position, and with all others as argument, item, result and in JSON.

    `without` are the extensions that the server does not have.
    """
    missing = {*without, *(f"{name}_array" for name in without)}
    return [
        (position, annotation, column)
        for annotation, (_, _, columns, _) in ANNOTATIONS.items()
        for column in ALL_COLUMNS
        for position in POSITIONS
        if column not in missing and missing.isdisjoint(columns)
        if column in columns or _is_crossed(position, annotation, column)
        # A list as a result is many rows, a model as a result is one, and as an argument it hands out its fields.
        if not (position == "read" and annotation.startswith("list_of"))
        # A composite value differs in JSON.
        if not (position == "nested" and annotation.endswith(("pair", "pair_or_none")))
    ]


def _is_crossed(position: str, annotation: str, column: str) -> bool:
    is_list, is_array = annotation.startswith("list_of"), column.endswith("_array")
    if is_list != is_array:
        return position == "argument" and annotation in (
            "str",
            "path",
            "list_of_str",
            "list_of_decimal",
            "list_of_mood",
        )
    return position in (("argument", "item") if is_list else ("argument", "item", "read", "nested"))


def write_migrations(folder: Path, extensions: Iterable[str] = ()) -> None:
    """Two tables for each type of column: `t_NAME`, whose column is NOT NULL, and `m_NAME`."""
    made = [f"CREATE EXTENSION {name};\n" for name in extensions]
    made.append(TYPES)
    missing = {*EXTENSIONS} - {*extensions}
    for name, type_ in ALL_COLUMNS.items():
        if name.removesuffix("_array") in missing:
            continue
        made.append(f"CREATE TABLE t_{name} (id bigint PRIMARY KEY DEFAULT 1, value {type_} NOT NULL);\n")
        made.append(f"CREATE TABLE m_{name} (id bigint PRIMARY KEY, value {type_});\n")
    (folder / "postgresql").mkdir(parents=True)
    (folder / "0100_values.py").write_text(SHIM)
    (folder / "postgresql" / "0100_values.sql").write_text("".join(made))
    (folder / "postgresql" / "0100_values.rollback.sql").write_text("SELECT 1;")


def tables(folder: Path) -> list[str]:
    """The statements that make the tables."""
    text = (folder / "postgresql" / "0100_values.sql").read_text(encoding="utf-8")
    return text.strip().removesuffix(";").split(";\n")


def inside(column: str) -> str:
    """How the column is written into JSON. Python reads a number in JSON as a float, so a `numeric` is text there."""
    is_numeric = column.removesuffix("_array") in ("numeric", "numeric52", "amount")
    return f"CAST(value AS text{'[]' if column.endswith('_array') else ''})" if is_numeric else "value"


def declared(queries: Sequence[Query], folder: Path) -> tuple[Catalog, ModuleType]:
    """A catalog for PostgreSQL alone with these queries, and the module that declares them."""
    catalog = Catalog("types", sql=folder, dialects=["postgresql"])
    module = sys.modules["types_store.values"] = ModuleType("types_store.values")
    vars(module)["query"] = catalog.query
    lines, blocks = [PREAMBLE], list[str]()
    for name, annotation in ANNOTATIONS.items():
        lines.append(f"class Of_{name}(Row):\n    value: {annotation.text}\n")
        lines.append(f"class Maybe_{name}(Row):\n    value: {annotation.text} | None\n")
        lines.append(f"class Around_{name}(Row):\n    inner_part: Of_{name}\n")
    for position, annotation, column in queries:
        name = f"{annotation}__{column}"
        lines.append("@query\n" + FUNCTIONS[position].format(name, ANNOTATIONS[annotation].text, annotation))
        text = STATEMENTS[position].format(column=column, type=ALL_COLUMNS[column], inside=inside(column))
        blocks.append(f"-- name: {position}_{name}\n{text};\n")
    exec(compile("\n".join(lines), "values.py", "exec", dont_inherit=True), vars(module))
    (folder / "postgresql").mkdir(parents=True, exist_ok=True)
    (folder / "postgresql" / "values.sql").write_text("\n".join(blocks), encoding="utf-8")
    return catalog, module
