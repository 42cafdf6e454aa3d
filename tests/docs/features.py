"""docs/features.md: what works on which database, found by checking and running each statement of features.toml.

`python tests/with_postgres.py python -m tests.docs.features` writes the page again.
"""

import asyncio
import os
import re
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from hangar_dal import Catalog, Settings, open_database
from hangar_dal.check.databases.live import LiveDatabase, live_postgresql, live_sqlite
from hangar_dal.check.databases.templates import Templates
from hangar_dal.check.project.project import Project
from hangar_dal.check.run import check_against
from hangar_dal.migrations.new import SHIM
from hangar_dal.rules import Finding
from hangar_dal.sqlscan import DATABASES, DIALECTS, Dialect

DATA: Final = Path(__file__).with_name("features.toml")
PAGE: Final = Path(__file__).parents[2] / "docs" / "features.md"
COMMAND: Final = "python tests/with_postgres.py python -m tests.docs.features"
INTRODUCTION: Final = f"""\
# What works where

Each statement below was checked and run in three catalogs: one for SQLite alone, one for PostgreSQL alone, and one for
both databases with the same text. "works" means that `hangar-dal check` finds nothing and that the statement runs. A
rule means that `check` refuses the statement, with this message. Some rules can be
[turned off](check.md#turning-a-rule-off) for a block. "not yet" means that the refusal is not meant to stay. Where a
statement is not in one of the databases, write [two blocks](../sql/README.md#twins).

<!-- Written by `{COMMAND}` from tests/docs/features.toml. -->
"""
TYPES: Final = "Types"
PREAMBLE: Final = """\
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Literal
from uuid import UUID
from pydantic import Field, NaiveDatetime
from hangar_dal import Executor, JsonObject, PostgresType, Range, Row, RowCount
from hangar_dal.postgresql_types import Float4

class Pair(Row):
    a: Annotated[int, Field(ge=-2147483648, le=2147483647)]
    b: str
"""
TABLES: Final[Mapping[Dialect, str]] = {
    "sqlite": """\
CREATE TABLE owners (id integer NOT NULL PRIMARY KEY, name text NOT NULL) STRICT;
CREATE TABLE items (
    id integer NOT NULL PRIMARY KEY, owner_id integer NOT NULL, name text NOT NULL, price integer NOT NULL, note text,
    at text NOT NULL, doc text NOT NULL
) STRICT;
CREATE TABLE numbers (n integer NOT NULL PRIMARY KEY) STRICT;
INSERT INTO owners VALUES (1, 'ada'), (2, 'bob');
INSERT INTO items VALUES (1, 1, 'a', 3, NULL, '2020-01-01T00:00:00.000000Z', '{}');
INSERT INTO numbers VALUES (1);
""",
    "postgresql": """\
CREATE TABLE owners (id bigint NOT NULL PRIMARY KEY, name text COLLATE "C" NOT NULL);
CREATE TABLE items (
    id bigint NOT NULL PRIMARY KEY, owner_id bigint NOT NULL, name text COLLATE "C" NOT NULL, price bigint NOT NULL,
    note text COLLATE "C", at timestamptz NOT NULL, doc jsonb NOT NULL
);
CREATE TABLE numbers (n bigint NOT NULL PRIMARY KEY);
CREATE TYPE letter AS ENUM ('a', 'b');
CREATE TYPE pair AS (a integer, b text);
INSERT INTO owners VALUES (1, 'ada'), (2, 'bob');
INSERT INTO items VALUES (1, 1, 'a', 3, NULL, '2020-01-01', '{}');
INSERT INTO numbers VALUES (1);
""",
}
# The names that the row of a type and its table have only here.
_OWN_NAME: Final = re.compile(r"\bRow_type_\d+\.|\btype_\d+\.|^feature_\w+ ")
# The catalogs: the databases of each, and the title of its column.
MODES: Final[Mapping[str, tuple[Dialect, ...]]] = {
    "SQLite": ("sqlite",),
    "PostgreSQL": ("postgresql",),
    "both, one text": DIALECTS,
}


@dataclass(frozen=True)
class Feature:
    """A statement and how its function is declared. `shown` is what the page calls it.

    `later` says that a refusal shall become "works".
    """

    chapter: str
    shown: str
    name: str
    arguments: str
    returns: str
    values: str
    sql: str
    later: bool = False

    @property
    def python(self) -> str:
        arguments = f", {self.arguments}" if self.arguments else ""
        if self.chapter == TYPES:  # a list as the result would be several rows
            row = f"class Row_{self.name}(Row):\n    value: {self.returns}\n\n"
            return f"{row}@query\nasync def {self.name}(db: Executor{arguments}) -> Row_{self.name}: ...\n"
        return f"@query\nasync def {self.name}(db: Executor{arguments}) -> {self.returns}: ...\n"


def read_features() -> tuple[list[Feature], dict[Dialect, str]]:
    """Return the statements, and for each database the tables that they need."""
    data = tomllib.loads(DATA.read_text(encoding="utf-8"))
    tables = dict(TABLES)
    found = [
        Feature(
            chapter["title"],
            each["name"],
            f"feature_{at}_{number}",
            each.get("arguments", ""),
            each["returns"],
            each.get("values", "{}"),
            each["sql"],
        )
        for at, chapter in enumerate(data["chapter"])
        for number, each in enumerate(chapter["feature"])
    ]
    for number, each in enumerate(data["type"]):
        for dialect in DIALECTS:
            key, strict = ("integer", " STRICT") if dialect == "sqlite" else ("bigint", "")
            columns = f"id {key} NOT NULL PRIMARY KEY, value {each[dialect]} NOT NULL"
            tables[dialect] += f"CREATE TABLE type_{number} ({columns}){strict};\n"
        python, note = each["python"].replace("|", "\\|"), f" ({each['note']})" if "note" in each else ""
        plain = each["postgresql"].replace(' COLLATE "C"', "")
        shown = f"`{python}` in `{plain}`{note}"
        sql = f"INSERT INTO type_{number} (id, value) VALUES (1, :value) RETURNING value"
        found.append(
            Feature(
                TYPES,
                shown,
                f"type_{number}",
                f"value: {each['python']}",
                each["python"],
                f"{{'value': {each['value']}}}",
                sql,
                each.get("later", False),
            )
        )
    return found, tables


def features_page(server: str) -> str:
    """Return the page, after all statements were checked and run. PostgreSQL's scratch databases are on this server."""
    features, tables = read_features()
    with tempfile.TemporaryDirectory(prefix="features-") as folder:
        root = Path(folder)
        for dialect, text in tables.items():
            (root / "migrations" / dialect).mkdir(parents=True)
            (root / "migrations" / dialect / "0001_all.sql").write_text(text, encoding="utf-8")
            (root / "migrations" / dialect / "0001_all.rollback.sql").write_text("SELECT 1;\n", encoding="utf-8")
        (root / "migrations" / "0001_all.py").write_text(SHIM)
        project = Project((), (root / "migrations",))
        with ExitStack() as opened:
            templates = opened.enter_context(Templates(project))
            sources: dict[Dialect, LiveDatabase] = {
                "sqlite": opened.enter_context(live_sqlite(project)),
                "postgresql": opened.enter_context(live_postgresql(project, server)),
            }
            answers: dict[str, dict[str, str]] = {}
            for number, (title, dialects) in enumerate(MODES.items()):
                with ExitStack() as copies:  # what one catalog writes, the next one does not find
                    urls: dict[Dialect, str] = {
                        "sqlite": copies.enter_context(templates.sqlite(root)),
                        "postgresql": copies.enter_context(templates.postgresql(server)),
                    }
                    asked = [sources[dialect] for dialect in dialects]
                    answers[title] = _answers(root / str(number), features, asked, urls)
    return INTRODUCTION + "".join(_chapters(features, answers))


def _answers(
    root: Path, features: Sequence[Feature], sources: Sequence[LiveDatabase], urls: Mapping[Dialect, str]
) -> dict[str, str]:
    """Return what is said of each statement in a catalog for these databases."""
    dialects = [source.dialect for source in sources]
    with _declared(root / "all", features, dialects) as (catalog, _):
        report = check_against(Project((catalog,), (), small_tables=tuple(sources[0].tables.columns)), sources)
    assert report.scope.left_out == (), report.scope.left_out
    found: dict[str, list[Finding]] = {each.name: [] for each in features}
    for finding in report.findings:
        found[finding.query.rpartition(".")[2]].append(finding)
    right = [each for each in features if not found[each.name]]
    with _declared(root / "right", right, dialects) as (catalog, module):
        for dialect in dialects:
            asyncio.run(_run_all(urls[dialect], catalog, module, right))
    return {each.name: _said(each, found[each.name]) for each in features}


@contextmanager
def _declared(
    folder: Path, features: Sequence[Feature], dialects: Sequence[Dialect]
) -> Iterator[tuple[Catalog, ModuleType]]:
    """Yield a catalog with these statements, and its module."""
    catalog = Catalog("features", sql=folder, dialects=dialects)
    module = sys.modules["features.all"] = ModuleType("features.all")
    vars(module)["query"] = catalog.query
    text = "\n".join([PREAMBLE, *(each.python for each in features)])
    exec(compile(text, "all.py", "exec", dont_inherit=True), vars(module))
    for dialect in dialects:
        (folder / dialect).mkdir(parents=True)
        blocks = "\n".join(f"-- name: {each.name}\n{each.sql};\n" for each in features)
        (folder / dialect / "all.sql").write_text(blocks, encoding="utf-8")
    try:
        yield catalog, module
    finally:
        del sys.modules["features.all"]


async def _run_all(url: str, catalog: Catalog, module: ModuleType, features: Sequence[Feature]) -> None:
    """Call each function. What a type's column returns must be equal to what was written."""
    async with open_database(Settings(database_url=url), catalog=catalog) as db:
        for each in features:
            values: dict[str, Any] = eval(each.values, vars(module))
            answer = await vars(module)[each.name](db, **values)
            assert each.chapter != TYPES or answer.value == values["value"], (each, answer)


def _said(feature: Feature, findings: Sequence[Finding]) -> str:
    """Return the cell of the table: "works", the databases that do not know the statement, or why it is refused."""
    if not findings:
        return "works"
    missing = [each.dialect for each in findings if each.rule == "statement-refused"]
    if missing:
        return f"not in {' and '.join(DATABASES[dialect] for dialect in DIALECTS if dialect in missing)}"
    first = findings[0]
    message = _OWN_NAME.sub("", first.message).replace("|", "\\|")
    return f"not yet: {message}" if feature.later else f"[{first.rule}](rules.md#{first.rule}): {message}"


def _chapters(features: Sequence[Feature], answers: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    for chapter, of_one in groupby(features, lambda each: each.chapter):
        first = "Type" if chapter == TYPES else "Statement"
        yield f"\n## {chapter}\n\n| {first} | {' | '.join(MODES)} |\n|{'---|' * (1 + len(MODES))}\n"
        for each in of_one:
            code = "" if chapter == TYPES else f"<br>`{each.sql}`".replace("|", "\\|")
            yield f"| {each.shown}{code} | {' | '.join(answers[mode][each.name] for mode in MODES)} |\n"


def main() -> None:
    """Write the page, with the server of DATABASE_URL."""
    PAGE.write_text(features_page(os.environ["DATABASE_URL"]), encoding="utf-8")


if __name__ == "__main__":
    main()
