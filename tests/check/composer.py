"""Random statements over four small tables full of NULLs, in SQL that both databases know and in what one alone does.

Every choice is the given `random`'s, so that hypothesis can shorten a statement that fails. Not every statement is
one that the database takes: their runner skips those that it refuses.
"""

from collections.abc import Sequence

from tests.check.composed_expressions import Expressions, Item

COLUMNS = {
    "a": {"id": "int", "x": "int", "t": "text", "u": "text"},
    "b": {"id": "int", "a_id": "int", "y": "int", "z": "int"},
    "c": {"k": "int", "v": "text"},
    "e": {"id": "int", "w": "text"},  # has no row
    "d": {"id": "int", "y": "int", "z": "int", "t": "text"},  # a view
    "f": {"y": "int", "n": "int", "s": "int", "t": "text"},  # a view of a view
}
SCHEMA = """
CREATE TABLE a (id integer NOT NULL PRIMARY KEY, x integer, t text NOT NULL, u text);
CREATE TABLE b (id integer NOT NULL PRIMARY KEY, a_id integer, y integer NOT NULL, z integer);
CREATE TABLE c (k integer NOT NULL, v text);
CREATE TABLE e (id integer NOT NULL, w text NOT NULL);
CREATE VIEW d AS SELECT a.id, b.y, b.z, a.t FROM a LEFT JOIN b ON b.a_id = a.id;
CREATE VIEW f AS SELECT d.y, count(*) AS n, CAST(sum(d.id) AS integer) AS s, max(d.t) AS t FROM d GROUP BY d.y;
INSERT INTO a VALUES (1, 1, 'p', 'q'), (2, NULL, '', NULL), (3, 0, 'r', 's');
INSERT INTO b VALUES (1, 1, 1, NULL), (4, NULL, 2, 0), (5, 9, 0, NULL), (6, 1, 1, 1);
INSERT INTO c VALUES (1, NULL), (1, 'p'), (7, NULL);
"""


class Composer(Expressions):
    # Statements

    def statement(self) -> str:
        return self.changing() if self.chance(12) else self.query(self.types(), 3, [])

    def types(self) -> list[str]:
        return [str(self.pick("int", "int", "text", "bool")) for _ in range(self.random.randint(1, 4))]

    def changing(self) -> str:
        table = str(self.pick("a", "b", "c"))
        name = str(self.pick(table, "target")) if self.dialect == "postgresql" else table
        item = Item(name, COLUMNS[table])
        called = table if name == table else f"{table} AS {name}"
        column = {"a": "x", "b": "z", "c": "v"}[table]
        value = self.expression(COLUMNS[table][column], 1, [])
        kind = self.pick(
            "insert", "upsert", "update", "update from", "delete", "using" if self.dialect == "postgresql" else "delete"
        )
        visible = [item]
        if kind in ("insert", "upsert"):
            rows = {"a": "(id, x, t, u) SELECT id + 10, x, t, u FROM a", "b": "SELECT id + 10, a_id, y, z FROM b",
                    "c": "(k) SELECT k FROM c"}[table]  # fmt: skip
            conflict = ""
            if kind == "upsert" and table != "c":
                rows = {"a": "VALUES (1, 2, 'x', NULL)", "b": "VALUES (1, NULL, 1, NULL)"}[table]
                conflict = f" ON CONFLICT (id) DO UPDATE SET {column} = {value}"
            return f"INSERT INTO {called} {rows}{conflict} RETURNING {self.returned(visible)}"
        sources, more = self.sources(1, [])
        if kind == "update":
            where = f" WHERE {self.condition(visible, 1)}" if self.chance(50) else ""
            return f"UPDATE {called} SET {column} = {value}{where} RETURNING {self.returned(visible)}"
        if kind == "delete":
            return f"DELETE FROM {called} WHERE {self.condition(visible, 1)} RETURNING {self.returned(visible)}"
        joined = visible + (more if self.dialect == "postgresql" else [])
        if kind == "update from":
            return f"UPDATE {called} SET {column} = {value} FROM {sources} RETURNING {self.returned(joined)}"
        return f"DELETE FROM {called} USING {sources} RETURNING {self.returned(joined)}"

    def returned(self, visible: list[Item]) -> str:
        if self.chance(15):
            return "*"
        return ", ".join(f"{self.expression(kind, 2, visible)} AS r{at}" for at, kind in enumerate(self.types()))

    # Queries

    def query(self, types: Sequence[str], depth: int, outer: list[Item]) -> str:
        """Its columns are called c0, c1, ..."""
        before = list(self.ctes)
        with_ = self.with_(depth) if depth > 1 and self.chance(20) else ""
        if depth > 0 and self.chance(15):
            word = self.pick("UNION", "UNION ALL", "EXCEPT", "INTERSECT")
            text = f"{self.select(types, depth - 1, outer)} {word} {self.select(types, depth - 1, outer)}"
        elif self.chance(4) and not outer:
            rows = [", ".join(self.expression(kind, 1, []) for kind in types) for _ in range(self.random.randint(1, 2))]
            names = ", ".join(f"column{at + 1} AS c{at}" for at in range(len(types)))
            text = f"SELECT {names} FROM (VALUES {', '.join(f'({row})' for row in rows)}) AS {self.name()}"
        else:
            text = self.select(types, depth, outer)
        self.ctes = before
        return with_ + text

    def with_(self, depth: int) -> str:
        types = self.types()
        name, item = self.name(), {f"c{at}": kind for at, kind in enumerate(types)}
        if self.chance(30):
            start = self.select(["int", *types], 0, [])
            step = ", ".join(
                str(self.pick(f"r.c{at + 1}", self.expression(kind, 1, [Item("j", COLUMNS["b"])])))
                for at, kind in enumerate(types)
            )
            join = self.pick("JOIN", "LEFT JOIN", "CROSS JOIN")
            on = "" if join == "CROSS JOIN" else " ON j.id = r.c0"
            step = f"SELECT r.c0 + 1, {step} FROM {name} AS r {join} b AS j{on} WHERE r.c0 < 4"
            names = ", ".join(f"c{at}" for at in range(len(types) + 1))
            text = f"WITH RECURSIVE {name} ({names}) AS ({start} UNION {step}) "
            item = {f"c{at}": kind for at, kind in enumerate(["int", *types])}
        elif self.dialect == "postgresql" and self.chance(10):
            text = f"WITH {name} AS (UPDATE b SET z = NULL RETURNING b.z AS c0, b.y AS c1) "
            item = {"c0": "int", "c1": "int"}
        else:
            renamed = self.chance(30)
            columns = f" ({', '.join(f'd{at}' for at in range(len(types)))})" if renamed else ""
            text = f"WITH {name}{columns} AS ({self.query(types, depth - 1, [])}) "
            item = {f"{'d' if renamed else 'c'}{at}": kind for at, kind in enumerate(types)}
        if self.dialect == "postgresql" and self.chance(15):  # hides the table that it reads, with columns by its names
            name = str(self.pick("a", "b", "c"))
            columns = self.random.sample(sorted(COLUMNS[name]), 2)
            item = {column: COLUMNS[name][column] for column in columns}
            where = f" WHERE {self.condition([Item(name, COLUMNS[name])], 0)}" if self.chance(30) else ""
            text = f"WITH {name} AS (SELECT {', '.join(columns)} FROM {name}{where}) "
        elif self.chance(25):  # hides a table, perhaps the one that it reads
            hidden = str(self.pick("a", "b", "c"))
            text, name = text.replace(f"WITH {name} ", f"WITH {hidden} "), hidden
        self.ctes.append(Item(name, item))
        return text

    def select(self, types: Sequence[str], depth: int, outer: list[Item]) -> str:
        from_, items = self.sources(depth, outer) if self.chance(95) else ("", [])
        visible = items + outer
        where = f" WHERE {self.condition(visible, depth)}" if from_ and self.chance(50) else ""
        group = having = ""
        keys: list[tuple[str, str]] = []
        style = self.pick("plain", "plain", "plain", "grouped", "aggregated", "windowed")
        if items and style == "grouped":
            named = [item for item in items if item.columns] or [Item("a", COLUMNS["a"])]
            keys = [self.key(self.column_of(self.pick(*named))) for _ in range(self.random.randint(1, 2))]
            listed = ", ".join(name for name, _ in keys)
            if self.dialect == "postgresql" and self.chance(25):
                listed = str(
                    self.pick(f"ROLLUP ({listed})", f"GROUPING SETS (({listed}), ())", f"CUBE ({listed})", "()")
                )
            group = f" GROUP BY {listed}"
            having = f" HAVING {self.aggregate('bool', items, outer)}" if self.chance(15) else ""
        elif items and style == "aggregated":
            having = f" HAVING {self.aggregate('bool', items, outer)}" if self.chance(15) else ""

        windows: list[str] = []
        tested = self.aggregate("int", items, outer) if having and self.chance(60) else ""
        having = f" HAVING {tested} > 0" if tested else having

        def make(kind: str) -> str:
            if tested and kind == "int" and self.chance(40):
                return tested
            if items and style in ("grouped", "aggregated"):
                return self.grouped(kind, keys, items, outer)
            if items and style == "windowed" and self.chance(50):
                return self.windowed(kind, items, windows)
            return self.expression(kind, depth, visible)

        # Without a name of its own it leaves c0 to a column outside.
        columns = ", ".join(f"{make(kind)}{'' if self.chance(4) else f' AS c{at}'}" for at, kind in enumerate(types))
        distinct = "DISTINCT " if self.chance(8) else ""
        window = f" WINDOW {', '.join(windows)}" if windows else ""
        return f"SELECT {distinct}{columns}{' FROM ' if from_ else ''}{from_}{where}{group}{having}{window}"

    def key(self, column: tuple[str, str]) -> tuple[str, str]:
        """Return a key of GROUP BY: the column, or an expression that is never NULL."""
        name, kind = column
        made = {"int": f"coalesce({name}, 0)", "text": f"coalesce({name}, '-')", "bool": f"({name} IS NULL)"}[kind]
        return (made if self.chance(25) else name), kind

    # FROM

    def sources(self, depth: int, outer: list[Item], *, in_parentheses: bool = False) -> tuple[str, list[Item]]:
        text, items = self.source(depth, outer, [])
        joins = [
            "JOIN",
            "LEFT JOIN",
            "LEFT JOIN",
            "RIGHT JOIN",
            "FULL JOIN",
            "CROSS JOIN",
            *([] if in_parentheses else [","]),
        ]
        for _ in range(self.random.choice([1, 1, 2] if in_parentheses else [0, 0, 1, 1, 2])):
            join = self.random.choice(joins)
            other, more = self.source(depth, outer, items if join in ("JOIN", "LEFT JOIN", "CROSS JOIN") else [])
            shared = [name for item in items for name in item.columns if any(name in m.columns for m in more)]
            if join in ("CROSS JOIN", ","):
                text = f"{text} {join} {other}"
            elif shared and self.chance(20):
                text = f"{text} {join} {other} USING ({shared[0]})"
            elif self.chance(10):
                text = f"{text} NATURAL {join} {other}"
            else:
                left, right = self.column_of(self.pick(*items), "int")[0], self.column_of(self.pick(*more), "int")[0]
                loose = [] if join == "FULL JOIN" else ["1 = 1", self.condition(items + more, 0)]
                on = self.random.choice([f"{left} = {right}", f"{left} = {right}", *loose])
                text = f"{text} {join} {other} ON {on}"
            items = items + more
        return text, items

    def source(self, depth: int, outer: list[Item], beside: list[Item]) -> tuple[str, list[Item]]:
        if depth > 0 and self.chance(12):
            text, items = self.sources(depth - 1, [], in_parentheses=True)
            return f"({text})", items
        alias = self.name()
        if depth > 0 and self.chance(25):
            types = self.types()
            lateral = self.dialect == "postgresql" and self.chance(40)
            query = self.query(types, depth - 1, [*beside, *outer] if lateral else [])
            renamed = self.dialect == "postgresql" and self.chance(20)
            columns = f" ({', '.join(f'd{at}' for at in range(len(types)))})" if renamed else ""
            names = {f"{'d' if renamed else 'c'}{at}": kind for at, kind in enumerate(types)}
            return f"{'LATERAL ' if lateral else ''}({query}) AS {alias}{columns}", [Item(alias, names)]
        if self.chance(4):
            function = "json_each('[1, null]')" if self.dialect == "sqlite" else "generate_series(1, 2)"
            return f"{function} AS {alias}", [Item(alias, {})]
        known = [Item(name, columns) for name, columns in COLUMNS.items() if name not in {c.alias for c in self.ctes}]
        table = self.random.choice([*known, *self.ctes, *self.ctes])
        if self.chance(20):
            return table.alias, [table]
        return f"{table.alias} AS {alias}", [Item(alias, table.columns)]
