"""Methods of users: stored once, sealed, listed by key, and one of them the default."""

import pytest
from pydantic import ValidationError

from hangar_dal import Database, User, accounts, builders, payment_methods, payments, users, uuid7
from hangar_dal.errors import ForeignKeyViolation, InvalidValue, NotFound, SealError, UniqueViolation
from hangar_dal.payment_methods import NewPaymentMethod
from tests.helpers.domain_fixtures import Sql


async def test_a_method_is_stored_once_and_its_token_sealed(database: Database, sql: Sql, user: User) -> None:
    new = builders.payment_method(user, token="tok_secret")
    added = await payment_methods.add_payment_method(database, new)
    assert await payment_methods.add_payment_method(database, new) == added
    method = await payment_methods.get_payment_method(database, added.id)
    assert (method.token, method.brand, method.last_four) == ("tok_secret", "visa", new.last_four)
    assert "tok_secret" not in repr(method)
    [(stored,)] = await sql("SELECT token FROM payment_methods")
    assert str(stored).startswith("v1.")
    assert "tok_secret" not in str(stored)
    ben = await users.create_user(database, builders.user())
    for other in ({"user_id": ben.id}, {"provider": "adyen"}):
        with pytest.raises(UniqueViolation):
            await payment_methods.add_payment_method(database, new.model_copy(update=other))
    with pytest.raises(ForeignKeyViolation):
        await payment_methods.add_payment_method(database, builders.payment_method(uuid7()))


async def test_a_token_opens_for_its_user_and_method_only(database: Database, sql: Sql, user: User) -> None:
    """Someone who can write to the table cannot pay with the card of another user."""
    first, second = [
        await payment_methods.add_payment_method(database, builders.payment_method(user)) for _ in range(2)
    ]
    ben = await users.create_user(database, builders.user())
    await sql(f"UPDATE payment_methods SET user_id = '{ben.id}' WHERE id = '{first.id}'")
    await sql(
        "UPDATE payment_methods SET token = (SELECT token FROM payment_methods AS other"
        f" WHERE other.id = '{first.id}') WHERE id = '{second.id}'"
    )
    for method in (first, second):
        with pytest.raises(SealError):
            await payment_methods.get_payment_method(database, method.id)


async def test_the_end_of_a_card_has_a_month_and_a_year(user: User) -> None:
    with pytest.raises(ValueError, match="both or neither"):
        NewPaymentMethod(user_id=user.id, provider="stripe", token="t", brand="visa", expires_month=1)


@pytest.mark.parametrize(
    "token", ["4111111111111111", "4111 1111 1111 1111", " 4111-1111-1111-1111 ", "4" * 14, "4" * 19]
)
async def test_a_card_number_is_no_token(database: Database, user: User, token: str) -> None:
    with pytest.raises(ValidationError, match="may be a card number") as refused:
        builders.payment_method(user, token=token)
    assert token not in str(refused.value)
    method = await payment_methods.add_payment_method(database, builders.payment_method(user))
    with pytest.raises(InvalidValue, match=r"^token: ") as also:
        await payment_methods.replace_payment_method_token(database, id=method.id, user_id=user.id, token=token)
    assert token not in str(also.value)


async def test_a_user_has_one_default(database: Database, user: User) -> None:
    ben = await users.create_user(database, builders.user())
    first, second = [
        await payment_methods.add_payment_method(database, builders.payment_method(user)) for _ in range(2)
    ]
    of_ben = await payment_methods.add_payment_method(database, builders.payment_method(ben))
    assert await payment_methods.find_default_payment_method(database, user.id) is None
    for method in (first, second, second):
        await payment_methods.set_default_payment_method(database, method.id, user_id=user.id)
        found = await payment_methods.find_default_payment_method(database, user.id)
        assert found is not None
        assert found.id == method.id
    with pytest.raises(NotFound):
        await payment_methods.set_default_payment_method(database, of_ben.id, user_id=user.id)
    assert await payment_methods.clear_default_payment_method(database, user.id) == 1
    assert await payment_methods.clear_default_payment_method(database, user.id) == 0
    await payment_methods.set_default_payment_method(database, first.id, user_id=user.id)
    assert await payment_methods.delete_payment_method(database, first.id, user_id=ben.id) == 0
    assert await payment_methods.delete_payment_method(database, first.id, user_id=user.id) == 1
    assert await payment_methods.find_default_payment_method(database, user.id) is None


async def test_methods_are_listed_by_key(database: Database, user: User) -> None:
    rows = [builders.payment_method(user, expires_month=n % 2 + 1, expires_year=2031) for n in range(5)]
    assert await payment_methods.import_payment_methods(database, rows, batch_size=2) == 5
    assert await payment_methods.import_payment_methods(database, rows) == 0
    first = await payment_methods.list_payment_methods(database, user.id, limit=3)
    rest = await payment_methods.list_payment_methods(database, user.id, after=first[-1])
    assert [each.id for each in first + rest] == [row.id for row in reversed(rows)]
    [early] = await payment_methods.list_expiring_payment_methods(database, year=2031, month=1, limit=1)
    later = await payment_methods.list_expiring_payment_methods(database, year=2031, month=1, after=early)
    assert [each.id for each in (early, *later)] == [rows[n].id for n in (0, 2, 4)]
    async with payment_methods.stream_payment_methods(database, user.id) as stream:
        assert [each.id async for each in stream] == [row.id for row in rows]


async def test_a_card_is_replaced(database: Database, user: User) -> None:
    method = await payment_methods.add_payment_method(database, builders.payment_method(user, token="old"))
    changed = await payment_methods.update_payment_method(
        database, method.id, last_four="0042", expires_month=5, expires_year=2033
    )
    assert (changed.brand, changed.last_four, changed.expires_month, changed.expires_year) == ("visa", "0042", 5, 2033)
    await payment_methods.replace_payment_method_token(database, id=method.id, user_id=user.id, token="new")
    assert (await payment_methods.get_payment_method(database, method.id)).token == "new"
    with pytest.raises(NotFound):
        await payment_methods.replace_payment_method_token(database, id=method.id, user_id=uuid7(), token="new")
    with pytest.raises(InvalidValue):
        await payment_methods.update_payment_method(database, method.id, last_four="42424")


@pytest.mark.parametrize("kept_has_one", [True, False])
async def test_a_merge_moves_methods_and_keeps_one_default(database: Database, user: User, kept_has_one: bool) -> None:
    merged = await users.create_user(database, builders.user())
    of_kept, of_merged = [
        await payment_methods.add_payment_method(database, builders.payment_method(each, token=each.id.hex))
        for each in (user, merged)
    ]
    await payment_methods.set_default_payment_method(database, of_merged.id, user_id=merged.id)
    if kept_has_one:
        await payment_methods.set_default_payment_method(database, of_kept.id, user_id=user.id)
    paid = await payments.create_payment(database, builders.payment(merged, of_merged))
    await accounts.merge_users(database, kept=user.id, merged=merged.id)
    listed = await payment_methods.list_payment_methods(database, user.id)
    assert {each.id for each in listed} == {of_kept.id, of_merged.id}
    assert (await payment_methods.get_payment_method(database, of_merged.id)).token == merged.id.hex
    found = await payment_methods.find_default_payment_method(database, user.id)
    assert found is not None
    assert found.id == (of_kept.id if kept_has_one else of_merged.id)
    moved = await payments.get_payment(database, paid.id)
    assert (moved.payer_id, moved.payment_method_id) == (user.id, of_merged.id)
