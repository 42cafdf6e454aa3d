"""Passwords are hashed while no connection is held, and a flood of them is refused instead of queued for ever."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from threading import Event
from typing import Any

import pytest
from argon2 import PasswordHasher

from hangar_dal import ACCOUNTS, Database, Settings, User, builders, open_database, passwords, users
from hangar_dal.errors import HangarError, HashingBusy, InvalidCredentials, TransactionError
from hangar_dal_pytest import HangarQueries
from tests.helpers.exception_contents import texts_in_frames

FULL = passwords.THREADS + passwords.MAX_WAITING


class Held(PasswordHasher):
    """Hashes and verifies once it is let go."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.let_go = Event()

    def verify(self, *arguments: Any) -> Any:
        self.let_go.wait()
        return super().verify(*arguments)

    def hash(self, *arguments: Any, **named: Any) -> Any:
        self.let_go.wait()
        return super().hash(*arguments, **named)


@pytest.fixture
async def one_connection(settings: Settings) -> AsyncIterator[Database]:
    """A database that soon gives up when its only connection of a kind is taken."""
    changes = {"pool_size": 1, "sqlite_readers": 1, "acquire_timeout": 1}
    async with open_database(settings.model_copy(update=changes), catalog=ACCOUNTS) as db:
        yield db


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Held]]:
    """From the moment of the call on, hashing waits until it is let go, at the latest when the test ends."""
    hasher = Held()

    def begin() -> Held:
        monkeypatch.setattr(passwords, "_HASHER", hasher)
        return hasher

    yield begin
    hasher.let_go.set()


async def test_other_statements_run_while_sixty_sign_ins_and_a_registration_wait_to_be_hashed(
    one_connection: Database, held: Callable[[], Held]
) -> None:
    db = one_connection
    new, other = builders.user(), builders.user()
    made = await users.create_user(db, new)
    hasher = held()
    assert new.password is not None
    waiting = [asyncio.create_task(users.authenticate(db, str(made.username), new.password)) for _ in range(60)]
    registration = asyncio.create_task(users.create_user(db, other))
    reset = asyncio.create_task(users.set_password(db, made.id, builders.password()))
    for _ in range(5):
        await users.touch_last_login(db, made.id)
        assert await users.find_user_by_username(db, str(other.username)) is None
    assert not any(task.done() for task in [*waiting, registration, reset])
    hasher.let_go.set()
    await asyncio.gather(*waiting, registration, reset, return_exceptions=True)
    assert (await registration).username == other.username


async def test_a_full_queue_refuses_the_next_call_at_once_and_serves_again_later(
    database: Database, user: User, held: Callable[[], Held]
) -> None:
    hasher, secret = held(), builders.password()
    waiting = [asyncio.create_task(passwords.verify_password(None, secret)) for _ in range(FULL)]
    await asyncio.sleep(0)
    for refused in (
        users.authenticate(database, str(user.username), secret),
        users.create_user(database, builders.user()),
        users.set_password(database, user.id, secret),
        passwords.hash_password(secret),
    ):
        with pytest.raises(
            HashingBusy, match=r"^64 passwords are already waiting to be hashed; try again in a few seconds$"
        ):
            await asyncio.wait_for(refused, 30)  # without its bound, the queue would take it and never answer
    assert await users.list_users(database) == [user]
    hasher.let_go.set()
    assert await asyncio.gather(*waiting) == [False] * FULL
    await users.set_password(database, user.id, secret)
    assert (await users.authenticate(database, str(user.username), secret)).id == user.id


@pytest.mark.parametrize("refusal", [HashingBusy, InvalidCredentials])
async def test_no_frame_of_a_refused_sign_in_holds_the_hash(
    database: Database, user: User, held: Callable[[], Held], refusal: type[HangarError]
) -> None:
    """Tools that report errors record the local variables of each frame."""
    login = await users.find_login_by_username(database, str(user.username))
    assert login is not None
    hasher = held()
    waiting = [asyncio.create_task(passwords.verify_password(None, builders.password())) for _ in range(FULL)]
    await asyncio.sleep(0)
    if refusal is InvalidCredentials:
        hasher.let_go.set()
        await asyncio.gather(*waiting)
    with pytest.raises(refusal) as caught:
        await users.authenticate(database, str(user.username), builders.password())
    assert str(login.hashed_password) not in texts_in_frames(caught.value)
    hasher.let_go.set()
    await asyncio.gather(*waiting)


async def test_callers_that_gave_up_leave_their_places_to_others(held: Callable[[], Held]) -> None:
    hasher, secret = held(), builders.password()
    running = [asyncio.create_task(passwords.verify_password(None, secret)) for _ in range(passwords.THREADS)]
    await asyncio.sleep(0)
    for _ in range(3):
        waiting = [asyncio.create_task(passwords.verify_password(None, secret)) for _ in range(passwords.MAX_WAITING)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    hasher.let_go.set()
    assert await asyncio.gather(*running) == [False] * passwords.THREADS


async def test_no_password_is_hashed_in_a_transaction(
    database: Database, user: User, hangar_queries: HangarQueries
) -> None:
    before = r"^db: expected Database, got Transaction; a transaction would hold its connection while .* hashed\. Call "
    async with database.transaction() as tx:
        for call, instead in (
            (users.create_user(tx, builders.user()), r"passwords\.hash_password .* then insert_user in it\.$"),
            (
                users.set_password(tx, user.id, builders.password()),
                r"passwords\.hash_password .* then set_password_hash in it\.$",
            ),
            (users.authenticate(tx, "x", builders.password()), r"authenticate before the transaction begins\.$"),
        ):
            with pytest.raises(TransactionError, match=before + instead), hangar_queries() as sent:
                await call
            assert sent.names == []
        assert await users.list_users(tx) == [user]


async def test_a_transaction_stores_a_hash_that_was_made_before_it(database: Database) -> None:
    new, chosen = builders.user(), builders.password()
    assert new.password is not None
    first, second = await passwords.hash_password(new.password), await passwords.hash_password(chosen)
    async with database.transaction() as tx:
        made = await users.insert_user(tx, new, hashed_password=first)
    assert await users.authenticate(database, str(made.username), new.password) == made
    async with database.transaction() as tx:
        changed = await users.set_password_hash(tx, made.id, hashed_password=second)
    assert await users.authenticate(database, str(made.username), chosen) == changed
