"""Each finding fires where a query is wrong, and stays silent where it is right.

`findings.txt` and `refusals.txt` hold both of each: what does not fit its function, and what is refused by itself.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hangar_dal.errors import CatalogError
from tests.helpers.cases import read_titled_cases

if TYPE_CHECKING:
    from tests.query.conftest import Shop


HERE = Path(__file__).parent
# A pattern of the finding, `python` and `sql` that are wrong, and what differs in the right ones.
CASES = read_titled_cases(HERE / "findings.txt") | read_titled_cases(HERE / "refusals.txt")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_finding_fires_where_a_query_is_wrong(case: dict[str, str], shop: "Shop") -> None:
    shop.query(case["python"], case["sql"])
    findings = shop.findings()
    assert findings
    assert all(re.search(case[""], found) for found in findings), findings
    assert all("; " in found for found in findings), "what is to be done?"


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_finding_stays_silent_where_a_query_is_right(case: dict[str, str], shop: "Shop") -> None:
    shop.query(case.get("right python", case["python"]), case.get("right sql", case["sql"]))
    assert shop.findings() == []


READERS = ["get_order", "find_order", "list_orders", "count_orders"]
WRITERS = ["get_or_make_order", "forget_order", "it"]


@pytest.mark.parametrize("name", READERS)
def test_a_write_behind_the_name_of_a_read_is_refused(name: str, shop: "Shop") -> None:
    shop.declare(f"@query\nasync def {name}(db: Executor, id: int) -> list[int]: ...")
    shop.write("orders", f"-- name: {name}\nDELETE FROM orders WHERE id = :id RETURNING id;")
    assert [finding.partition(" a function called ")[0] for finding in shop.findings()] == [
        f"postgresql/orders.sql:1: orders.{name}:",
        f"sqlite/orders.sql:1: orders.{name}:",
    ]


@pytest.mark.parametrize("name", READERS)
def test_a_read_that_locks_may_be_called_a_read(name: str, shop: "Shop") -> None:
    shop.declare(f"@query\nasync def {name}(db: Executor, id: int) -> int: ...")
    shop.write("orders", f"-- name: {name}\nSELECT id FROM orders WHERE id = :id FOR NO KEY UPDATE;")
    assert shop.findings() == []


@pytest.mark.parametrize("name", WRITERS)
def test_a_write_behind_any_other_name_is_silent(name: str, shop: "Shop") -> None:
    shop.declare(f"@query\nasync def {name}(db: Executor, id: int) -> list[int]: ...")
    shop.write("orders", f"-- name: {name}\nDELETE FROM orders WHERE id = :id RETURNING id;")
    assert shop.findings() == []


WARNED = {
    "insert-unlisted": (
        "async def it(db: Executor, id: int) -> RowCount: ...",
        "INSERT INTO app.orders AS new VALUES (:id)",
        "INSERT INTO app.orders AS new (id) SELECT :id",
    ),
    "insert-unlisted ": (
        "async def it(db: Executor, id: int) -> RowCount: ...",
        "INSERT INTO orders (SELECT :id)",
        "INSERT INTO orders (id) (SELECT :id)",
    ),
    "result-unused": (
        "async def it(db: Executor, id: int) -> None: ...",
        "SELECT note FROM orders WHERE id = :id",
        "SELECT notify_all(:id)",
    ),
    "insert-unlisted  ": (
        "async def it(db: Executor, id: int) -> RowCount: ...",
        "REPLACE INTO orders VALUES (:id)",
        "REPLACE INTO orders (id) VALUES (:id)",
    ),
    "result-unused ": (
        "async def it(db: Executor, id: int) -> None: ...",
        "SELECT note FROM orders WHERE id = :id",
        "SELECT note FROM orders WHERE id = :id FOR UPDATE",
    ),
}


@pytest.mark.parametrize(("rule", "case"), WARNED.items(), ids=WARNED.keys())
def test_a_warning_is_found_and_lets_the_query_run(rule: str, case: tuple[str, str, str], shop: "Shop") -> None:
    python, wrong, right = case
    shop.query(python, wrong)
    assert [(found.rule, found.severity) for found in shop.catalog.findings()] == [(rule.strip(), "warning")] * 2
    assert shop.findings() == []
    shop.write("orders", f"-- name: it\n{right};")
    assert shop.catalog.findings() == []


def test_a_finding_names_its_column_in_the_optional_line_that_has_it(shop: "Shop") -> None:
    shop.query(
        "async def it(db: Executor, by: Literal['id', 'all'] = 'id') -> list[Order]: ...",
        "SELECT\nid, note  -- when by = id\n--  id, *  -- when by = all\nFROM orders ORDER BY id",
    )
    found = {(finding.line, finding.column, finding.message) for finding in shop.catalog.findings()}
    assert found == {(4, 9, "* returns whatever columns the table has at the time (when by = all)")}


@pytest.mark.parametrize(("key", "rules"), [(":id::text", ["order-by-parameter"]), ("note <> :id::text", [])])
def test_a_type_behind_two_colons_is_no_column(key: str, rules: list[str], shop: "Shop") -> None:
    shop.declare("@query\nasync def it(db: Executor, id: int) -> list[Order]: ...")
    query = "-- name: it\n-- differs: SQLite casts otherwise\nSELECT id, note FROM orders ORDER BY {}, id;\n"
    shop.write("orders", query.format("note <> :id"), query.format(key))
    assert [found.rule for found in shop.catalog.findings()] == rules


CLOCKS = {
    "postgresql": [
        *("now()", "NOW ( )", "'now'::timestamptz", "CAST('today' AS date)", "timestamptz 'yesterday'"),
        *("timestamp with time zone 'now'", "localtime", "(SELECT current_date)", "timeofday()"),
    ],
    "sqlite": [
        *("datetime('now')", "date()", "strftime('%s')", "unixepoch()", "date('NOW', '+1 day')", "CURRENT_TIME"),
        *("julianday('now')", "strftime('%s', 'now')"),
    ],
}
NO_CLOCKS = {
    "postgresql": ["now", "'now'", "x.now", "date(:now)", "'now'::text", "CAST('now' AS text)"],
    "sqlite": ["datetime(:now)", "date(:now, '+1 day')", "strftime('%s', :now)", "now", "localtime", "upper('now')"],
}


def clocks(cases: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(dialect, expression) for dialect, expressions in cases.items() for expression in expressions]


@pytest.mark.parametrize(("dialect", "expression"), clocks(CLOCKS))
def test_a_reading_of_the_databases_own_clock_is_refused(dialect: str, expression: str, shop: "Shop") -> None:
    shop.query("async def it(db: Executor) -> str: ...", f"SELECT {expression} AS at")
    assert [found.rule for found in shop.catalog.findings() if found.dialect == dialect] == ["clock"]


@pytest.mark.parametrize(("dialect", "expression"), clocks(NO_CLOCKS))
def test_what_only_looks_like_a_clock_is_silent(dialect: str, expression: str, shop: "Shop") -> None:
    shop.query("async def it(db: Executor) -> str: ...", f"SELECT {expression} AS at")
    assert [found.rule for found in shop.catalog.findings() if found.dialect == dialect] == []


def test_one_row_that_is_no_tables_needs_no_order(shop: "Shop") -> None:
    shop.query("async def it(db: Executor, id: int) -> list[int]: ...", "SELECT :id AS id")
    assert shop.findings() == []


@pytest.mark.parametrize(
    ("when", "named"), [("ident", "ident"), ("ident = 1", "ident"), ("order = 1", "order"), ("number", None)]
)
def test_a_condition_without_an_argument_cannot_be_called_though_its_rule_is_turned_off(
    when: str, named: str | None, shop: "Shop"
) -> None:
    shop.query(
        "async def it(db: Executor, number: int, order: Order) -> list[int]: ...",
        f"-- ignore: when-condition: tried out\nSELECT :number AS number\nWHERE :note <> ''  -- when {when}",
    )
    assert shop.findings() == []
    declared = shop.catalog.queries["orders.it"]
    if named is None:
        declared.compile("sqlite")
    else:
        with pytest.raises(CatalogError, match=f"orders.it: `when {named}` names no argument"):
            declared.compile("sqlite")
