"""What a catalog finds between modules and files, and when it looks."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hangar_dal import ACCOUNTS, Catalog, Database
from hangar_dal.errors import CatalogError
from hangar_dal.sqlscan import Dialect

if TYPE_CHECKING:
    from tests.query.conftest import Shop

ONE = "@query\nasync def one(db: Executor) -> int: ...\n"
TWO = "@query\nasync def two(db: Executor) -> int: ...\n"
ONE_SQL = "-- name: one\nSELECT 1 AS one;\n"
TWO_SQL = "-- name: two\nSELECT 2 AS two;\n"


def test_twins_that_fulfil_their_functions_are_silent(shop: "Shop") -> None:
    shop.declare(ONE + TWO)
    shop.write("orders", ONE_SQL + TWO_SQL)
    assert shop.findings() == []


def test_a_block_that_is_missing_in_one_dialect_is_found(shop: "Shop") -> None:
    shop.declare(ONE + TWO)
    shop.write("orders", ONE_SQL + TWO_SQL, ONE_SQL)
    assert shop.findings() == [
        "orders.py:3: orders.two has no block in postgresql/orders.sql; write it: `-- name: two`"
    ]


def test_a_block_that_no_function_declares_is_found(shop: "Shop") -> None:
    shop.declare(ONE)
    shop.write("orders", ONE_SQL, ONE_SQL + TWO_SQL)
    assert shop.findings() == [
        "postgresql/orders.sql:3: two has no function in shop.orders that declares it; declare it, or delete it"
    ]


def test_a_file_that_is_missing_is_found_once(shop: "Shop") -> None:
    shop.declare(ONE + TWO)
    shop.write("orders", ONE_SQL + TWO_SQL)
    (shop.folder / "postgresql" / "orders.sql").unlink()
    assert shop.findings() == ["postgresql/orders.sql:1: the file does not exist; write orders's statements"]


def test_a_dialect_without_a_folder_lacks_each_file(shop: "Shop") -> None:
    shop.declare(ONE)
    shop.write("orders", ONE_SQL)
    (shop.folder / "postgresql" / "orders.sql").unlink()
    (shop.folder / "postgresql").rmdir()
    assert shop.findings() == ["postgresql/orders.sql:1: the file does not exist; write orders's statements"]


def test_a_file_that_no_module_declares_is_found(shop: "Shop") -> None:
    shop.declare(ONE)
    shop.write("orders", ONE_SQL)
    shop.write("stock", ONE_SQL)
    (shop.folder / "sqlite" / "README.md").write_text("Not SQL.")
    assert [finding.partition(";")[0] for finding in shop.findings()] == [
        "postgresql/stock.sql:1: no imported module declares these queries",
        "sqlite/stock.sql:1: no imported module declares these queries",
    ]


def test_a_file_that_is_not_utf_8_is_found(shop: "Shop") -> None:
    shop.declare(ONE)
    shop.write("orders", ONE_SQL, f"-- größe\n{ONE_SQL}".encode("latin-1"))
    assert shop.findings() == ["postgresql/orders.sql:1: the file is not UTF-8"]


def test_a_block_that_is_refused_is_not_called_missing_too(shop: "Shop") -> None:
    shop.declare(ONE)
    shop.write("orders", ONE_SQL, "-- name: one\nSELECT 1; SELECT 2;")
    assert shop.findings() == [
        "postgresql/orders.sql:2: one holds two statements; one block is one statement",
    ]


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_files_from_every_editor_are_accepted_beside_each_other(mark: bytes, ending: bytes, shop: "Shop") -> None:
    shop.declare(ONE)
    shop.write("orders", ONE_SQL, mark + ONE_SQL.encode().replace(b"\n", ending))
    assert shop.findings() == []


def test_twins_that_differ_say_why(shop: "Shop") -> None:
    shop.declare(ONE)
    shop.write("orders", ONE_SQL, ONE_SQL.replace("1 AS", "1 + 0 AS"))
    assert [finding.partition(";")[0] for finding in shop.findings()] == [
        "postgresql/orders.sql:2: orders.one: differs from sqlite/orders.sql:2",
        "sqlite/orders.sql:2: orders.one: differs from postgresql/orders.sql:2",
    ]
    reason = "-- name: one\n-- differs: for a reason\n"
    sql = ONE_SQL.replace("-- name: one\n", reason)
    shop.write("orders", sql, sql.replace("1 AS", "1 + 0 AS"))
    assert shop.findings() == []


def test_a_reason_in_one_twin_alone_is_not_enough(shop: "Shop") -> None:
    shop.declare(ONE)
    sql = ONE_SQL.replace("-- name: one\n", "-- name: one\n-- differs: for a reason\n")
    shop.write("orders", sql, ONE_SQL.replace("1 AS", "1 + 0 AS"))
    (finding,) = shop.findings()
    assert finding.startswith("postgresql/orders.sql:2: orders.one: differs from sqlite/orders.sql:3; make them equal")


def test_twins_that_do_not_differ_need_no_reason(shop: "Shop") -> None:
    shop.declare(ONE)
    sql = ONE_SQL.replace("-- name: one\n", "-- name: one\n-- differs: it does not\n")
    shop.write("orders", sql)
    assert shop.findings() == [
        "postgresql/orders.sql:1: orders.one: does not differ from sqlite/orders.sql:1; delete the `-- differs:` line",
        "sqlite/orders.sql:1: orders.one: does not differ from postgresql/orders.sql:1; delete the `-- differs:` line",
    ]


def test_twins_agree_in_their_comments_and_arms_too(shop: "Shop") -> None:
    shop.declare("@query\nasync def one(db: Executor, id: int | None) -> list[int]: ...\n")
    sql = "-- name: one\n-- Why.\nSELECT 1 AS one WHERE TRUE\nAND 1 = :id  -- when id\nORDER BY 1;\n"
    shop.write("orders", sql, sql.replace("-- Why.", "-- Another why."))
    assert len(shop.findings()) == 2
    shop.write("orders", sql, sql.replace("  -- when id", ""))
    assert len(shop.findings()) == 2
    shop.write("orders", sql)
    assert shop.findings() == []


def test_twins_in_another_order_are_found(shop: "Shop") -> None:
    shop.declare(ONE + TWO)
    shop.write("orders", ONE_SQL + TWO_SQL, TWO_SQL + ONE_SQL)
    assert shop.findings() == [
        "sqlite/orders.sql:1: one: the blocks of the two dialects are in different orders; sort one file like the other"
    ]


def test_two_modules_that_share_a_file_are_found(shop: "Shop") -> None:
    shop.declare(ONE)
    shop.declare(ONE, module="shop.old.orders")
    shop.write("orders", ONE_SQL)
    assert shop.findings() == [
        "orders.py:1: shop.old.orders and shop.orders would share the file orders.sql; rename one",
        "orders.py:1: shop.orders and shop.old.orders would share the file orders.sql; rename one",
    ]


def test_a_query_declared_twice_is_refused_at_once(shop: "Shop") -> None:
    with pytest.raises(CatalogError, match=r"^orders.py:3: orders.one is declared twice$"):
        shop.declare(ONE + ONE)


def test_all_findings_of_all_modules_come_at_once_sorted(shop: "Shop") -> None:
    shop.declare(ONE.replace("int", "Decimal"))
    shop.declare(TWO.replace("db: Executor", "db: Executor, id: int"), module="shop.stock")
    shop.write("orders", ONE_SQL + TWO_SQL)
    shop.write("stock", TWO_SQL)
    assert [finding.split(":")[0] for finding in shop.findings()] == [
        "postgresql/orders.sql",
        "sqlite/orders.sql",
        "orders.py",
        "stock.py",
    ]


def test_findings_of_a_file_come_in_the_order_of_its_lines(shop: "Shop") -> None:
    shop.declare(ONE)
    shop.write("orders", ONE_SQL + "\n".join(f"-- name: x{number}\nSELECT 1;" for number in range(6)))
    lines = [int(finding.split(":")[1]) for finding in shop.findings() if finding.startswith("sqlite")]
    assert lines == [3, 5, 7, 9, 11, 13]


def test_an_error_holds_every_finding_on_a_line_of_its_own(shop: "Shop") -> None:
    shop.declare(ONE + TWO)
    shop.write("orders", ONE_SQL, TWO_SQL)
    with pytest.raises(CatalogError) as error:
        shop.catalog.load()
    assert len(error.value.findings) == 2
    assert str(error.value).splitlines() == list(error.value.findings)


def test_a_mended_file_is_read_again(shop: "Shop") -> None:
    shop.declare(ONE)
    shop.write("orders", TWO_SQL)
    assert shop.findings() != []
    shop.write("orders", ONE_SQL)
    assert shop.findings() == []


def test_annotations_may_be_strings_in_a_module_of_the_future(shop: "Shop") -> None:
    shop.declare("from __future__ import annotations\n" + ONE + TWO.replace("async ", "").replace("int", "Stream[int]"))
    shop.write("orders", ONE_SQL + TWO_SQL)
    assert shop.findings() == []


def test_the_folder_is_found_in_the_package_that_the_catalog_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shop: "Shop"
) -> None:
    (tmp_path / "warehouse").mkdir()
    (tmp_path / "warehouse" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    shop.catalog = Catalog("warehouse", sql="statements")
    shop.folder = tmp_path / "warehouse" / "statements"
    shop.declare(ONE)
    shop.write("orders", ONE_SQL)
    assert shop.findings() == []
    assert list(shop.catalog.queries) == ["orders.one"]
    sys.modules.pop("warehouse")


def test_a_module_that_is_run_as_a_script_is_known_by_its_file(shop: "Shop") -> None:
    source = f"__name__ = '__main__'\n{ONE}"
    shop.declare(source, module="shop.orders")
    shop.write("orders", ONE_SQL)
    assert shop.findings() == []


async def test_a_first_call_looks_at_its_own_module_only(shop: "Shop", database: Database) -> None:
    orders = shop.declare(ONE)
    shop.write("orders", ONE_SQL)
    stock = shop.declare(TWO, module="shop.stock")
    shop.write("stock", ONE_SQL)
    assert await orders.one(database) == 1
    with pytest.raises(CatalogError, match=r"stock.two has no block"):
        await stock.two(database)
    assert await orders.one(database) == 1


async def test_a_query_declared_later_is_looked_at_by_its_first_call(shop: "Shop", database: Database) -> None:
    orders = shop.declare(ONE)
    shop.write("orders", ONE_SQL)
    assert await orders.one(database) == 1
    exec(compile(TWO, "orders.py", "exec"), vars(orders))
    with pytest.raises(CatalogError, match=r"orders.two has no block"):
        await orders.two(database)


async def test_findings_of_one_query_keep_its_whole_module_from_running(shop: "Shop", database: Database) -> None:
    orders = shop.declare(ONE + TWO)
    shop.write("orders", ONE_SQL)
    with pytest.raises(CatalogError, match=r"orders.two has no block"):
        await orders.one(database)


@pytest.mark.parametrize("package", ["no_such_package", "shop.orders", "", ".orders"])
def test_a_catalog_of_what_is_no_package_says_what_to_write(package: str, shop: "Shop") -> None:
    catalog = Catalog(package)
    sys.modules["shop.orders"] = shop.declare(ONE)
    catalog.query(sys.modules["shop.orders"].one.__wrapped__)
    for look in (catalog.load, catalog.findings):
        with pytest.raises(
            CatalogError, match=r"^Catalog\(.*\): .*; write the name of the package that holds"
        ) as caught:
            look()
        assert repr(package) in str(caught.value)


@pytest.mark.parametrize("given", [[], ["mysql"], ["sqlite", "sqlite"], "sqlite"])
def test_dialects_that_name_no_database_are_refused(given: Any) -> None:
    with pytest.raises(CatalogError, match=r'shop: dialects=.* names no database; write dialects=\["sqlite"\] or'):
        Catalog("shop", dialects=given)


@pytest.mark.parametrize(("dialect", "other"), [("sqlite", "PostgreSQL"), ("postgresql", "SQLite")])
def test_a_catalog_for_both_cannot_use_one_for_one(dialect: Dialect, other: str) -> None:
    one = Catalog("stock", dialects=[dialect])
    sentence = f"shop uses stock, which is not written for {other}; write dialects="
    with pytest.raises(CatalogError, match=sentence):
        Catalog("shop", uses=[ACCOUNTS, one])
