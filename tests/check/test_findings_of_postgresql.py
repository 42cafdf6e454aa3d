"""What is found in statements of a catalog for PostgreSQL alone, and the statement that the fix leads to."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from hangar_dal import Catalog, open_database
from hangar_dal.check.databases.live import live_postgresql
from hangar_dal.check.project.project import Project
from hangar_dal.check.run import check_against
from hangar_dal.database import Statement
from hangar_dal.errors import StatementError
from hangar_dal.settings import Settings
from tests.check.types_store import PREAMBLE, write_migrations
from tests.helpers.postgres_server import Server

TWO = "class Two(Row):\n    tags: list[str | None]\n    span: {}\n"
TAKES = "@query\nasync def {{}}(db: Executor, part: Annotated[{}, PostgresType('inner_part')]) -> RowCount: ..."
LISTS = "@query\nasync def {}(db: Executor) -> list[Annotated[Two, PostgresType('inner_part')] | None]: ..."
SWAPPED = "class Swapped(Row):\n    span: Range[int] | None\n    tags: list[str | None]\n"
PRICE = "Price = Annotated[Decimal, Field({}, decimal_places=2)]"
NESTED = "class Inner(Row):\n    value: Decimal\n\nclass Outer(Row):\n    inner: Inner"
# The declaration, the statement, what is found ("" for nothing), and the fix.
CASES = {
    "composite": (
        f"{TWO.format('Range[int] | None')}{TAKES.format('Two')}",
        "DELETE FROM t_pair WHERE (value).part = CAST(:part AS inner_part)",
        "",
        "",
    ),
    "composite_without_a_type": (
        f"{TWO.format('Range[int] | None')}{TAKES.format('Two')}",
        "DELETE FROM t_pair WHERE (value).part = :part",
        ":part is inner_part by the signature, and PostgreSQL takes it for record",
        "write CAST(:part AS inner_part)",
    ),
    "attributes_in_another_order": (
        f"{SWAPPED}{TAKES.format('Swapped')}",
        "DELETE FROM t_pair WHERE (value).part = CAST(:part AS inner_part)",
        ":part: the attributes of inner_part are tags, span, and the fields of Swapped are span, tags",
        "declare the fields like the attributes, in their order",
    ),
    "attribute_of_another_type": (
        f"{TWO.format('Range[date]')}{LISTS}",
        "SELECT (value).part AS part FROM t_pair ORDER BY id",
        "Two.span is daterange, and the attribute is int4range",
        "change the annotation of the field, or the type in a migration",
    ),
    "another_type": (
        "@query\nasync def {}(db: Executor) -> Annotated[str, PostgresType('xml')]: ...",
        "SELECT value FROM t_varbit WHERE id = 1",
        "value is bit varying, and the value that the signature promises is xml",
        "annotate it as Annotated[str, PostgresType('bit varying')]",
    ),
    "plain_text": (
        "@query\nasync def {}(db: Executor, value: str) -> RowCount: ...",
        "UPDATE t_xml SET value = :value WHERE id = 1",
        ":value is text by the signature, and PostgreSQL takes it for xml",
        "annotate it as Annotated[str, PostgresType('xml')]",
    ),
    "real": (
        "@query\nasync def {}(db: Executor) -> float: ...",
        "SELECT value FROM t_float4 WHERE id = 1",
        "value is real, and the value that the signature promises is float",
        "annotate it as Float4",
    ),
    "nothing_to_infer_from": (
        "@query\nasync def {}(db: Executor, parts: list[Annotated[str, PostgresType('xml')]]) -> bool: ...",
        "SELECT :parts IS NULL AS is_missing",
        "could not determine data type of parameter :parts",
        "write CAST(:parts AS xml[])",
    ),
    "no_labels_to_infer_from": (
        "@query\nasync def {}(db: Executor, moods: list[Mood]) -> bool: ...",
        "SELECT :moods IS NULL AS is_missing",
        "could not determine data type of parameter :moods",
        "write CAST(:moods AS text[])",
    ),
    "alias": (
        "@query\nasync def {}(db: Executor, value: Annotated[str, PostgresType('varbit')]) -> RowCount: ...",
        "UPDATE t_varbit SET value = :value WHERE id = 1",
        "",
        "",
    ),
    "numbers_in_json": (
        f"{NESTED}\n@query\nasync def {{}}(db: Executor) -> Outer: ...",
        "SELECT json_build_object('value', value) AS inner FROM t_numeric WHERE id = 1",
        "inner.value is a number in the JSON",
        "write CAST(value AS text)",
    ),
    "text_in_json": (
        f"{NESTED}\n@query\nasync def {{}}(db: Executor) -> Outer: ...",
        "SELECT json_build_object('value', CAST(value AS text)) AS inner FROM t_numeric WHERE id = 1",
        "",
        "",
    ),
    "unnested_labels": (
        "@query\nasync def {}(db: Executor, moods: list[Mood]) -> RowCount: ...",
        "INSERT INTO t_mood (id, value) SELECT 1, mood FROM unnest(:moods) AS mood",
        "function unnest(unknown) is not unique",
        "",
    ),
    "cast_labels": (
        "@query\nasync def {}(db: Executor, moods: list[Mood]) -> RowCount: ...",
        "INSERT INTO t_mood (id, value) SELECT 1, mood FROM unnest(CAST(:moods AS mood[])) AS mood",
        "",
        "",
    ),
    "any_of_labels": (
        "@query\nasync def {}(db: Executor, moods: list[Mood]) -> list[Mood]: ...",
        "SELECT value FROM t_mood WHERE value = ANY(:moods) ORDER BY id",
        "",
        "",
    ),
    "other_labels": (
        "@query\nasync def {}(db: Executor, moods: list[Literal['good', 'sad']]) -> RowCount: ...",
        "DELETE FROM t_mood WHERE value = ANY(:moods)",
        ":moods may be sad, and a list of the enum mood has only good, very bad",
        "change the type, or add the value to the enum in a migration",
    ),
    "fewer_labels": (
        "class Few(Row):\n    value: list[Literal['good']]\n@query\nasync def {}(db: Executor) -> list[Few]: ...",
        "SELECT value FROM t_mood_array ORDER BY id",
        "value may be very bad, which Few.value refuses",
        "add the values to the type, or remove them from the enum mood in a migration",
    ),
    "labels_are_no_label": (
        "@query\nasync def {}(db: Executor, mood: list[Mood]) -> RowCount: ...",
        "DELETE FROM t_mood WHERE value = :mood",
        ":mood is a list of text by the signature, and PostgreSQL takes it for the enum mood",
        "write = ANY(:mood)",
    ),
    "too_many_digits": (
        "@query\nasync def {}(db: Executor, value: Decimal) -> RowCount: ...",
        "UPDATE t_numeric52 SET value = :value WHERE id = 1",
        ":value may have more digits than t_numeric52.value, which is numeric(5,2)",
        "limit it by Annotated[Decimal, Field(max_digits=5, decimal_places=2)], or make the column numeric",
    ),
    "enough_bounds": (
        f"{PRICE.format('gt=-1000, le=999')}\n@query\nasync def {{}}(db: Executor, value: Price) -> RowCount: ...",
        "UPDATE t_numeric52 SET value = :value WHERE id = 1",
        "",
        "",
    ),
    "wide_bounds": (
        f"{PRICE.format('ge=0, le=1000')}\n@query\nasync def {{}}(db: Executor, value: Price) -> RowCount: ...",
        "UPDATE t_numeric52 SET value = :value WHERE id = 1",
        ":value may have more digits than t_numeric52.value",
        "limit it by",
    ),
    "large_items": (
        "@query\nasync def {}(db: Executor, value: list[int]) -> RowCount: ...",
        "UPDATE t_int4_array SET value = :value WHERE id = 1",
        ":value may be larger than t_int4_array.value, which is integer[]",
        "limit it by Annotated[int, Field(ge=-2147483648, le=2147483647)]",
    ),
    "money": (
        "@query\nasync def {}(db: Executor) -> Decimal: ...",
        "SELECT value FROM t_money WHERE id = 1",
        "value is money, and the value that the signature promises is numeric",
        "make the column numeric in a migration, or write CAST(... AS numeric)",
    ),
    "money_as_numeric": (
        "@query\nasync def {}(db: Executor) -> Decimal | None: ...",
        "SELECT CAST(value AS numeric) AS value FROM t_money WHERE id = 1",
        "",
        "",
    ),
    "numeric_as_float": (
        "@query\nasync def {}(db: Executor) -> float: ...",
        "SELECT value FROM t_numeric WHERE id = 1",
        "value is numeric, and the value that the signature promises is float",
        "annotate it as Decimal, or convert it by CAST",
    ),
    "sum_of_bigint": (
        "@query\nasync def {}(db: Executor) -> int | None: ...",
        "SELECT sum(value) AS total FROM t_bigint",
        "total is numeric, and the value that the signature promises is int",
        "annotate it as Decimal, or convert it by CAST",
    ),
    "rounded_time": (
        "@query\nasync def {}(db: Executor, value: time) -> RowCount: ...",
        "UPDATE t_time0 SET value = :value WHERE id = 1",
        "PostgreSQL rounds :value to 0 digits of a second, because t_time0.value is time(0) without time zone",
        "make the column time in a migration, or write CAST(:value AS time(0) without time zone) if that is meant",
    ),
    "rounded_on_purpose": (
        "@query\nasync def {}(db: Executor, value: time) -> RowCount: ...",
        "UPDATE t_time0 SET value = CAST(:value AS time(0)) WHERE id = 1",
        "",
        "",
    ),
    "cast_that_keeps_all": (
        "@query\nasync def {}(db: Executor, value: time) -> RowCount: ...",
        "UPDATE t_time0 SET value = CAST(:value AS time) WHERE id = 1",
        "PostgreSQL rounds :value to 0 digits of a second",
        "make the column time in a migration",
    ),
    "read_rounded": (
        "@query\nasync def {}(db: Executor) -> time | None: ...",
        "SELECT value FROM t_time0 WHERE id = 1",
        "",
        "",
    ),
    "cut_on_purpose": (
        "@query\nasync def {}(db: Executor, value: timedelta) -> RowCount: ...",
        "UPDATE t_days SET value = CAST(:value AS interval day) WHERE id = 1",
        "",
        "",
    ),
    "cut_interval": (
        "@query\nasync def {}(db: Executor, value: timedelta) -> RowCount: ...",
        "UPDATE t_days SET value = :value WHERE id = 1",
        "PostgreSQL cuts :value, because t_days.value is interval day",
        "make the column interval in a migration",
    ),
}


@pytest.fixture(scope="module")
def migrations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("types") / "migrations"
    write_migrations(folder)
    return folder


def declare(folder: Path) -> Catalog:
    catalog = Catalog("findings", sql=folder, dialects=["postgresql"])
    module = sys.modules["findings.values"] = ModuleType("findings.values")
    vars(module)["query"] = catalog.query
    source = "\n".join([PREAMBLE, *(declaration.format(name) for name, (declaration, *_) in CASES.items())])
    exec(compile(source, "values.py", "exec", dont_inherit=True), vars(module))
    (folder / "postgresql").mkdir(parents=True)
    blocks = (f"-- name: {name}\n{statement};\n" for name, (_, statement, *_) in CASES.items())
    (folder / "postgresql" / "values.sql").write_text("\n".join(blocks), encoding="utf-8")
    return catalog


def test_each_finding_says_what_to_write(
    postgres_server: Server, migrations: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if postgres_server.needs_permission:
        monkeypatch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
    with live_postgresql(Project((), (migrations,)), postgres_server.url("postgres")) as postgresql:
        asked = Project((declare(tmp_path / "sql"),), (), small_tables=tuple(postgresql.tables.columns))
        report = check_against(asked, [postgresql])
    found: dict[str, list[tuple[str, str]]] = {name: [] for name in CASES}
    for finding in report.findings:
        found[finding.query.removeprefix("values.")].append((finding.message, finding.fix))
    for name, (_, _, message, fix) in CASES.items():
        assert len(found[name]) == bool(message), (name, found[name])
        assert all(message in said and fix in advised for said, advised in found[name]), (name, found[name])


async def test_an_interval_with_months_is_not_read(empty_postgres_url: str, tmp_path: Path) -> None:
    catalog = Catalog("terms", sql=tmp_path, dialects=["postgresql"])
    module = sys.modules["terms.terms"] = ModuleType("terms.terms")
    vars(module)["query"] = catalog.query
    exec(f"{PREAMBLE}\n@query\nasync def get_term(db: Executor) -> timedelta: ...", vars(module))
    (tmp_path / "postgresql").mkdir()
    statement = "SELECT CAST('1 mon 2 days' AS interval) AS term"
    (tmp_path / "postgresql" / "terms.sql").write_text(f"-- name: get_term\n{statement};\n")
    async with open_database(Settings(database_url=empty_postgres_url), catalog=catalog) as db:
        with pytest.raises(StatementError, match=r"terms.get_term: the value: .*an interval with months or years"):
            await module.get_term(db)
        with pytest.raises(StatementError, match=r"term: .*an interval with months or years"):
            await db.run(Statement("terms.raw", statement, writes=False), ())
