"""Read a whole PostgreSQL database, in one read-only transaction."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from hangar_dal.errors import SettingsError
from hangar_dal.importing.model import Imported, LeftOut, Statement
from hangar_dal.importing.postgresql.columns import read_columns
from hangar_dal.importing.postgresql.items import Item, Key, Names, ordered, without_dependents
from hangar_dal.importing.postgresql.others import add_comments, add_dependencies, read_others
from hangar_dal.importing.postgresql.tables import Tables, in_tables
from hangar_dal.importing.postgresql.types import read_functions, read_sequences, read_types
from hangar_dal.migrations.objects import listed_objects
from hangar_dal.pending_migrations import YOYO_TABLES

_SCHEMAS: Final = """
SELECT n.nspname
FROM pg_catalog.pg_namespace AS n
WHERE
    n.nspname !~ '^pg_'
    AND n.nspname <> 'information_schema'
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e'
    )
ORDER BY n.nspname COLLATE "C"
"""
_MAIN: Final = "SELECT coalesce(current_schema(), 'public')"
_PARTS_OF_EXTENSIONS: Final = """
SELECT d.classid::regclass::text, d.objid FROM pg_catalog.pg_depend AS d WHERE d.deptype = 'e'
"""
_GRANTED: Final = """
SELECT count(*)
FROM pg_catalog.pg_class AS c
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%(schemas)s) AND (c.relacl IS NOT NULL OR EXISTS (
    SELECT FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL
))
"""
BODIES_LATER: Final = "SET LOCAL check_function_bodies = off"
_ITEM: Final = re.compile(r"('(?:[^']|'')*')::character varying")
_CAST_ARRAY: Final = re.compile(
    r"""(?P<what>[\w."]+)::text (?P<test>= ANY|<> ALL) """
    r"""\(ARRAY\[(?P<items>'(?:[^']|'')*'::character varying(?:, '(?:[^']|'')*'::character varying)*)\]::text\[\]\)"""
)


def read_postgresql(connection: Any, schemas: Sequence[str] = ()) -> tuple[Imported, tuple[str, ...]]:
    """Return the database, and the schemas that were read, the main one first.

    Needs a connection in autocommit mode. Raises `SettingsError` if one of the schemas does not exist.
    """
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        return _read(connection, schemas)
    finally:
        connection.execute("ROLLBACK")


def _read(connection: Any, wanted: Sequence[str]) -> tuple[Imported, tuple[str, ...]]:
    main, chosen = _schemas(connection, wanted)
    # Names of the main schema are printed without it.
    connection.execute("SELECT set_config('search_path', quote_ident(%s), TRUE)", [main])
    connection.execute("SET LOCAL TIME ZONE 'UTC'")
    names, values = Names(main), {"schemas": chosen, "main": main}
    items, bodies, inner = _items(connection, values, names)
    add_comments(connection, items)
    others = add_dependencies(connection, items, inner)
    left_out = list(_left_out(connection, items, chosen, others))
    left_out += _in_circles(items)
    _put_referred_first(items)
    order = list(ordered(items))
    in_tables(order, items)
    [(granted,)] = connection.execute(_GRANTED, values).fetchall()
    if granted:
        what = f"privileges on {granted} tables, views and sequences"
        left_out.append(LeftOut(what, "roles are not part of a schema; write GRANT where roles are set up"))
    first = [Statement(BODIES_LATER)] if bodies & items.keys() else []
    imported = Imported(
        (*first, *_statements(order)),
        tuple(table for key, table in read_columns(connection, values, names) if key in items),
        tuple(left_out),
        dict(Counter(item.kind for item in order)),
    )
    return imported, (main, *(name for name in chosen if name != main))


def _schemas(connection: Any, wanted: Sequence[str]) -> tuple[str, list[str]]:
    """Return the main schema and the schemas to read. Raises `SettingsError` if one of them does not exist."""
    [(main,)] = connection.execute(_MAIN).fetchall()
    every = [name for (name,) in connection.execute(_SCHEMAS)]
    for name in wanted:
        if name not in every:
            raise SettingsError(f"--schema {name}: the database has no such schema; it has {', '.join(every)}")
    chosen = [name for name in every if not wanted or name in wanted]
    if main not in chosen and wanted:
        raise SettingsError(
            f"--schema: the migrations of a project are applied in the schema {main}; name it too, or put another one "
            "first in the search path of the URL, as by ?options=-csearch_path%3Dbilling"
        )
    return main, chosen


def _in_circles(items: dict[Key, Item]) -> Iterator[LeftOut]:
    """Remove the items that need each other, and what needs them, and yield them."""
    made = {item.key for item in ordered(items)}
    for key in sorted(items.keys() - made):
        item = items.pop(key)
        yield LeftOut(f"{item.kind} {item.label}", "it and another object need each other")


def _put_referred_first(items: dict[Key, Item]) -> None:
    """Let each table come after those that its foreign keys refer to, if possible."""
    for one in items.values():
        if one.kind == "foreign key" and one.home in items:
            items[one.home].soft |= one.needs


def _items(connection: Any, values: dict[str, Any], names: Names) -> tuple[dict[Key, Item], set[Key], dict[Key, Key]]:
    """Return the objects, the functions whose bodies may name later objects, and the parts of tables."""
    members = {(each[0].removeprefix("pg_catalog."), each[1]) for each in connection.execute(_PARTS_OF_EXTENSIONS)}
    items = {item.key: item for item in read_types(connection, values, names)}
    bodies: set[Key] = set()
    for item, is_checked in read_functions(connection, values, names):
        items[item.key] = item
        bodies |= {item.key} if is_checked else set()
    tables = Tables(connection, values, names)
    inner = tables.inner
    sequences = {item.key: item for item in read_sequences(connection, values, names)}
    tables.own(sequences)
    items |= sequences
    items |= {item.key: item for item in tables.items}
    items |= {item.key: item for item in read_others(connection, values, names)}
    for key in [key for key, item in items.items() if key in members or item.home in members]:
        del items[key]
    return items, bodies, inner


def _left_out(
    connection: Any, items: dict[Key, Item], schemas: Sequence[str], others: dict[Key, set[Key]]
) -> Iterator[LeftOut]:
    """Remove the items that cannot be made, and yield these and all other objects of the database."""
    known = {
        (catalog.removeprefix("pg_catalog."), oid): (kind, identity, schema)
        for catalog, oid, kind, identity, schema in listed_objects(connection)
    }
    elsewhere = Counter(
        schema for key, (_, _, schema) in known.items() if key not in items and schema and schema not in schemas
    )
    for schema, count in sorted(elsewhere.items()):
        yield LeftOut(f"schema {schema}, {count} objects", "--schema does not name it")
    gone = {key: f"{kind} {identity}" for key, (kind, identity, _) in known.items() if key not in items}
    for key, item in list(items.items()):
        if not item.create:
            del items[key]
            gone[key] = item.label
            yield LeftOut(f"{item.kind} {item.label}", _why(item))
    needing = {key: next((gone[need] for need in sorted(needs) if need in gone), "") for key, needs in others.items()}
    for key, need in needing.items():
        if need and key in items:
            item = items.pop(key)
            gone[key] = item.label
            yield LeftOut(f"{item.kind} {item.label}", f"it needs {need}")
    for item, need in without_dependents(items, gone.items()):
        yield LeftOut(f"{item.kind} {item.label}", f"it needs {need}")
    said = {key for key in gone if key in known and known[key][2] in elsewhere}
    for key, (kind, identity, schema) in known.items():
        if key in items or key in said or (kind == "schema" and identity.strip('"') in (*schemas, *elsewhere)):
            continue
        if schema in schemas and identity.rpartition(".")[2].strip('"') in YOYO_TABLES:
            continue
        if key not in gone or gone[key] == f"{kind} {identity}":
            yield LeftOut(f"{kind} {identity}", "objects of this kind are not imported")


def _why(item: Item) -> str:
    if item.kind == "index":
        return "its build failed; drop it or run REINDEX, and import again"
    return "aggregates of this kind are not imported"


def _statements(order: Sequence[Item]) -> Iterator[Statement]:
    # When each object is dropped, as the place of the object that is dropped by a statement: the last one first.
    dropped: dict[Key, int] = {}
    for place, item in enumerate(order):
        home = dropped.get(item.home, -1) if item.home else -1
        # What the item needs must not be dropped before the table of the item.
        is_dropped_with_home = home >= 0 and all(dropped.get(need, -1) <= home for need in item.needs)
        dropped[item.key] = home if is_dropped_with_home else place
        if item.create:
            yield Statement(
                _with_in(item.create) if item.kind != "function" else item.create,
                "" if is_dropped_with_home else item.drop,
            )
        yield from map(Statement, item.after)
    for item in order:
        yield from map(Statement, item.last)


def _with_in(text: str) -> str:
    """Return the text with `IN (...)` where PostgreSQL prints an array of varchar that it casts to text[].

    It would read the array as one of texts, and print it in another way then.
    """
    return _CAST_ARRAY.sub(_as_list, text)


def _as_list(found: re.Match[str]) -> str:
    items = _ITEM.findall(found["items"])
    word = "IN" if found["test"].startswith("=") else "NOT IN"
    return f"{found['what']} {word} ({', '.join(items)})" if len(items) > 1 else found[0]
