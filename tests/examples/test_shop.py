"""The example application is checked by the commands that check this package, and needs nothing that is private."""

import importlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import hangar_dal
from hangar_dal import cli, sealing
from tests.helpers.commands import run_module
from tests.helpers.postgres_server import Server
from tests.helpers.public_use import PUBLIC, private_uses
from tests.helpers.shared_by_workers import once

SHOP = Path(__file__).parents[2] / "examples" / "shop"
Shop = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return copied(tmp_path / "shop")


def copied(folder: Path) -> Path:
    return shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns("__pycache__", "*.db*"))


@pytest.fixture
def run(shop: Path) -> Shop:
    """A command in the application's folder, where nothing but its environment is known."""

    def done(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return run_module(*command, cwd=shop, env=os.environ | environment)

    return done


def test_it_sells(run: Shop, database_url: str) -> None:
    environment = {"DATABASE_URL": database_url, "HANGAR_SEALING_KEYS": sealing.new_key()}
    applied = run("hangar_dal.cli", "migrations", "apply", **environment)
    assert applied.stdout == "applied 1001_products_and_orders\napplied 1002_order_notes\n", applied.stderr
    for _ in range(2):
        sold = run("shop", **environment)
        assert sold.returncode == 0, sold.stderr
        assert sold.stdout == "2 lines, 129960 EUR, paid: Leave it in the hangar.\nFUEL-40: 40 sold\n"


def test_its_queries_are_clean_on_both_databases(run: Shop, server: str) -> None:
    checked = run("hangar_dal.cli", "check", "--postgresql", server)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.endswith("\n\nclean: 48 statements agree with their functions and tables\n")


def test_they_are_clean_without_a_database(run: Shop, shop: Path) -> None:
    checked = run("hangar_dal.cli", "check", "--offline")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.endswith("\n\nclean: 48 statements agree with their functions and tables\n")


def test_its_migrations_go_forth_and_back_on_both_databases(run: Shop, server: str) -> None:
    verified = run("hangar_dal.cli", "migrations", "verify", "--postgresql", server)
    assert (verified.returncode, verified.stderr) == (0, "")
    assert verified.stdout.endswith("\n\nclean: every migration can be applied, rolled back and applied again\n")


def findings(run: Shop, server: str) -> set[tuple[str, int, str, str]]:
    checked = run("hangar_dal.cli", "check", "--json", "--postgresql", server)
    assert (checked.returncode, checked.stderr) == (1, "")
    return {
        (each["path"], each["line"], each["rule"], each["query"]) for each in json.loads(checked.stdout)["findings"]
    }


def line_of(file: Path, query: str, column: str) -> int:
    lines = file.read_text().splitlines()
    return lines.index(f"    {column},", lines.index(f"-- name: {query}")) + 1


def test_a_field_that_is_renamed_is_found_where_its_column_stands(run: Shop, shop: Path, server: str) -> None:
    models = shop / "shop" / "models.py"
    models.write_text(models.read_text().replace("placed_at: datetime", "ordered_at: datetime"))
    found = findings(run, server)
    for dialect in ("sqlite", "postgresql"):
        file = f"shop/sql/{dialect}/orders.sql"
        line = line_of(shop / file, "pay_order", "placed_at")
        assert (file, line, "column-extra", "orders.pay_order") in found


def test_a_column_that_is_renamed_is_found_where_it_is_used(run: Shop, shop: Path, server: str) -> None:
    for file in shop.glob("shop/migrations/*/1002_order_notes*.sql"):
        file.write_text(file.read_text().replace("COLUMN note", "COLUMN remark"))
    found = findings(run, server)
    for dialect in ("sqlite", "postgresql"):
        file = f"shop/sql/{dialect}/orders.sql"
        line = line_of(shop / file, "list_orders", "orders.note")
        assert (file, line, "statement-refused", "orders.list_orders") in found


@pytest.fixture(scope="module")
def matrix(postgres_server: Server, of_all_workers: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the command shows of the application as it is."""
    permission = {"HANGAR_ALLOW_INSECURE_POSTGRES": "true"} if postgres_server.needs_permission else {}
    command = ("hangar_dal.cli", "check", "--matrix", "--postgresql", postgres_server.url("postgres"))

    def show() -> str:
        shop = copied(tmp_path_factory.mktemp("matrix") / "shop")
        shown = run_module(*command, cwd=shop, env=os.environ | permission)
        assert (shown.returncode, shown.stderr) == (0, "")
        return shown.stdout

    return once(of_all_workers, "matrix-of-the-shop", show)


def test_its_newest_migration_goes_before_the_code(matrix: str) -> None:
    _, table, *_ = matrix.split("\n\n")
    rows = {row[0]: row[1:] for row in map(str.split, table.splitlines())}
    # The columns before the last two are the package's migrations.
    assert (set(rows["orders.list_orders"][:-1]), rows["orders.list_orders"][-1]) == ({"breaks"}, "holds")
    assert (set(rows["orders.delete_order"][:-2]), rows["orders.delete_order"][-2:]) == ({"breaks"}, ["holds", "holds"])
    assert "\n1002_order_notes: deploy the schema first\n" in matrix


def test_a_column_that_gets_another_name_splits_the_change(run: Shop, shop: Path, server: str) -> None:
    for file in shop.glob("shop/migrations/*/1002_order_notes.sql"):
        file.write_text("ALTER TABLE orders RENAME COLUMN currency TO currency_code;" + file.read_text())
    shown = run("hangar_dal.cli", "check", "--matrix", "--postgresql", server)
    assert (shown.returncode, shown.stderr) == (1, "")
    assert "\n1002_order_notes: neither may be deployed first: split the change\n" in shown.stdout


def quoted(page: str, first: str) -> list[str]:
    """What a page shows of an output, part by part where it leaves some out."""
    text = (SHOP.parents[1] / page).read_text(encoding="utf-8")
    (block,) = (block for block in text.split("```text\n")[1:] if block.lstrip().startswith(first))
    return block.partition("```")[0].split("...\n")


def test_the_readme_shows_what_is_found(run: Shop, shop: Path, server: str) -> None:
    models = shop / "shop" / "models.py"
    models.write_text(models.read_text().replace("paid_at: datetime | None", "paid_at: datetime"))
    checked = run("hangar_dal.cli", "check", "--postgresql", server)
    assert [part for part in quoted("README.md", "shop/sql") if part not in checked.stdout] == []


def test_the_page_about_checks_shows_the_matrix(matrix: str) -> None:
    table, *parts = quoted("docs/check.md", "0001 ")
    assert [part for part in parts if part not in matrix] == []
    # The page need not have the package's newest migrations, whose columns are before the last two.
    rows = [(row.split()[0], row.split()[-2:]) for row in matrix.splitlines() if len(row.split()) > 2]
    assert [row for row in table.splitlines() if (row.split()[0], row.split()[-2:]) not in rows] == []


def test_its_readme_names_commands_that_there_are() -> None:
    commands = re.findall(r"^hangar-dal (.*?)(?:  +#.*)?$", (SHOP / "README.md").read_text(), re.MULTILINE)
    assert len(commands) == 7
    for command in commands:
        with pytest.raises(SystemExit) as ended:
            cli.main([*command.split(), "--help"])
        assert not ended.value.code, command


@pytest.mark.parametrize("file", sorted(SHOP.rglob("*.py")), ids=lambda file: str(file.relative_to(SHOP)))
def test_it_imports_nothing_private(file: Path) -> None:
    assert list(private_uses(file.read_text())) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from hangar_dal.database import engine", ["hangar_dal.database"]),
        ("import hangar_dal.query.compiled", ["hangar_dal.query.compiled"]),
        ("from hangar_dal import values", ["values"]),
        ("from hangar_dal.errors import _why", ["_why"]),
        ("import hangar_dal; hangar_dal.users._fold()", ["_fold"]),
        ("from hangar_dal import errors, users; from hangar_dal.errors import NotFound", []),
    ],
)
def test_what_is_private_would_be_seen(source: str, found: list[str]) -> None:
    assert list(private_uses(source)) == found


def test_what_is_public_can_be_imported() -> None:
    assert set(hangar_dal.__all__) <= set(dir(hangar_dal))
    for module in PUBLIC:
        importlib.import_module(module)
