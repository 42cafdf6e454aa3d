"""Extensions, schemas, collations, types, functions and sequences of a PostgreSQL database."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from hangar_dal.importing.postgresql.items import Item, Names
from hangar_dal.migrations.identifiers import written

_EXTENSIONS: Final = """
SELECT e.oid, e.extname, n.nspname
FROM pg_catalog.pg_extension AS e
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
WHERE e.extname <> 'plpgsql' -- is in every database
ORDER BY e.extname COLLATE "C"
"""
_SCHEMAS: Final = """
SELECT n.oid, n.nspname
FROM pg_catalog.pg_namespace AS n
WHERE n.nspname = ANY(%(schemas)s) AND n.nspname <> %(main)s
ORDER BY n.nspname COLLATE "C"
"""
_TYPES: Final = """
SELECT
    t.oid,
    n.nspname,
    t.typname,
    t.typtype,
    ARRAY(
        SELECT quote_literal(e.enumlabel)
        FROM pg_catalog.pg_enum AS e
        WHERE e.enumtypid = t.oid
        ORDER BY e.enumsortorder
    ),
    ARRAY(
        SELECT concat_ws(
            ' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
            'COLLATE ' || CASE WHEN a.attcollation <> y.typcollation THEN a.attcollation::regcollation::text END
        )
        FROM pg_catalog.pg_attribute AS a
        INNER JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid
        WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY a.attnum
    ),
    concat_ws(
        ' ',
        format_type(t.typbasetype, t.typtypmod),
        'COLLATE ' || CASE WHEN t.typcollation <> b.typcollation THEN t.typcollation::regcollation::text END,
        'DEFAULT ' || t.typdefault,
        CASE WHEN t.typnotnull THEN 'NOT NULL' END
    ),
    ARRAY(
        SELECT 'CONSTRAINT ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid, TRUE)
        FROM pg_catalog.pg_constraint AS k
        WHERE k.contypid = t.oid AND k.contype = 'c'
        ORDER BY k.conname COLLATE "C"
    ),
    concat_ws(
        ', ',
        'subtype = ' || r.rngsubtype::regtype::text,
        'subtype_opclass = ' || CASE WHEN NOT o.opcdefault THEN quote_ident(o.opcname) END,
        'collation = ' || nullif(r.rngcollation, 0)::regcollation::text,
        'subtype_diff = ' || nullif(r.rngsubdiff, 0)::regproc::text,
        'canonical = ' || nullif(r.rngcanonical, 0)::regproc::text,
        'multirange_type_name = ' || quote_ident(m.typname)
    )
FROM pg_catalog.pg_type AS t
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_type AS b ON b.oid = t.typbasetype
LEFT JOIN pg_catalog.pg_range AS r ON r.rngtypid = t.oid
LEFT JOIN pg_catalog.pg_opclass AS o ON o.oid = r.rngsubopc
LEFT JOIN pg_catalog.pg_type AS m ON m.oid = r.rngmultitypid
WHERE
    n.nspname = ANY(%(schemas)s)
    AND (
        t.typtype IN ('e', 'd', 'r')
        OR t.typtype = 'c' AND (SELECT c.relkind FROM pg_catalog.pg_class AS c WHERE c.oid = t.typrelid) = 'c'
    )
"""
_COLLATIONS: Final = """
SELECT
    l.oid,
    n.nspname,
    l.collname,
    concat_ws(
        ', ',
        'provider = ' || CASE l.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
        -- PostgreSQL 15 and 17 gave the column other names.
        'locale = ' || quote_literal(
            CASE WHEN l.collprovider = 'c' THEN NULL ELSE
                coalesce(to_jsonb(l) ->> 'colllocale', to_jsonb(l) ->> 'colliculocale', l.collcollate)
            END
        ),
        'lc_collate = ' || quote_literal(CASE WHEN l.collprovider = 'c' THEN l.collcollate END),
        'lc_ctype = ' || quote_literal(CASE WHEN l.collprovider = 'c' THEN l.collctype END),
        CASE WHEN NOT l.collisdeterministic THEN 'deterministic = false' END,
        'rules = ' || quote_literal(to_jsonb(l) ->> 'collicurules')
    )
FROM pg_catalog.pg_collation AS l
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = l.collnamespace
WHERE n.nspname = ANY(%(schemas)s)
"""
_FUNCTIONS: Final = """
SELECT
    p.oid,
    n.nspname,
    p.proname,
    p.prokind,
    pg_get_function_identity_arguments(p.oid),
    CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END,
    l.lanname = 'sql' AND p.prosqlbody IS NULL
FROM pg_catalog.pg_proc AS p
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
INNER JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
WHERE
    n.nspname = ANY(%(schemas)s)
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i' -- of a range type
    )
"""
_AGGREGATES: Final = """
SELECT
    a.aggfnoid::oid,
    concat_ws(
        ', ',
        'SFUNC = ' || a.aggtransfn::regproc::text,
        'STYPE = ' || format_type(a.aggtranstype, NULL),
        'SSPACE = ' || nullif(a.aggtransspace, 0),
        'FINALFUNC = ' || nullif(a.aggfinalfn::oid, 0)::regproc::text,
        CASE WHEN a.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
        'COMBINEFUNC = ' || nullif(a.aggcombinefn::oid, 0)::regproc::text,
        'SERIALFUNC = ' || nullif(a.aggserialfn::oid, 0)::regproc::text,
        'DESERIALFUNC = ' || nullif(a.aggdeserialfn::oid, 0)::regproc::text,
        'INITCOND = ' || quote_literal(a.agginitval),
        'PARALLEL = ' || CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' END
    ),
    a.aggkind = 'n' AND a.aggmtransfn = 0 AND a.aggsortop = 0
FROM pg_catalog.pg_aggregate AS a
INNER JOIN pg_catalog.pg_proc AS p ON p.oid = a.aggfnoid
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = ANY(%(schemas)s)
"""
_SEQUENCES: Final = """
SELECT
    c.oid,
    n.nspname,
    c.relname,
    format_type(s.seqtypid, NULL),
    s.seqstart,
    s.seqincrement,
    s.seqmin,
    s.seqmax,
    s.seqcache,
    s.seqcycle
FROM pg_catalog.pg_sequence AS s
INNER JOIN pg_catalog.pg_class AS c ON c.oid = s.seqrelid
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE
    n.nspname = ANY(%(schemas)s)
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i' -- of a column
    )
"""
_MOST: Final = {"smallint": 2**15, "integer": 2**31, "bigint": 2**63}


def read_types(connection: Any, values: dict[str, Any], names: Names) -> Iterator[Item]:
    """Yield the extensions, schemas, collations and types."""
    for oid, name, schema in connection.execute(_EXTENSIONS):
        there = "" if schema in (names.main, "pg_catalog") else f" WITH SCHEMA {written(schema)}"
        yield Item(
            ("pg_extension", oid),
            "extension",
            name,
            f"CREATE EXTENSION {written(name)}{there}",
            f"DROP EXTENSION {written(name)}",
        )
    for oid, name in connection.execute(_SCHEMAS, values):
        yield Item(
            ("pg_namespace", oid),
            "schema",
            name,
            f"CREATE SCHEMA {written(name)}",
            f"DROP SCHEMA {written(name)}",
        )
    for oid, schema, name, options in connection.execute(_COLLATIONS, values):
        called = names.of(schema, name)
        create = f"CREATE COLLATION {called} ({options})"
        yield Item(("pg_collation", oid), "collation", called, create, f"DROP COLLATION {called}")
    for oid, schema, name, kind, labels, attributes, domain, checks, a_range in connection.execute(_TYPES, values):
        called = names.of(schema, name)
        if kind == "e":
            create = f"CREATE TYPE {called} AS ENUM ({', '.join(labels)})"
        elif kind == "d":
            create = "\n    ".join([f"CREATE DOMAIN {called} AS {domain}", *checks])
        elif kind == "r":
            create = f"CREATE TYPE {called} AS RANGE ({a_range})"
        else:
            create = f"CREATE TYPE {called} AS ({', '.join(attributes)})"
        yield Item(("pg_type", oid), "type", called, create, f"DROP {'DOMAIN' if kind == 'd' else 'TYPE'} {called}")


def read_functions(connection: Any, values: dict[str, Any], names: Names) -> Iterator[tuple[Item, bool]]:
    """Yield the functions, procedures and aggregates, and whether PostgreSQL would check the body when it makes one.

    An aggregate that cannot be written has no `create`.
    """
    aggregates = {oid: (text, is_plain) for oid, text, is_plain in connection.execute(_AGGREGATES, values)}
    for oid, schema, name, kind, arguments, definition, is_checked in connection.execute(_FUNCTIONS, values):
        called = f"{names.of(schema, name)}({arguments})"
        word = {"a": "AGGREGATE", "p": "PROCEDURE"}.get(kind, "FUNCTION")
        create = (definition or "").rstrip()
        if kind == "a":
            text, is_plain = aggregates[oid]
            create = f"CREATE AGGREGATE {names.of(schema, name)}({arguments or '*'}) ({text})" if is_plain else ""
            called = f"{names.of(schema, name)}({arguments or '*'})"
        create = create.replace("CREATE OR REPLACE ", "CREATE ", 1)
        if kind != "a" and schema == names.main:  # pg_get_functiondef always writes the schema
            create = create.replace(f"{word} {written(schema)}.", f"{word} ", 1)
        yield Item(("pg_proc", oid), "function", called, create, f"DROP {word} {called}"), is_checked


def read_sequences(connection: Any, values: dict[str, Any], names: Names) -> Iterator[Item]:
    """Yield the sequences, without those of identity columns."""
    for oid, schema, name, type_, *numbers, cycles in connection.execute(_SEQUENCES, values):
        called = names.of(schema, name)
        options = "" if type_ == "bigint" else f" AS {type_}"
        options += sequence_options(type_, numbers, cycles=cycles)
        yield Item(
            ("pg_class", oid), "sequence", called, f"CREATE SEQUENCE {called}{options}", f"DROP SEQUENCE {called}"
        )


def sequence_options(type_: str, numbers: Sequence[int], *, cycles: bool) -> str:
    """Return the options of a sequence that differ from their defaults, each after a space.

    `numbers` are the start, the increment, the minimum, the maximum, and how many are cached.
    """
    start, step, least, most, cache = numbers
    usual = (1, _MOST[type_] - 1) if step > 0 else (-_MOST[type_], -1)
    parts = [
        (f"INCREMENT BY {step}", step != 1),
        (f"MINVALUE {least}", least != usual[0]),
        (f"MAXVALUE {most}", most != usual[1]),
        (f"START WITH {start}", start != (least if step > 0 else most)),
        (f"CACHE {cache}", cache != 1),
        ("CYCLE", cycles),
    ]
    return "".join(f" {text}" for text, is_set in parts if is_set)
