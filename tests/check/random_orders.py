"""Composes ordered statements over small tables with keys, and rows for them: NULLs, and many that are alike."""

import sqlite3
from contextlib import suppress
from random import Random
from typing import Final

SCHEMA: Final = """
CREATE TABLE a (id integer NOT NULL PRIMARY KEY, k integer NOT NULL, m integer, x integer, y integer NOT NULL,
    UNIQUE (k, y), UNIQUE (m));
CREATE TABLE b (id integer NOT NULL PRIMARY KEY, k integer NOT NULL, m integer, x integer, y integer NOT NULL,
    UNIQUE (k), UNIQUE (x, y));
CREATE TABLE c (id integer NOT NULL, k integer NOT NULL, m integer, x integer, y integer NOT NULL);
CREATE UNIQUE INDEX c_key ON c (m) WHERE x IS NULL;
CREATE TABLE d (id text NOT NULL, k integer NOT NULL, m text, x integer, y integer NOT NULL,
    PRIMARY KEY (k, id)) WITHOUT ROWID;
"""
COLUMNS: Final = ("id", "k", "m", "x", "y")
_FORMS: Final = ("{}", "{}", "-{}", "({})", "{} + 1", "{} COLLATE NOCASE", "{} DESC", "abs({})", "coalesce({}, 1)")
_OPERATIONS: Final = ("UNION", "UNION ALL", "UNION ALL", "EXCEPT", "INTERSECT")


def fill(connection: sqlite3.Connection, random: Random) -> None:
    """A row that a key refuses is left out."""
    for table in "abcd":
        connection.execute(f"DELETE FROM {table}")
        for _ in range(random.randint(0, 9)):
            row = [random.choice([0, 1, 2, None] if name in "mx" else [0, 1, 2]) for name in COLUMNS]
            if table == "a":
                row[0] = random.randint(0, 9)
            if table == "d":
                row[0], row[2] = random.choice("pPq"), random.choice(["p", "P", None])
            with suppress(sqlite3.IntegrityError):
                connection.execute(f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?)", row)


class Orders:
    """One statement after the other. `names` counts aliases, so that none is taken twice."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.names = 0
        self.ctes: list[tuple[str, tuple[str, ...]]] = []

    def statement(self) -> tuple[str, str]:
        """The statement, and one with the same rows and the rank of each by the same keys behind its columns."""
        self.ctes = []
        with_ = ""
        if self._chance(0.25):
            made = []
            for number in range(self.random.randint(1, 2)):
                text, columns = self._query(1)
                name = self.random.choice(["q", "a"]) + (str(number) if number else "")
                if name == "a" and "FROM a" in text:
                    name = f"q{number}"
                made.append(f"{name} AS ({text})")
                self.ctes.append((name, columns))
            with_ = f"WITH {', '.join(made)} "
        if self._chance(0.25):
            text, columns = self._operation(1)
            keys = self._some([*columns, *(str(at + 1) for at in range(len(columns)))])
            listed = ", ".join(f"v{int(key) - 1}" if key.isdigit() else key for key in keys)
            shown = ", ".join(columns)
            ranked = f"{with_}SELECT {shown}, dense_rank() OVER (ORDER BY {listed}) FROM ({text})"
            return f"{with_}{text} ORDER BY {', '.join(keys)}", ranked
        return self._ordered(with_)

    def _ordered(self, with_: str) -> tuple[str, str]:
        from_, sources = self._from(2)
        columns = [f"{alias}.{name}" for alias, known in sources for name in known]
        rest = f" FROM {from_}{self._where(columns)}"
        distinct = ""
        if self._chance(0.2):
            columns = self._some(columns, most=3)
            shown = [*self._some(columns, most=3), *self._some(["count(*)", f"min({self._pick(columns)})"], least=0)]
            rest += f" GROUP BY {', '.join(columns)}"
            if self._chance(0.2):
                rest += f" HAVING {self._condition(columns)}"
        else:
            shown = [self._value(columns) for _ in range(self.random.randint(1, 3))]
            distinct = "DISTINCT " if self._chance(0.15) else ""
            columns = columns + [f"{alias}.rowid" for alias, _ in sources if alias.startswith(("ta", "tb", "tc"))]
        outputs = [f"v{at}" for at in range(len(shown))]
        bases = self._some([*([] if distinct else columns * 2), *outputs, *(str(at + 1) for at in range(len(shown)))])
        forms = [self._pick(_FORMS) if "." in base else "{}" for base in bases]
        keys = ", ".join(form.format(base) for base, form in zip(bases, forms, strict=True))
        hidden = "".join(f", {base} AS h{at}" for at, base in enumerate(bases) if "." in base)
        below = [f"h{at}" if "." in b else f"v{int(b) - 1}" if b.isdigit() else b for at, b in enumerate(bases)]
        rank = ", ".join(form.format(base) for base, form in zip(below, forms, strict=True))
        select = f"SELECT {distinct}{self._named(shown)}"
        ranked = f"SELECT {', '.join(outputs)}, dense_rank() OVER (ORDER BY {rank}) FROM ({select}{hidden}{rest})"
        return f"{with_}{select}{rest} ORDER BY {keys}", with_ + ranked

    def _query(self, depth: int) -> tuple[str, tuple[str, ...]]:
        """With columns of its own names."""
        if depth and self._chance(0.15):
            return self._operation(depth - 1)
        from_, sources = self._from(depth)
        columns = [f"{alias}.{name}" for alias, known in sources for name in known]
        where = self._where(columns)
        if self._chance(0.3):
            groups = self._some(columns, most=2)
            shown = [*groups, "count(*)", f"max({self._pick(columns)})"]
            return f"SELECT {self._named(shown)} FROM {from_}{where} GROUP BY {', '.join(groups)}", self._called(shown)
        shown = [self._value(columns) for _ in range(self.random.randint(2, 4))]
        distinct = "DISTINCT " if self._chance(0.2) else ""
        limit = f" ORDER BY 1 LIMIT {self.random.randint(1, 2)}" if self._chance(0.1) else ""
        return f"SELECT {distinct}{self._named(shown)} FROM {from_}{where}{limit}", self._called(shown)

    def _operation(self, depth: int) -> tuple[str, tuple[str, ...]]:
        arms = []
        is_marked, width = self._chance(0.4), self.random.randint(1, 3)
        for number in range(self.random.choice([2, 2, 3])):
            from_, sources = self._from(depth)
            columns = [f"{alias}.{name}" for alias, known in sources for name in known]
            shown = [self._pick(columns) for _ in range(width)]
            if is_marked:
                shown.insert(0, self._pick([str(number), str(number), "0"]))
            arms.append(f"SELECT {self._named(shown)} FROM {from_}{self._where(columns)}")
        text = arms[0]
        for arm in arms[1:]:
            text += f" {self._pick(_OPERATIONS)} {arm}"
        return text, tuple(f"v{at}" for at in range(width + is_marked))

    def _from(self, depth: int) -> tuple[str, list[tuple[str, tuple[str, ...]]]]:
        text, source = self._source(depth)
        sources = [source]
        for _ in range(self.random.choice([0, 0, 1, 1, 2])):
            item, other = self._source(depth)
            left = [f"{alias}.{name}" for alias, known in sources for name in known]
            right = [f"{other[0]}.{name}" for name in other[1]]
            sides = ["JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN"]
            if sqlite3.sqlite_version_info >= (3, 39):
                sides += ["RIGHT JOIN", "FULL JOIN"]
            on = [f"{self._pick(left)} = {self._pick(right)}" for _ in range(self.random.randint(1, 2))]
            if self._chance(0.4):
                on.append(self._condition([*left, *right]))
            if self._chance(0.1):
                on = ["TRUE"]
            text += f" {self._pick(sides)} {item} ON {' AND '.join(on)}"
            sources.append(other)
        return text, sources

    def _source(self, depth: int) -> tuple[str, tuple[str, tuple[str, ...]]]:
        self.names += 1
        if depth and self._chance(0.25):
            text, columns = self._query(depth - 1)
            return f"({text}) AS s{self.names}", (f"s{self.names}", columns)
        if self.ctes and self._chance(0.5):
            name, columns = self._pick(self.ctes)
            return f"{name} AS s{self.names}", (f"s{self.names}", columns)
        hidden = {name for name, _ in self.ctes}
        table = self._pick([name for name in "abcd" if name not in hidden])
        return f"{table} AS t{table}{self.names}", (f"t{table}{self.names}", COLUMNS)

    def _where(self, columns: list[str]) -> str:
        found = [self._condition(columns) for _ in range(self.random.choice([0, 0, 1, 1, 2, 3]))]
        return f" WHERE {' AND '.join(found)}" if found else ""

    def _condition(self, columns: list[str]) -> str:
        one, other = self._pick(columns), self._pick(columns)
        return self._pick([
            f"{one} = {self.random.randint(0, 2)}", f"{one} = {self.random.randint(0, 2)}", f"{one} = {other}",
            f"{one} IS NULL", f"{one} IS NOT NULL", f"{one} > 0", f"{one} IS {other}", f"{one} IN (1)",
            f"{one} IN (1, 2)", f"({one}, {other}) = (1, 2)",
            f"{one} = {other} + 1", f"{one} = (SELECT max(id) FROM b)",
            f"NOT {one} = 1",
            f"({one} = 1 OR {other} = 1)", f"({one}, {other}) > (0, 0)", f"{one} = coalesce({other}, 1)", f"NOT {one}",
            f"{one} = (SELECT min(z.k) FROM c AS z WHERE z.y = {other})", f"{one} IS NOT DISTINCT FROM 1",
        ])  # fmt: skip

    def _value(self, columns: list[str]) -> str:
        one, other = self._pick(columns), self._pick(columns)
        return self._pick([
            one, one, one, one, one, f"{one} + {other}", f"-{one}", "1", f"row_number() OVER (ORDER BY {one})",
            f"row_number() OVER (PARTITION BY {one} ORDER BY {other})", f"rank() OVER (ORDER BY {one})",
            f"dense_rank() OVER (PARTITION BY {one} ORDER BY {other})", f"count(*) OVER (ORDER BY {one})",
            f"(SELECT max(z.y) FROM c AS z WHERE z.k = {one})",
        ])  # fmt: skip

    def _named(self, values: list[str]) -> str:
        return ", ".join(f"{value} AS v{at}" for at, value in enumerate(values))

    def _called(self, values: list[str]) -> tuple[str, ...]:
        return tuple(f"v{at}" for at in range(len(values)))

    def _some(self, among: list[str], *, least: int = 1, most: int = 3) -> list[str]:
        return self.random.sample(among, min(self.random.randint(least, most), len(among)))

    def _pick(self, among):
        return self.random.choice(among)

    def _chance(self, share: float) -> bool:
        return self.random.random() < share
