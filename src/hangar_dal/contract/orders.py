"""Whether an ORDER BY leaves ties, by the keys of the tables. Stands above `syntax`.

A row of a result is made of one row of each table. It has a place of its own where the sort keys, and what the
statement equates with them or with a constant, hold a key of each. Of queries on queries nothing is said.
"""

from collections.abc import Iterator

from sqlglot import exp

from hangar_dal.contract.facts import Tables
from hangar_dal.contract.syntax import conjuncts, parsed, sources
from hangar_dal.sqlscan import Dialect

Name = tuple[str, str]  # the source as the statement calls it, and the column


def ties(text: str, dialect: Dialect, tables: Tables) -> tuple[str, ...] | None:
    """The tables of which no key is held; None where there are no ties, or where it cannot be told."""
    tree = parsed(text, dialect)
    if not isinstance(tree, exp.Select):
        return None
    order, known = tree.args.get("order"), dict(sources(tree))
    if order is None or not _is_plain(tree) or any(table not in tables.columns for table in known.values()):
        return None
    keys = _keys(tree, order, known, tables)
    group = tree.args.get("group")
    if group is not None:
        wanted = {_name(column, known, tables) for column in group.expressions}
        total = None in wanted or wanted <= keys
    else:
        keys = _closure(keys, tree, known, tables)
        total = all(_determined(name, table, keys, tables) for name, table in known.items())
    if total:
        return None
    lacking = [table for name, table in known.items() if not _determined(name, table, keys, tables)]
    return tuple(dict.fromkeys(table for table in lacking if table))


def _is_plain(tree: exp.Select) -> bool:
    joins = tree.args.get("joins") or ()
    by_name = any(join.args.get("using") or join.method or join.side in ("RIGHT", "FULL") for join in joins)
    return bool(tree.args.get("from_")) and not tree.args.get("distinct") and not by_name


def _keys(tree: exp.Select, order: exp.Expr, known: dict[str, str | None], tables: Tables) -> set[Name]:
    selected = tree.expressions
    by_alias = {each.alias.lower(): each.this for each in selected if isinstance(each, exp.Alias)}
    keys: set[Name] = set()
    for ordered in order.expressions:
        key = ordered.this
        if isinstance(key, exp.Literal) and not key.is_string and 0 < int(key.name) <= len(selected):
            key = selected[int(key.name) - 1].unalias()
        elif isinstance(key, exp.Column) and not key.table and key.name.lower() in by_alias:
            key = by_alias[key.name.lower()]
        name = _name(key, known, tables)
        if name is not None:
            keys.add(name)
    return keys


def _name(column: exp.Expr, known: dict[str, str | None], tables: Tables) -> Name | None:
    if not isinstance(column, exp.Column):
        return None
    name = column.name.lower()
    if column.table:
        return (column.table.lower(), name) if column.table.lower() in known else None
    having = [source for source, table in known.items() if name in tables.columns.get(table or "", {})]
    return (having[0], name) if len(having) == 1 else None


def _closure(keys: set[Name], tree: exp.Select, known: dict[str, str | None], tables: Tables) -> set[Name]:
    equal = list(_equations(tree, known, tables))
    keys = keys | {name for name, other in equal if other is None}
    while True:
        whole = {
            (name, column)
            for name, table in known.items()
            if _determined(name, table, keys, tables)
            for column in tables.columns[table or ""]
        }
        more = whole | {other for name, other in equal if other is not None and name in keys | whole}
        if more <= keys:
            return keys
        keys = keys | more


def _determined(name: str, table: str | None, keys: set[Name], tables: Tables) -> bool:
    return any(all((name, column) in keys for column in key) for key in tables.keys.get(table or "", ()))


def _equations(tree: exp.Select, known: dict[str, str | None], tables: Tables) -> Iterator[tuple[Name, Name | None]]:
    """Which column decides which other in every row; None behind one that is the same in all of them."""
    where = tree.args.get("where")
    conditions = [(where.this, "")] if where is not None else []
    conditions += [
        (join.args["on"], join.this.alias_or_name.lower() if join.side else "")
        for join in tree.args.get("joins") or ()
        if join.args.get("on") is not None
    ]
    for condition, joined in conditions:
        for each in conjuncts(condition):
            if isinstance(each, exp.EQ):
                yield from _equation(each, joined, known, tables)


def _equation(
    equal: exp.EQ, joined: str, known: dict[str, str | None], tables: Tables
) -> Iterator[tuple[Name, Name | None]]:
    """`joined`: the table of an outer join, whose rows follow from those before it and not the other way round."""
    for one, other in ((equal.this, equal.expression), (equal.expression, equal.this)):
        name, follows = _name(one, known, tables), _name(other, known, tables)
        if name is not None and follows is not None and joined in ("", follows[0]):
            yield name, follows
        elif name is not None and not joined and isinstance(other, exp.Placeholder | exp.Literal):
            yield name, None
