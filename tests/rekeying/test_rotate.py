"""`rotate` seals every value again with the first key, and never overwrites what the application writes meanwhile."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from hangar_dal import Database, JsonObject, Sealed, Settings, open_database, uuid7
from hangar_dal.database.built import Built
from hangar_dal.rekeying import SealedColumn, count_keys, rotate
from hangar_dal.sealing import HEADER_LENGTH, Keyring, parse_keys
from tests import shop
from tests.rekeying.conftest import Sql, id_of, write_letters
from tests.shop import letters

SECRET = SealedColumn("letters", "secret", ("id",), (Sealed("letters", "secret", bind=("id", "place")),))
HINT = SealedColumn("letters", "hint", ("id",), (Sealed("letters", "hint", bind=("id",)),))
VAULT = SealedColumn("vaults", "c", ("a", "b"), (Sealed("vaults", "c", bind=("owner", "b")),))


async def make_vaults(sql: Sql, keyring: Keyring, rows: int, check: str = "") -> None:
    """A table with a key of two columns, one of them text, and values that are bound to other columns."""
    await sql(f"CREATE TABLE vaults (b bigint, a varchar(90), owner bigint, c text {check}, PRIMARY KEY (a, b))")
    for n in range(rows):
        text = keyring.seal(b"x", table="vaults", column="c", bound=(str(n), str(n % 3)))
        await sql(f"INSERT INTO vaults VALUES ({n % 3}, 'a secret {n // 3}', {n}, '{text}')")


async def test_every_value_is_sealed_again_and_opens_with_the_new_key_alone(
    before: Database, after: Database, old: str, new: str, sql: Sql
) -> None:
    written = await write_letters(before, 5)
    await sql("UPDATE letters SET hint = NULL WHERE place = 'place 3'")
    steps: list[tuple[int, int]] = []
    done = await rotate(after, SECRET, size=2, progress=lambda *step: steps.append(step))
    assert (done.resealed, done.unopened, done.refused) == (5, [], [])
    assert steps == [(2, 5), (4, 5), (5, 5)]
    assert (await rotate(after, HINT, size=2)).resealed == 4
    for column, number in ((SECRET, 5), (HINT, 4)):
        assert (await count_keys(after, column, size=2)).values == Counter({id_of(new): number})
        assert (await rotate(after, column)).resealed == 0
    found = await letters.list_letters(after)
    assert [each.secret for each in found] == [each.secret for each in written]
    assert [each.hint for each in found] == ["hint 0", "hint 1", "hint 2", None, "hint 4"]


@pytest.mark.parametrize("size", [1, 2, 1000])
async def test_a_key_of_several_columns_is_walked_to_its_end(
    before: Database, after: Database, old: str, new: str, sql: Sql, size: int
) -> None:
    await make_vaults(sql, before.keyring, 20)
    assert (await count_keys(after, VAULT, size=size)).values == Counter({id_of(old): 20})
    assert (await rotate(after, VAULT, size=size)).resealed == 20
    assert (await count_keys(after, VAULT, size=size)).values == Counter({id_of(new): 20})
    for owner, b, text in await sql("SELECT owner, b, c FROM vaults"):
        assert parse_keys(new).unseal(text, table="vaults", column="c", bound=(str(owner), str(b))) == b"x"


async def test_values_that_do_not_open_are_named_by_row_and_key_and_the_others_are_sealed_again(
    before: Database, after: Database, old: str, new: str, sql: Sql
) -> None:
    first, moved, altered, plain, lost, last = await write_letters(before, 6)
    await letters.move_letter(before, moved.id, "elsewhere")
    await sql(
        f"UPDATE letters SET secret = substr(secret, 1, length(secret) - 8) || 'AAAAAAA=' WHERE id = '{altered.id}'"
    )
    await sql(f"UPDATE letters SET secret = 'in clear' WHERE id = '{plain.id}'")
    other = parse_keys("k0:" + new.partition(":")[2]).seal(b"x", table="letters", column="secret", bound=("x",))
    await sql(f"UPDATE letters SET secret = '{other}' WHERE id = '{lost.id}'")
    done = await rotate(after, SECRET)
    assert (done.resealed, done.unopened_count, done.refused) == (2, 4, [])
    found = {error.row["id"]: error for error in done.unopened}
    assert set(found) == {str(each.id) for each in (moved, altered, plain, lost)}
    assert {error.key_id for error in done.unopened} == {id_of(old), None, "k0"}
    assert "which is not configured" in found[str(lost.id)].reason
    assert "in clear" not in "".join(map(str, done.unopened))
    assert (await count_keys(after, SECRET)).values == Counter({id_of(new): 2, id_of(old): 2, "k0": 1, None: 1})
    assert {each.id for each in (first, last)} == {
        letter.id for letter in [await letters.find_letter(after, each.id) for each in (first, last)] if letter
    }


async def test_another_key_under_the_same_id_changes_nothing(
    before: Database, after: Database, old: str, new: str, sql: Sql
) -> None:
    await make_vaults(sql, parse_keys(f"{id_of(old)}:{new.partition(':')[2]}"), 2)
    kept = await sql("SELECT c FROM vaults ORDER BY a, b")
    done = await rotate(after, VAULT)
    assert (done.resealed, done.unopened_count) == (0, 2)
    assert all("this key id now belongs to another key" in error.reason for error in done.unopened)
    assert [error.row for error in done.unopened] == [{"b": "0"}, {"b": "1"}], "a text of the key is not shown"
    assert await sql("SELECT c FROM vaults ORDER BY a, b") == kept


async def test_a_value_that_the_database_refuses_is_reported_and_the_others_are_sealed_again(
    before: Database, after: Database, old: str, new: str, sql: Sql
) -> None:
    await make_vaults(sql, before.keyring, 4, f"CONSTRAINT short CHECK (b <> 1 OR c LIKE '%.{id_of(old)}.%')")
    done = await rotate(after, VAULT)
    assert (done.resealed, done.refused_count, done.unopened) == (3, 1, [])
    assert done.refused[0].startswith("vaults.c, b 1: ")
    assert "short" in done.refused[0]
    assert (await count_keys(after, VAULT)).values == Counter({id_of(new): 3, id_of(old): 1})


@pytest.mark.parametrize("writer", ["before", "after"])
async def test_a_value_that_the_application_changes_meanwhile_is_looked_at_again(
    request: pytest.FixtureRequest,
    before: Database, after: Database, new: str, monkeypatch: pytest.MonkeyPatch, writer: str,
) -> None:  # fmt: skip
    [letter] = await write_letters(before, 1)
    application: Database = request.getfixturevalue(writer)
    run, times = Built.run, [1, 2, 3]

    async def overtaken(built: Built, db: Any, values: Any) -> Any:
        if built.name == "rotate letters.secret" and times:
            secret: JsonObject = {"written": times.pop(0)}
            assert await letters.replace_secret(application, letter.id, letter.place, secret) == 1
        return await run(built, db, values)

    monkeypatch.setattr(Built, "run", overtaken)
    done = await rotate(after, SECRET)
    found = await letters.find_letter(after, letter.id)
    assert found is not None
    assert found.secret == {"written": 1 if writer == "after" else 3}
    assert (done.resealed, done.unopened, done.refused) == (0 if writer == "after" else 1, [], [])
    assert (await count_keys(after, SECRET)).values == Counter({id_of(new): 1})


async def test_a_row_that_is_deleted_meanwhile_is_no_error(
    before: Database, after: Database, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write_letters(before, 3)
    run = Built.run

    async def overtaken(built: Built, db: Any, values: Any) -> Any:
        if built.name == "rotate letters.secret":
            await sql("DELETE FROM letters")
        return await run(built, db, values)

    monkeypatch.setattr(Built, "run", overtaken)
    done = await rotate(after, SECRET)
    assert (done.resealed, done.unopened, done.refused) == (0, [], [])


async def test_it_ends_although_rows_are_added_all_the_time_and_reads_the_beginnings_of_values_only(
    before: Database, after: Database, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keys of new rows are greater than all before."""
    await write_letters(before, 6)
    run, pages = Built.run, 0

    async def with_a_new_row(built: Built, db: Any, values: Any) -> Any:
        nonlocal pages
        found = await run(built, db, values)
        if built.name == "keys of letters.secret":
            pages += 1
            assert pages < 10, "it follows the rows that are added"
            assert all(len(row[-1]) <= HEADER_LENGTH for row in found[0])
            await write_letters(after, 1)
        return found

    monkeypatch.setattr(Built, "run", with_a_new_row)
    assert (await rotate(after, SECRET, size=2)).resealed == 6
    monkeypatch.undo()
    assert (await count_keys(after, SECRET)).values == Counter({id_of(new): 6 + pages})


async def test_a_row_that_the_application_locks_for_long_is_reported_and_left(
    before: Database, after: Database, database_url: str, old: str, new: str
) -> None:
    written = await write_letters(before, 3)
    settings = Settings(database_url=database_url, sealing_keys=f"{new},{old}", lock_timeout=0.2)
    async with open_database(settings, catalog=shop.CATALOG) as db:
        async with before.transaction() as tx:
            assert await letters.replace_secret(tx, written[1].id, written[1].place, {"in": "a transaction"}) == 1
            done = await rotate(db, SECRET)
            assert done.resealed + done.refused_count == 3
            assert any(f"letters.secret, id {written[1].id}: " in reason for reason in done.refused)
        assert (await rotate(db, SECRET)).resealed == done.refused_count
    found = await letters.find_letter(after, written[1].id)
    assert found is not None
    assert found.secret == {"in": "a transaction"}
    assert (await count_keys(after, SECRET)).values == Counter({id_of(new): 3})


async def test_an_application_that_never_stops_with_the_old_key_does_not_keep_it_from_ending(
    before: Database, after: Database, old: str, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter, _ = await write_letters(before, 2)
    run = Built.run

    async def overtaken(built: Built, db: Any, values: Any) -> Any:
        if built.name == "rotate letters.secret" and str(values["k0"]) == str(letter.id):
            assert await letters.replace_secret(before, letter.id, letter.place, {"n": 1}) == 1
        return await run(built, db, values)

    monkeypatch.setattr(Built, "run", overtaken)
    done = await rotate(after, SECRET)
    assert (done.resealed, done.refused_count) == (1, 1)
    assert done.refused[0].startswith(f"letters.secret, id {letter.id}: the application kept changing it")
    assert (await count_keys(after, SECRET)).values == Counter({id_of(new): 1, id_of(old): 1})


async def test_sixty_four_tasks_that_write_during_a_rotation_lose_nothing(
    before: Database, after: Database, new: str
) -> None:
    """Half of them seal with the old key still, as processes do that were not restarted yet."""
    written = await write_letters(before, 64)
    expected: dict[Any, Any] = {letter.id: letter.secret for letter in written}
    is_writing = True

    async def write(number: int) -> None:
        letter, db = written[number], before if number % 2 else after
        for times in range(6):
            secret: JsonObject = {"n": number, "times": times}
            if number % 4 < 2:
                assert await letters.replace_secret(db, letter.id, letter.place, secret) == 1
                expected[letter.id] = secret
            else:
                made = letter.model_copy(update={"id": uuid7(), "secret": secret})
                expected[(await letters.insert_letter(db, made)).id] = secret

    async def rotate_again_and_again() -> int:
        resealed = 0
        while is_writing:
            done = [await rotate(after, column, size=50) for column in (SECRET, HINT)]
            assert [(each.unopened, each.refused) for each in done] == [([], []), ([], [])]
            resealed += sum(each.resealed for each in done)
        return resealed

    rotating = asyncio.create_task(rotate_again_and_again())
    await asyncio.gather(*[write(number) for number in range(64)])
    is_writing = False
    assert await rotating > 64
    for column in (SECRET, HINT):
        await rotate(after, column)
        assert set((await count_keys(after, column)).values) == {id_of(new)}
    assert {each.id: each.secret for each in await letters.list_letters(after)} == expected


async def test_more_rows_that_do_not_open_than_are_kept_are_counted(
    before: Database, after: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hangar_dal.rekeying.rotating._KEPT", 2)
    for letter in await write_letters(before, 5):
        await letters.move_letter(before, letter.id, "elsewhere")
    done = await rotate(after, SECRET)
    assert (done.unopened_count, len(done.unopened)) == (5, 2)
    assert (await rotate(after, HINT)).resealed == 5
