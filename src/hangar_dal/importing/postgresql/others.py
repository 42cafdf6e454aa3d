"""Views, statistics, triggers, rules, policies and comments of a PostgreSQL database, and what depends on what."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from hangar_dal.importing.postgresql.items import Item, Key, Names
from hangar_dal.migrations.identifiers import written

_VIEWS: Final = """
SELECT
    c.oid,
    n.nspname,
    c.relname,
    c.relkind,
    coalesce(array_to_string(c.reloptions, ', '), ''),
    rtrim(pg_get_viewdef(c.oid, TRUE), ';'),
    c.relispopulated,
    ARRAY(
        SELECT pg_get_indexdef(i.indexrelid, 0, TRUE) FROM pg_catalog.pg_index AS i WHERE i.indrelid = c.oid ORDER BY 1
    )
FROM pg_catalog.pg_class AS c
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%(schemas)s) AND c.relkind IN ('v', 'm')
"""
_STATISTICS: Final = """
SELECT s.oid, n.nspname, s.stxname, pg_get_statisticsobjdef(s.oid), s.stxrelid
FROM pg_catalog.pg_statistic_ext AS s
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = s.stxnamespace
WHERE n.nspname = ANY(%(schemas)s)
"""
_TRIGGERS: Final = """
SELECT t.oid, n.nspname, c.relname, t.tgname, pg_get_triggerdef(t.oid, TRUE), t.tgenabled, c.oid
FROM pg_catalog.pg_trigger AS t
INNER JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%(schemas)s) AND NOT t.tgisinternal AND t.tgparentid = 0
"""
_RULES: Final = """
SELECT r.oid, n.nspname, c.relname, r.rulename, rtrim(pg_get_ruledef(r.oid, TRUE), ';'), r.ev_enabled, c.oid
FROM pg_catalog.pg_rewrite AS r
INNER JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%(schemas)s) AND r.rulename <> '_RETURN'
"""
_POLICIES: Final = """
SELECT
    p.oid, n.nspname, c.relname, p.polname, p.polpermissive,
    CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' END,
    ARRAY(SELECT CASE r WHEN 0 THEN 'PUBLIC' ELSE r::regrole::text END FROM unnest(p.polroles) AS r ORDER BY r),
    pg_get_expr(p.polqual, p.polrelid),
    pg_get_expr(p.polwithcheck, p.polrelid),
    c.oid
FROM pg_catalog.pg_policy AS p
INNER JOIN pg_catalog.pg_class AS c ON c.oid = p.polrelid
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%(schemas)s)
"""
_COMMENTS: Final = """
SELECT d.classoid::regclass::text, d.objoid, a.attname, quote_literal(d.description)
FROM pg_catalog.pg_description AS d
LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid <> 0
WHERE d.classoid IN ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_type'::regclass, 'pg_catalog.pg_proc'::regclass)
ORDER BY d.objoid, d.objsubid
"""
# Each object that belongs to another one, so that what needs the former needs the latter.
_PARTS: Final = """
SELECT 'pg_attrdef', d.oid, 'pg_class', d.adrelid FROM pg_catalog.pg_attrdef AS d
UNION ALL
SELECT 'pg_rewrite', r.oid, 'pg_class', r.ev_class FROM pg_catalog.pg_rewrite AS r WHERE r.rulename = '_RETURN'
UNION ALL
SELECT 'pg_constraint', k.oid, 'pg_type', k.contypid FROM pg_catalog.pg_constraint AS k WHERE k.contypid <> 0
UNION ALL
SELECT 'pg_type', t.oid, 'pg_type', t.typelem FROM pg_catalog.pg_type AS t WHERE t.typelem <> 0 AND t.typlen = -1
UNION ALL
SELECT 'pg_type', t.oid, 'pg_class', t.typrelid
FROM pg_catalog.pg_type AS t
INNER JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid AND c.relkind <> 'c'
UNION ALL
SELECT 'pg_class', c.oid, 'pg_type', c.reltype FROM pg_catalog.pg_class AS c WHERE c.relkind = 'c'
UNION ALL
SELECT 'pg_type', r.rngmultitypid, 'pg_type', r.rngtypid FROM pg_catalog.pg_range AS r
UNION ALL
SELECT 'pg_class', i.indexrelid, 'pg_constraint', k.oid
FROM pg_catalog.pg_index AS i
INNER JOIN pg_catalog.pg_constraint AS k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
UNION ALL
SELECT d.classid::regclass::text, d.objid, 'pg_extension', d.refobjid
FROM pg_catalog.pg_depend AS d
WHERE d.deptype = 'e'
UNION ALL
SELECT 'pg_class', d.objid, 'pg_class', d.refobjid
FROM pg_catalog.pg_depend AS d
INNER JOIN pg_catalog.pg_class AS c ON c.oid = d.objid AND c.relkind = 'S'
WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.deptype = 'i' AND d.refclassid = d.classid
"""
# A sequence depends on the column that owns it, although the sequence is made first.
_DEPENDENCIES: Final = """
SELECT d.classid::regclass::text, d.objid, d.refclassid::regclass::text, d.refobjid
FROM pg_catalog.pg_depend AS d
WHERE
    d.objid >= 16384
    AND d.refobjid >= 16384
    AND d.deptype NOT IN ('e', 'P', 'S') -- members of extensions, and parts of partitions, which `Tables` orders
    AND NOT (
        d.deptype = 'a' AND d.classid = 'pg_catalog.pg_class'::regclass
        AND EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = d.objid AND c.relkind = 'S')
    )
"""
_STATES: Final = {"D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}


def read_others(connection: Any, values: dict[str, Any], names: Names) -> Iterator[Item]:
    """Yield the views, statistics, triggers, rules and policies."""
    yield from _views(connection, values, names)
    for oid, schema, name, definition, table in connection.execute(_STATISTICS, values):
        called = names.of(schema, name)
        rest = definition.partition(name)[2].removeprefix('"')
        create = f"CREATE STATISTICS {called}{rest}"
        yield Item(
            ("pg_statistic_ext", oid),
            "statistics",
            called,
            create,
            f"DROP STATISTICS {called}",
            home=("pg_class", table),
        )
    for word, catalog, query in (("TRIGGER", "pg_trigger", _TRIGGERS), ("RULE", "pg_rewrite", _RULES)):
        for oid, schema, table, name, definition, state, home in connection.execute(query, values):
            on = names.of(schema, table)
            label = f"{name} on {on}"
            drop = f"DROP {word} {written(name)} ON {on}"
            item = Item((catalog, oid), word.lower(), label, definition, drop, home=("pg_class", home))
            if state in _STATES:
                item.after.append(f"ALTER TABLE {on} {_STATES[state]} {word} {written(name)}")
            yield item
    for oid, schema, table, name, permits, command, roles, using, check, home in connection.execute(_POLICIES, values):
        on = names.of(schema, table)
        create = f"CREATE POLICY {written(name)} ON {on}"
        create += "" if permits else " AS RESTRICTIVE"
        create += f" FOR {command}" if command else ""
        create += "" if roles == ["PUBLIC"] else f" TO {', '.join(roles)}"
        create += f" USING ({using})" if using is not None else ""
        create += f" WITH CHECK ({check})" if check is not None else ""
        drop = f"DROP POLICY {written(name)} ON {on}"
        yield Item(("pg_policy", oid), "policy", f"{name} on {on}", create, drop, home=("pg_class", home))


def _views(connection: Any, values: dict[str, Any], names: Names) -> Iterator[Item]:
    rows = connection.execute(_VIEWS, values).fetchall()
    for oid, schema, name, kind, options, query, is_full, indexes in rows:
        called = names.of(schema, name)
        word = "VIEW" if kind == "v" else "MATERIALIZED VIEW"
        text = f"CREATE {word} {called}{f' WITH ({options})' if options else ''} AS\n{query}"
        # The rows of the other tables are not there yet, and a function of the query may read any table.
        text += "" if kind == "v" else "\nWITH NO DATA"
        item = Item(("pg_class", oid), word.lower(), called, text, f"DROP {word} {called}")
        item.after += indexes
        if kind == "m" and is_full:
            item.last.append(f"REFRESH MATERIALIZED VIEW {called}")
        yield item


def add_comments(connection: Any, items: Mapping[Key, Item]) -> None:
    """Add the comments of the objects, and of columns, to their statements."""
    for catalog, oid, column, text in connection.execute(_COMMENTS).fetchall():
        item = items.get((catalog, oid))
        if item is None:
            continue
        if column is not None:
            item.after.append(f"COMMENT ON COLUMN {item.label}.{written(column)} IS {text}")
        else:
            word = item.drop.split(item.label)[0].removeprefix("DROP ").strip() or item.kind.upper()
            item.after.append(f"COMMENT ON {word} {item.label} IS {text}")


def add_dependencies(connection: Any, items: Mapping[Key, Item], inner: Mapping[Key, Key]) -> dict[Key, set[Key]]:
    """Make each item need what PostgreSQL says that it needs. Return the needs that are none of the items, by item.

    `inner` are the constraints and indexes that belong to the statement of a table, with their table.
    """
    owners: dict[Key, Key] = dict(inner)
    for catalog, oid, of_catalog, of_oid in connection.execute(_PARTS).fetchall():
        owners.setdefault((_plain(catalog), oid), (_plain(of_catalog), of_oid))

    def owner(key: Key) -> Key:
        seen = {key}
        while key not in items and key in owners and owners[key] not in seen:
            key = owners[key]
            seen.add(key)
        return key

    others: dict[Key, set[Key]] = {}
    for catalog, oid, of_catalog, of_oid in connection.execute(_DEPENDENCIES).fetchall():
        key, need = owner((_plain(catalog), oid)), owner((_plain(of_catalog), of_oid))
        if key not in items or key == need:
            continue
        if need in items:
            items[key].needs.add(need)
        else:
            others.setdefault(key, set()).add(need)
    return others


def _plain(catalog: str) -> str:
    return catalog.removeprefix("pg_catalog.")
