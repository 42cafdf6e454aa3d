"""The expressions of composed statements: columns, constants, conditions, aggregates, of the types that are wanted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random


@dataclass(frozen=True)
class Item:
    """What stands in FROM: its name, and the types of its columns."""

    alias: str
    columns: dict[str, str]


@dataclass
class Expressions:
    random: Random
    dialect: str
    names: int = 0
    ctes: list[Item] = field(default_factory=list)

    def pick(self, *choices: object) -> object:
        return self.random.choice(choices)

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def name(self) -> str:
        """Of a query or a source; now and then the name of a table, or of a column."""
        self.names += 1
        return str(self.pick("a", "b", "c", "e", "id", "c0", "max")) if self.chance(8) else f"n{self.names}"

    def query(self, types: Sequence[str], depth: int, outer: list[Item]) -> str:
        """A whole statement, for subqueries; `Composer` has it."""
        raise NotImplementedError

    def column_of(self, item: object, kind: str | None = None) -> tuple[str, str]:
        assert isinstance(item, Item)
        names = [name for name, of in item.columns.items() if kind in (None, of)]
        if not names:
            return {"int": "1", "text": "'l'", "bool": "(1 = 1)", None: "1"}[kind], kind or "int"
        name = self.random.choice(names)
        return (name if self.chance(8) else f"{item.alias}.{name}"), item.columns[name]

    def expression(self, kind: str, depth: int, visible: list[Item]) -> str:
        items = [item for item in visible if kind in item.columns.values()]
        if items and self.chance(60 if depth > 0 else 85):
            return self.column_of(self.random.choice(items), kind)[0]
        if depth <= 0:
            return self.constant(kind)

        def one(of: str = kind) -> str:
            return self.expression(of, depth - 1, visible)

        def when() -> str:
            return self.condition(visible, depth - 1)

        def guarded() -> str:
            value = one()
            return str(
                self.pick(
                    f"CASE WHEN {value} IS NOT NULL THEN {value} ELSE {one()} END",
                    f"CASE WHEN {when()} THEN {one()} WHEN {value} IS NOT NULL THEN {value} ELSE {one()} END",
                    f"CASE WHEN {when()} OR {value} IS NULL THEN {one()} ELSE {value} END",
                )
            )

        made: list[Callable[[], str]] = [
            guarded,
            lambda: f"coalesce({one()}, {one()})",
            lambda: f"CASE WHEN {when()} THEN {one()} ELSE {one()} END",
            lambda: f"CASE WHEN {when()} THEN {one()} END",
            lambda: f"nullif({one()}, {one()})",
            lambda: f"({self.query([kind], depth - 1, visible)})",
            lambda: f"({self.one_row(kind, depth - 1, visible)})",
        ]
        if kind == "int":
            made += [
                lambda: f"({one()} {self.pick('+', '-', '*')} {one()})",
                lambda: f"({one()} + {self.pick(1, 0, 'count(*)')})",
                lambda: f"({one()} % {self.pick(2, 0, 1)})",
                lambda: f"(- {one()})",
                lambda: f"(({one()}))",
                lambda: f"abs({one()})",
                lambda: f"CAST({self.pick('floor', 'round')}({one()}) AS integer)",
                lambda: f"({one()} / {self.pick(0, 1)})",
                lambda: f"CAST('1' || {one('int')} AS integer)",
                lambda: f"length({one('text')})",
            ]
        elif kind == "text":
            made += [
                lambda: f"({one()} || {one()})",
                lambda: f"lower({one()})",
                lambda: f"CAST({one('int')} AS text)",
                lambda: f"upper({one()})",
                lambda: f"replace({one()}, {one()}, {one()})",
                lambda: f"trim({one()})",
                lambda: f"substr({one()}, {one('int')})",
            ]
        else:
            made += [lambda: f"({self.condition(visible, depth)})"]
        return self.random.choice(made)()

    def constant(self, kind: str) -> str:
        if self.chance(30):
            null = f"CAST(NULL AS {({'int': 'integer', 'bool': 'boolean'}).get(kind, kind)})"
            return null if self.dialect == "postgresql" else "NULL"
        return str(
            {"int": self.pick(0, 7), "text": self.pick("'l'", "''"), "bool": self.pick("(1 = 1)", "(1 = 0)")}[kind]
        )

    def one_row(self, kind: str, depth: int, visible: list[Item]) -> str:
        """An aggregate in a query of its own, perhaps of what stands around it."""
        from_, items = self.sources(0, [])
        group = f" GROUP BY {self.column_of(self.random.choice(items))[0]} LIMIT 1"
        tail = str(self.pick("", "", "", " LIMIT 1", " LIMIT 1 OFFSET 1", group))
        where = f" WHERE {self.condition(items + visible, 0)}" if self.chance(50) else ""
        value = self.aggregate(kind, items or visible, visible)
        return (
            f"SELECT {self.pick(value, f'coalesce({value}, {self.expression(kind, 0, [])})')} FROM {from_}{where}{tail}"
        )

    def condition(self, visible: list[Item], depth: int) -> str:
        def one(kind: str = "int") -> str:
            return self.expression(kind, depth - 1, visible)

        of = str(self.pick("int", "text"))
        made: list[Callable[[], str]] = [
            lambda: f"{one(of)} IS NOT NULL",
            lambda: f"{one(of)} IS NOT NULL",
            lambda: f"{one(of)} IS NULL",
            lambda: f"{one()} = {one()}",
            lambda: f"{one()} {self.pick('<', '<>', '>=')} {one()}",
            lambda: f"NOT {one()} IN ({one()}, {one()})",
            lambda: f"{one()} IN ({one()}, {one()})",
            lambda: f"{one()} BETWEEN {one()} AND {one()}",
            lambda: f"NOT ({one()} = {one()})",
            lambda: f"NOT ({one(of)} IS {self.pick('NULL', 'NOT NULL')})",
            lambda: f"({one(of)} IS NOT DISTINCT FROM {one(of)})",
            lambda: "1 = 1",
        ]
        if depth > 0:

            def less() -> str:
                return self.condition(visible, depth - 1)

            made += [
                lambda: f"({less()} AND {less()})",
                lambda: f"{less()} AND {less()}",
                lambda: f"({less()} OR {less()})",
                lambda: f"EXISTS ({self.query(['int'], depth - 1, visible)})",
                lambda: f"{one()} IN ({self.query(['int'], depth - 1, visible)})",
            ]
        return self.random.choice(made)()

    def aggregate(self, kind: str, items: list[Item], outer: list[Item]) -> str:
        def one(of: str) -> str:
            return self.expression(of, 0, outer if outer and self.chance(15) else items)

        joined = "group_concat({})" if self.dialect == "sqlite" else "string_agg({}, ',')"
        made = {
            "int": ["count(*)", f"count({one('int')})", f"max({one('int')})", f"min({one('int')})",
                    f"CAST(sum({one('int')}) AS integer)", f"sum({one('int')})", f"(sum({one('int')}) / count(*))",
                    f"CAST(coalesce(sum({one('int')}), 0) AS integer)", f"count(DISTINCT {one('text')})"],
            "text": [f"max({one('text')})", joined.format(one("text"))],
            "bool": [f"(count({one('int')}) > 0)", f"(max({one('int')}) > 0)", f"(min({one('int')}) IS NULL)"],
        }[kind]  # fmt: skip
        if self.dialect == "sqlite" and kind == "text":
            made += [f"json_group_array({one('int')})", f"total({one('int')})"]
        if self.dialect == "postgresql" and kind == "text":
            made += [f"CAST(json_agg({one('int')}) AS text)", f"CAST(array_agg({one('int')}) AS text)"]
        call = self.random.choice(made)
        if self.chance(15) and not call.startswith(("(", "CAST")):
            call += f" FILTER (WHERE {self.condition(items, 0)})"
        return call

    def grouped(self, kind: str, keys: list[tuple[str, str]], items: list[Item], outer: list[Item]) -> str:
        fitting = [name for name, of in keys if of == kind]
        if fitting and self.chance(50):
            return self.random.choice(fitting)
        if self.dialect == "sqlite" and self.chance(25):  # bare columns
            return self.expression(kind, 1, items)
        value = self.aggregate(kind, items, outer)
        return f"coalesce({value}, {self.expression(kind, 0, [])})" if self.chance(20) else value

    def windowed(self, kind: str, items: list[Item], windows: list[str]) -> str:
        """Over a window of its own, or over one that is added to `windows`."""
        one = self.expression(kind, 0, items)
        column = self.column_of(items[0])[0]
        window = str(self.pick("", f"PARTITION BY {column}", f"ORDER BY {column}"))
        if window.startswith("ORDER") and self.chance(60):
            window += self.frame()
        if self.chance(30):
            if self.chance(20):
                window = f"ORDER BY {self.aggregate('int', items, [])}"
            windows.append(f"w{len(windows)} AS ({window})")
            over = f"OVER {self.pick(f'w{len(windows) - 1}', f'(w{len(windows) - 1})')}"
        else:
            over = f"OVER ({window})"
        numbers = ["row_number()", "count(*)", f"count({one})", "rank()", "ntile(2)"]
        numbers += [f"sum({one})", f"CAST(avg({one}) AS integer)"]
        calls = numbers if kind == "int" else []
        given = self.expression(kind, 0, items)
        call = self.random.choice(
            [
                *calls,
                f"max({one})",
                f"lag({one})",
                f"lag({one}, 1, {given})",
                f"first_value({one})",
                f"last_value({one})",
            ]
        )
        if call.startswith("CAST"):
            return call.replace(") AS", f") {over} AS")
        return f"{call} {over}"

    def frame(self) -> str:
        """With or without the row itself in it."""
        edges = [
            "UNBOUNDED PRECEDING",
            "2 PRECEDING",
            "1 PRECEDING",
            "CURRENT ROW",
            "1 FOLLOWING",
            "UNBOUNDED FOLLOWING",
        ]
        start = self.random.randrange(5)
        end = self.random.randrange(max(1, start), 6)
        exclude = self.pick("", "", "", " EXCLUDE CURRENT ROW", " EXCLUDE TIES", " EXCLUDE NO OTHERS")
        if self.chance(20):
            return f" ROWS {edges[min(start, 3)]}{exclude}"
        return f" {self.pick('ROWS', 'ROWS', 'GROUPS')} BETWEEN {edges[start]} AND {edges[end]}{exclude}"
