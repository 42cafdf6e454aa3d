"""`open_database(keys=...)` gets its keys from a function of the application, and no error shows them."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from hangar_dal import ACCOUNTS, Settings, builders, open_database, session_cookies, users
from hangar_dal.errors import SettingsError
from hangar_dal.keyring import ask_for_keyring
from hangar_dal.sealing import new_key
from tests.helpers.exception_contents import linked, texts_in_frames, told
from tests.helpers.waiting import until_set

ENTRY = new_key()


class Service:
    """A client of a key management service. Counts how often it is asked."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.asked, self.threads = answer, 0, set[int]()

    def sync(self) -> Any:
        self.asked += 1
        self.threads.add(threading.get_ident())
        return self.answer

    async def later(self) -> Any:
        await asyncio.sleep(0)
        return self.sync()

    def __call__(self) -> Awaitable[Any]:
        return self.later()


@pytest.mark.parametrize("secret", [False, True], ids=["str", "SecretStr"])
@pytest.mark.parametrize("way", ["sync", "later", "__call__"])
async def test_the_keys_of_a_function_seal_and_open(database_url: str, way: str, *, secret: bool) -> None:
    service = Service(SecretStr(ENTRY) if secret else ENTRY)
    settings = Settings(database_url=database_url, sealing_keys=new_key())
    async with open_database(settings, catalog=ACCOUNTS, keys=getattr(service, way)) as db:
        ada = await users.insert_user(db, builders.user(), hashed_password="x")
        made = await session_cookies.create_session_cookie(db, builders.session_cookie(ada.id))
        assert db.keyring.ids == (ENTRY.partition(":")[0],)
    async with open_database(Settings(database_url=database_url, sealing_keys=ENTRY), catalog=ACCOUNTS) as db:
        assert await session_cookies.get_session_cookie(db, made.id) == made
    assert service.asked == 1
    assert (threading.get_ident() in service.threads) == (way != "sync"), "a plain function would stop the event loop"


async def test_a_sqlite_file_gets_no_key_file_beside_it(sqlite_url: str) -> None:
    async with open_database(Settings(database_url=sqlite_url), catalog=ACCOUNTS, keys=lambda: ENTRY):
        pass
    assert not Path(f"{sqlite_url.removeprefix('sqlite:///')}.key").exists()  # noqa: ASYNC240 - no other task waits


async def test_a_database_without_sealed_values_asks_for_no_keys(settings: Settings) -> None:
    service = Service(ENTRY)
    async with open_database(settings, keys=service.sync):
        pass
    assert service.asked == 0


def raises(error: Exception) -> tuple[Callable[[], str], Callable[[], Awaitable[str]]]:
    def sync() -> str:
        raise error

    async def later() -> str:
        raise error

    return sync, later


@pytest.mark.parametrize("kind", [ValueError, SettingsError, TimeoutError])
async def test_an_error_of_the_function_is_named_by_type_and_place(kind: type[Exception]) -> None:
    for keys in raises(kind(f"no such entry: {ENTRY}")):
        with pytest.raises(SettingsError) as caught:
            await ask_for_keyring(keys)
        name = keys.__qualname__
        assert str(caught.value).startswith(f"the function of keys=, {name}, raised {kind.__name__} at {__file__}:")
        shown = told(caught.value) + texts_in_frames(caught.value)
        assert ENTRY not in shown
        assert linked(caught.value) == [caught.value]


async def test_a_stop_iteration_ends_no_wait() -> None:
    with pytest.raises(SettingsError, match="raised StopIteration"):
        await ask_for_keyring(lambda: next(iter([])))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, ", returned NoneType. It must return a str or a SecretStr"),
        (ENTRY.encode(), "returned bytes. It must return a str or a SecretStr"),
        ([ENTRY], "returned list. It must return a str or a SecretStr"),
        ("", "there is no key"),
        (SecretStr("# nothing"), "there is no key"),
        (ENTRY[:-3], "entry 1 is not of the form id:base64"),
        (f"{ENTRY},{ENTRY}", "is defined twice"),
        (ENTRY.partition(":")[2], "entry 1 is not of the form id:base64"),
        (f"UPPER:{ENTRY.partition(':')[2]}", "a key id is 1 to 32 of a-z, 0-9, _ and -"),
        (f"{ENTRY.partition(':')[0]}:c2hvcnQ=", "must be 32 bytes"),
    ],
    ids=["None", "bytes", "list", "empty", "comment", "cut", "twice", "no id", "bad id", "short"],
)
async def test_an_answer_that_holds_no_keys_is_refused_and_not_shown(answer: object, reason: str) -> None:
    service: Any = Service(answer)
    for keys in (service.sync, service.later, service):
        with pytest.raises(SettingsError, match="the function of keys=, Service") as caught:
            await ask_for_keyring(keys)
        assert reason in str(caught.value)
        shown = told(caught.value) + texts_in_frames(caught.value)
        assert ENTRY.partition(":")[2][:20] not in shown
        assert "c2hvcnQ" not in shown


async def test_keys_in_place_of_the_function_are_refused_and_not_shown(settings: Settings) -> None:
    with pytest.raises(TypeError, match="a function for keys, not str") as caught:
        open_database(settings, catalog=ACCOUNTS, keys=ENTRY)  # type: ignore[arg-type]  # the wrong type is the point
    assert ENTRY not in str(caught.value)


async def test_a_caller_that_is_cancelled_while_the_service_answers_leaves_nothing_open(settings: Settings) -> None:
    asked, answer = asyncio.Event(), asyncio.Event()

    async def keys() -> str:
        asked.set()
        await answer.wait()
        return ENTRY

    opening = asyncio.ensure_future(open_database(settings, catalog=ACCOUNTS, keys=keys)._open())
    await until_set(asked, opening)
    opening.cancel()
    answer.set()
    with pytest.raises(asyncio.CancelledError):
        await opening
