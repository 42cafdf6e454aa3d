"""`authenticate`: the right password of an active account, else one error after the same work."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr

from hangar_dal import Database, NewUser, User, UserStatus, builders, passwords, users
from hangar_dal.errors import InvalidCredentials, InvalidValue
from hangar_dal_pytest import HangarQueries

REFUSED = r"^the login or the password is wrong$"


@pytest.fixture
def new() -> NewUser:
    return builders.user(username="Straße", email="Mara@Example.org")


@pytest.fixture
async def secret(new: NewUser) -> SecretStr:
    assert new.password is not None
    return new.password


@pytest.fixture
async def mara(database: Database, new: NewUser) -> User:
    return await users.create_user(database, new)


class Counted(PasswordHasher):
    """Counts verifications, and runs what a test wants to happen meanwhile."""

    verified = 0
    hashed = 0

    def verify(self, *arguments: Any) -> Any:
        self.verified += 1
        return super().verify(*arguments)

    def hash(self, *arguments: Any, **named: Any) -> Any:
        self.hashed += 1
        return super().hash(*arguments, **named)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch, cheap_hasher: PasswordHasher) -> Callable[[], Counted]:
    """From the moment of the call on; its parameters are stronger than those of the hashes there are."""

    def begin() -> Counted:
        hasher = Counted(time_cost=2, memory_cost=16, parallelism=1)
        monkeypatch.setattr(passwords, "_HASHER", hasher)
        return hasher

    return begin


async def test_authenticate_takes_username_or_address_in_any_case(
    database: Database, mara: User, secret: SecretStr
) -> None:
    for login in ["Straße", "STRASSE", "strasse", "Mara@Example.org", "MARA@EXAMPLE.ORG"]:
        assert await users.authenticate(database, login, secret) == mara


async def test_authenticate_refuses_an_unknown_user(database: Database, mara: User, secret: SecretStr) -> None:
    for login in [
        "",
        "strass",
        "straße ",
        "nobody@example.org",
        "%",
        "x" * 254,
        "@",
        "mara@@example.org",
        "mara@" + "x" * 300,
        "mara\N{SMALL COMMERCIAL AT}example.org",
        "mara@e\N{CIRCLED LATIN SMALL LETTER X}ample.org",
        "mara@exam\N{SOFT HYPHEN}ple.org",
        "mara@\U0001fae8.org",
    ]:
        with pytest.raises(InvalidCredentials, match=REFUSED):
            await users.authenticate(database, login, secret)


async def test_authenticate_refuses_a_wrong_password(
    database: Database, mara: User, secret: SecretStr, subtests: pytest.Subtests
) -> None:
    right = secret.get_secret_value()
    wrong = {"empty": "", "cut": right[:-1], "longer": right + " ", "other case": right.swapcase()}
    wrong |= {"too long": "x" * 257, "huge": "x" * 1_000_000}
    for name, password in wrong.items():
        with subtests.test(name), pytest.raises(InvalidCredentials, match=REFUSED):
            await users.authenticate(database, "strasse", SecretStr(password))


async def test_authenticate_refuses_an_account_that_is_not_active(
    database: Database, mara: User, secret: SecretStr
) -> None:
    for status in sorted(set(UserStatus) - {UserStatus.ACTIVE}):
        left = await users.set_user_status(database, mara.id, status)
        with pytest.raises(InvalidCredentials, match=REFUSED):
            await users.authenticate(database, "strasse", secret)
        assert await users.get_user(database, mara.id) == left
        back = await users.set_user_status(database, mara.id, UserStatus.ACTIVE)
        assert await users.authenticate(database, "strasse", secret) == back


async def test_authenticate_refuses_an_account_without_a_password(database: Database) -> None:
    await users.create_user(database, builders.eve_user(username="Chosen"))
    for guess in (builders.password(), SecretStr(""), SecretStr("None")):
        with pytest.raises(InvalidCredentials, match=REFUSED):
            await users.authenticate(database, "chosen", guess)


async def test_authenticate_does_the_same_work_whatever_is_wrong(
    database: Database, mara: User, secret: SecretStr, counted: Callable[[], Counted]
) -> None:
    suspended = builders.user(status=UserStatus.SUSPENDED)
    await users.create_user(database, suspended)
    await users.create_user(database, builders.eve_user(username="Chosen"))
    assert suspended.password is not None
    for login, given in [
        ("nobody", secret),
        ("strasse", builders.password()),
        ("chosen", secret),
        (str(suspended.username), suspended.password),
        (str(suspended.username), builders.password()),
    ]:
        hasher = counted()
        with pytest.raises(InvalidCredentials, match=REFUSED):
            await users.authenticate(database, login, given)
        assert (hasher.verified, hasher.hashed) == (1, 0)


async def test_authenticate_renews_a_hash_of_weaker_parameters(
    database: Database, mara: User, secret: SecretStr, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await users.find_login_by_username(database, "strasse")
    assert await users.authenticate(database, "strasse", secret) == mara
    assert await users.find_login_by_username(database, "strasse") == before
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", stronger)
    assert await users.authenticate(database, "strasse", secret) == mara
    after = await users.find_login_by_username(database, "strasse")
    assert after is not None
    assert after != before
    assert not stronger.check_needs_rehash(str(after.hashed_password))
    assert await users.authenticate(database, "strasse", secret) == mara
    assert await users.find_login_by_username(database, "strasse") == after


async def test_authenticate_does_not_renew_the_hash_for_a_wrong_password(
    database: Database, mara: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await users.find_login_by_username(database, "strasse")
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    with pytest.raises(InvalidCredentials):
        await users.authenticate(database, "strasse", builders.password())
    assert await users.find_login_by_username(database, "strasse") == before


async def test_authenticate_leaves_a_password_that_was_changed_meanwhile(
    database: Database, mara: User, secret: SecretStr, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    chosen, rehash_password = builders.password(), passwords.rehash_password

    async def overtaken(given: SecretStr) -> str:
        renewed = await rehash_password(given)
        await users.set_password_hash(database, mara.id, hashed_password=await rehash_password(chosen))
        return renewed

    monkeypatch.setattr(passwords, "rehash_password", overtaken)
    with pytest.raises(InvalidCredentials, match=REFUSED):
        await users.authenticate(database, "strasse", secret)
    assert (await users.authenticate(database, "strasse", chosen)).id == mara.id
    with pytest.raises(InvalidCredentials):
        await users.authenticate(database, "strasse", secret)


@pytest.mark.parametrize("end", ["suspended", "deleted"])
async def test_authenticate_refuses_an_account_that_ended_while_its_password_was_hashed(
    database: Database, mara: User, secret: SecretStr, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    verify_password = passwords.verify_password
    ways: dict[str, Callable[[], Any]] = {
        "suspended": lambda: users.set_user_status(database, mara.id, UserStatus.SUSPENDED),
        "deleted": lambda: users.delete_user(database, mara.id),
    }

    async def overtaken(stored: str | None, given: SecretStr) -> bool:
        await ways[end]()
        return await verify_password(stored, given)

    monkeypatch.setattr(passwords, "verify_password", overtaken)
    with pytest.raises(InvalidCredentials, match=REFUSED):
        await users.authenticate(database, "strasse", secret)


async def test_authenticate_takes_a_password_typed_on_another_system(database: Database) -> None:
    composed = "Ein sehr schönes Paßwort"
    decomposed = "Ein sehr scho\N{COMBINING DIAERESIS}nes Paßwort"
    made = await users.create_user(database, builders.user(password=SecretStr(composed)))
    assert await users.authenticate(database, str(made.username), SecretStr(decomposed)) == made


@pytest.mark.parametrize("bad", ["nul \0 in the middle of it", "a lone \ud800 surrogate"], ids=["NUL", "surrogate"])
async def test_authenticate_refuses_a_password_that_no_account_can_have_before_it_looks(
    database: Database, bad: str
) -> None:
    await database.close()
    with pytest.raises(InvalidValue, match=r"^password: text must not contain"):
        await users.authenticate(database, "strasse", SecretStr(bad))
    with pytest.raises(InvalidValue, match=r"^password: expected SecretStr, got str$"):
        await users.authenticate(database, "strasse", "a string")


@pytest.mark.parametrize("renews", [False, True], ids=["hash of today", "hash of weaker parameters"])
async def test_authenticate_refuses_a_password_that_was_replaced_while_it_was_verified(
    database: Database, mara: User, secret: SecretStr, monkeypatch: pytest.MonkeyPatch, renews: bool
) -> None:
    if renews:
        monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    verify_password, replaced = passwords.verify_password, []

    async def overtaken(stored: str | None, given: SecretStr) -> bool:
        matches = await verify_password(stored, given)
        if not replaced:
            replaced.append(await users.set_password(database, mara.id, builders.password()))
        return matches

    monkeypatch.setattr(passwords, "verify_password", overtaken)
    with pytest.raises(InvalidCredentials, match=REFUSED):
        await users.authenticate(database, "strasse", secret)
    assert await users.get_user(database, mara.id) == replaced[0]


async def test_sign_ins_that_renew_one_hash_at_the_same_time_all_succeed(
    database: Database, mara: User, secret: SecretStr, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    verify_password, read = passwords.verify_password, asyncio.Barrier(3)

    async def together(stored: str | None, given: SecretStr) -> bool:
        if passwords.needs_rehash(str(stored)):
            await read.wait()
        return await verify_password(stored, given)

    monkeypatch.setattr(passwords, "verify_password", together)
    calls = [users.authenticate(database, "strasse", secret) for _ in range(3)]
    assert await asyncio.gather(*calls) == [mara] * 3


async def test_authenticate_refuses_an_overlong_password_after_the_same_work_and_reads_nothing(
    database: Database, mara: User, counted: Callable[[], Counted], hangar_queries: HangarQueries
) -> None:
    for overlong in ("x" * 257, "x" * 1_000_000, "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 100):
        hasher = counted()
        with pytest.raises(InvalidCredentials, match=REFUSED), hangar_queries() as sent:
            await users.authenticate(database, "strasse", SecretStr(overlong))
        assert (hasher.verified, hasher.hashed, sent.names) == (1, 0, [])
