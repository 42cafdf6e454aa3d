"""`refold` brings stored folds up to date while the application runs, and names rows by their keys only."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from hangar_dal import ACCOUNTS, Database, Settings, User, builders, open_database, users
from hangar_dal.migrations.drift import database_schema
from hangar_dal.refolding import FoldColumn, RefoldOutcome, fold_columns, refold, rows
from hangar_dal.sealing import new_key
from hangar_dal.values import fold
from tests import shop
from tests.helpers.commands import run_here
from tests.helpers.domain_fixtures import Sql
from tests.shop import addresses, letters, samples
from tests.shop.addresses import Address
from tests.shop.tables import create_tables

SHOP = (addresses, letters, samples)  # imported, so that their queries are declared
SHARP, SAME, CIRCLED = "mara@faß.de", "mara@xn--fa-hia.de", "mara@gⓜail.com"
REFOLD = [sys.executable, "-m", "hangar_dal.cli", "refold"]
NAMED = ("--catalog", "hangar_dal:ACCOUNTS")
ROOT = Path(__file__).parents[2]


@pytest.fixture
async def database(settings: Settings, anyio_backend: str) -> AsyncIterator[Database]:
    """With the catalog of an application, which uses the package's."""
    async with open_database(settings, catalog=shop.CATALOG) as db:
        yield db


@pytest.fixture
def columns(database: Database, settings: Settings) -> Callable[[], dict[str, FoldColumn]]:
    """The fold columns that the package and the shop write, by name."""

    def read() -> dict[str, FoldColumn]:
        schema = database_schema(settings.url.get_secret_value())
        found, _ = fold_columns([ACCOUNTS, shop.CATALOG], schema, database.dialect)
        return {column.name: column for column in found}

    return read


@pytest.fixture
def store(database: Database, sql: Sql) -> Callable[[str, str], Awaitable[UUID]]:
    """Stores a user whose address and fold are those that an older version would have stored."""

    async def stored(email: str, email_fold: str) -> UUID:
        made = await users.insert_user(database, builders.user(password="not read"), hashed_password="x")
        await sql(f"UPDATE users SET email = '{email}', email_fold = '{email_fold}' WHERE id = '{made.id}'")
        return made.id

    return stored


@pytest.fixture
def environment(settings: Settings) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": settings.url.get_secret_value(),
        "HANGAR_SEALING_KEYS": new_key(),
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture
def command(environment: dict[str, str]) -> Callable[..., tuple[int, str]]:
    """Runs `hangar-dal refold` in an empty folder; its exit code and all that it says."""

    def run(*arguments: str, named: Sequence[str] = NAMED) -> tuple[int, str]:
        return run_here("refold", *named, *arguments, env=environment)

    return run


async def test_stale_folds_and_addresses_are_recomputed_once(
    database: Database, store: Callable[..., Any], command: Callable[..., tuple[int, str]]
) -> None:
    stale = await store(SHARP, "mara@fass.de")
    right = await store("mara@fass.example", "mara@fass.example")
    await users.insert_user(database, builders.eve_user(), hashed_password=None)
    assert await users.find_user_by_email(database, SHARP) is None
    code, said = command("--check")
    assert (code, "users.email: 1 of 2 rows to change" in said) == (3, True), said
    assert await users.find_user_by_email(database, SHARP) is None
    code, said = command()
    assert (code, "users.email: 1 of 2 rows changed" in said) == (0, True), said
    found = await users.find_user_by_email(database, SHARP)
    assert found is not None
    assert (found.id, found.email) == (stale, SAME)
    assert (await users.get_user(database, right)).email == "mara@fass.example"
    for arguments in ((), ("--check",)):
        code, said = command(*arguments)
        assert (code, "users.email: 0 of 2 rows" in said) == (0, True), said
        assert "users.username: 0 of 2 rows" in said
        assert "users.display_name: 0 of 3 rows" in said


@pytest.mark.parametrize("arguments", [(), ("--check",)], ids=["run", "check"])
async def test_rows_that_would_be_equal_or_have_no_fold_are_named_by_their_keys(
    database: Database, store: Callable[..., Any], command: Callable[..., tuple[int, str]], arguments: tuple[str, ...]
) -> None:
    one, other = await store(SHARP, "mara@fass.de"), await store(SAME, SAME)
    refused, fine = await store(CIRCLED, "mara@gmail.com"), await store("noah@faß.de", "noah@fass.de")
    code, said = command(*arguments)
    assert code == 1
    [equal] = [line for line in said.splitlines() if "equal" in line]
    assert {str(one), str(other)} == {str(key) for key in (one, other, refused, fine) if str(key) in equal}
    assert f"refused: the row (id={refused}): email: an e-mail address must not contain compatibility" in said
    for text in ("mara", "noah", "gmail", "fa-hia", "fass", "faß"):
        assert text not in said
    assert (await users.get_user(database, one)).email == SHARP
    assert (await users.get_user(database, refused)).email == CIRCLED
    changed = "noah@faß.de" if arguments else "noah@xn--fa-hia.de"
    assert (await users.get_user(database, fine)).email == changed


async def test_a_key_that_is_a_text_is_not_shown(
    database: Database, sql: Sql, columns: Callable[[], dict[str, FoldColumn]]
) -> None:
    await create_tables(database)
    await sql("INSERT INTO addresses VALUES (1, 'a@x.de', 'one'), (2, 'A@x.de', 'other')")
    column = replace(columns()["addresses.email"], key=("email", "id"))
    outcome = await refold(database, column, check=True)
    assert outcome.equal == [("email=(not shown), id=2", "email=(not shown), id=1")]


async def test_a_row_waits_for_another_one_to_give_its_fold_up(
    database: Database, sql: Sql, columns: Callable[[], dict[str, FoldColumn]]
) -> None:
    await create_tables(database)
    await sql("INSERT INTO addresses VALUES (1, 'a@fass.de', 'stale'), (2, 'a@faß.de', 'a@fass.de')")
    column = columns()["addresses.email"]
    assert await refold(database, column, check=True) == RefoldOutcome(column, rows=2, changed=2)
    for batch in (1, 500):
        await sql("UPDATE addresses SET email_fold = 'stale' WHERE id = 1 AND email_fold <> 'a@fass.de'")
        outcome = await refold(database, column, batch=batch)
        assert (outcome.equal, outcome.refused) == ([], [])
    assert await addresses.find_address(database, "a@fass.de") == Address(id=1, email="a@fass.de")
    assert await addresses.find_address(database, "a@faß.de") == Address(id=2, email="a@xn--fa-hia.de")


@pytest.mark.parametrize("batch", [1, 500])
async def test_rows_that_hold_each_others_folds_exchange_them(
    database: Database, sql: Sql, columns: Callable[[], dict[str, FoldColumn]], batch: int
) -> None:
    await create_tables(database)
    await sql(
        "INSERT INTO addresses VALUES (1, 'a@x.de', 'b@x.de'), (2, 'b@x.de', 'a@x.de'), (3, 'c@x.de', 'd@x.de'),"
        " (4, 'd@x.de', 'e@x.de'), (5, 'e@x.de', 'c@x.de'), (6, 'f@x.de', 'f@x.de'), (7, 'F@x.de', 'stale')"
    )
    column = columns()["addresses.email"]
    equal = [("id=7", "id=6")]
    assert await refold(database, column, batch=batch) == RefoldOutcome(column, rows=7, changed=5, equal=equal)
    stored = await sql("SELECT email, email_fold FROM addresses WHERE id <= 6")
    assert all(text == folded for text, folded in stored)
    assert await sql("SELECT email_fold FROM addresses WHERE id = 7") == [("stale",)]


async def test_a_text_that_the_application_changes_meanwhile_stays(
    database: Database,
    store: Callable[..., Any],
    columns: Callable[[], dict[str, FoldColumn]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key, apply = await store(SHARP, "mara@fass.de"), rows._apply
    chosen: list[User] = []

    async def overtaken(*arguments: Any) -> Any:
        chosen.append(await users.update_user(database, key, email="mara@new.example"))
        return await apply(*arguments)

    monkeypatch.setattr(rows, "_apply", overtaken)
    column = columns()["users.email"]
    assert await refold(database, column) == RefoldOutcome(column, rows=1, changed=0)
    assert [await users.find_user_by_email(database, "mara@new.example")] == chosen


async def test_a_unique_key_of_several_columns_is_compared_whole(database: Database, sql: Sql) -> None:
    text = "text" if database.dialect == "sqlite" else 'text COLLATE "C"'
    await sql(
        f"CREATE TABLE tags (a bigint, b bigint, owner bigint, tag {text}, tag_fold {text}, "
        "PRIMARY KEY (a, b), UNIQUE (owner, tag_fold))"
    )
    await sql(
        "INSERT INTO tags VALUES (1, 1, 7, 'A', '1'), (1, 2, 7, 'a', '2'), (2, 1, 8, 'a', '3'), "
        "(2, 2, NULL, 'a', '4'), (3, 1, NULL, 'a', '5'), (3, 2, 8, NULL, NULL)"
    )
    column = FoldColumn("tags", "tag", ("a", "b"), fold, uniques=(("owner", "tag_fold"),))
    checked = await refold(database, column, check=True, batch=2)
    assert (checked.rows, checked.changed, checked.equal) == (5, 5, [("a=1, b=1", "a=1, b=2")])
    done = await refold(database, column, batch=2)
    assert (done.rows, done.changed) == (5, 4)
    [group] = done.equal
    assert {"a=1, b=1", "a=1, b=2"} <= set(group)
    assert [row[0] for row in await sql("SELECT tag_fold FROM tags ORDER BY a, b")] == ["a", "2", "a", "a", "a", None]


async def test_columns_are_known_from_what_the_catalogs_write_and_the_others_are_listed(
    database: Database, settings: Settings, sql: Sql
) -> None:
    await create_tables(database)
    await sql("CREATE TABLE notes (id bigint PRIMARY KEY, title text, title_fold text, odd_fold text)")
    schema = database_schema(settings.url.get_secret_value())
    catalogs = [ACCOUNTS, shop.CATALOG]
    found, left_out = fold_columns(catalogs, schema, database.dialect)
    assert [column.name for column in found] == [
        "addresses.email",
        "users.display_name",
        "users.email",
        "users.username",
        "users.display_name_grams",
        "users.email_grams",
        "users.phone_number_grams",
        "users.username_grams",
    ]
    uniques = [column.uniques for column in found]
    assert uniques == [(("email_fold",),), (), (("email_fold",),), (("username_fold",),), (), (), (), ()]
    assert left_out == [
        "names.name_fold: the table has no primary key",
        "notes.odd_fold: the table has no column odd",
        "notes.title_fold: no query of the catalogs writes :title_fold to this table",
    ]


async def test_the_catalogs_of_an_application_are_those_that_its_section_names(
    database: Database, sql: Sql, command: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    await create_tables(database)
    await sql("INSERT INTO addresses VALUES (1, 'a@faß.de', 'a@fass.de')")
    assert "left out: addresses.email_fold: no query of the catalogs writes" in command()[1]
    code, said = command(named=())
    assert (code, said.startswith("error: no catalog is named")) == (2, True)
    project = tmp_path / "pyproject.toml"
    project.write_text('[tool.hangar_dal]\ncatalogs = ["tests.shop:CATALOG"]\nmodules = ["tests.shop"]\n')
    code, said = command("--project", str(project), named=())
    assert (code, "addresses.email: 1 of 1 rows changed" in said) == (0, True), said
    assert "users.email: 0 of 0 rows changed" in said
    assert await addresses.find_address(database, "a@faß.de") == Address(id=1, email="a@xn--fa-hia.de")


@pytest.fixture
async def stale(database: Database, sql: Sql) -> int:
    """The number of users whose folds all have to be recomputed."""
    number = 300
    async with database.transaction() as tx:
        for index in range(number):
            new = builders.user(email=f"mära{index}@x.example", password="not read")
            await users.insert_user(tx, new, hashed_password="x")
    await sql("UPDATE users SET email_fold = 'stale ' || email")
    return number


async def test_a_run_that_is_killed_is_started_again_and_ends_the_work(
    database: Database, stale: int, environment: dict[str, str], command: Callable[..., tuple[int, str]], sql: Sql
) -> None:
    left = "SELECT count(*) FROM users WHERE email_fold LIKE 'stale %'"
    process = await asyncio.create_subprocess_exec(*REFOLD, *NAMED, "--batch", "1", env=environment, stdout=DEVNULL)
    while (await sql(left))[0][0] == stale and process.returncode is None:  # noqa: ASYNC110 - another process is watched
        await asyncio.sleep(0.001)
    process.kill()
    await process.wait()
    [[unfinished]] = await sql(left)
    assert 0 < unfinished < stale, "the run was not killed in the middle"
    code, said = command()
    assert (code, f"users.email: {unfinished} of {stale} rows changed" in said) == (0, True), said
    assert (await sql(left))[0][0] == 0
    assert await users.find_user_by_email(database, "MÄRA7@x.example") is not None
