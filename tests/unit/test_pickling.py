"""Nothing that holds a secret can be pickled; what holds none, and a copy within the process, are as ever."""

import copy
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from secrets import token_hex
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, JsonValue, Secret, SecretBytes, SecretStr

from hangar_dal import (
    NewSessionCookie,
    NewUser,
    Row,
    Sealed,
    SessionCookie,
    Settings,
    User,
    UserWithSessionCookies,
    errors,
    uuid7,
)
from hangar_dal.migrations.targets import target_of
from hangar_dal.models.users import Login, UserRole, UserStatus, UserType
from hangar_dal.sealing import new_key, parse_keys

NOW = datetime(2026, 8, 1, tzinfo=UTC)
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def account(kind: type[User] = User, **values: Any) -> User:
    return kind(
        id=uuid7(), username="ada", email=None, phone_number=None, display_name="Ada", user_type=UserType.LOCAL,
        eve_character_id=None, eve_scopes=[], status=UserStatus.ACTIVE, role=UserRole.USER, is_active=True,
        is_admin=False, is_test_user=False, is_private=False, last_login_at=None, metadata={}, created_at=NOW,
        updated_at=NOW, **values,
    )  # fmt: skip


class Plain(BaseModel):
    token: SecretStr


class InAList(Row):
    tokens: list[SecretStr] = Field(default_factory=list)


class InAnOptional(Row):
    token: Annotated[SecretBytes | None, "a note"] = None


class InAMapping(Row):
    tokens: dict[str, list[Secret[int]]] = Field(default_factory=dict)


class SealedText(Row):
    hint: Annotated[str | None, Sealed("t", "hint", bind=())] = None


class AroundAPlainModel(Row):
    inner: list[Plain] = Field(default_factory=list)


class Derived(SealedText):
    more: int = 0


class Node(Row):
    """Refers to itself, and to JSON, whose type does so too."""

    children: "list[Node]" = Field(default_factory=list)
    metadata: JsonValue = None


Make = Callable[[str], Any]
SECRETIVE: dict[str, Make] = {
    "settings": lambda canary: Settings(database_url=f"postgresql://ada:{canary}@localhost/shop"),
    "settings without a password": lambda canary: Settings(),
    "target": lambda canary: Settings(database_url=f"postgresql://ada:{canary}@localhost/shop").target,
    "keyring": lambda canary: parse_keys(new_key()),
    "new user": lambda canary: NewUser(username="ada", email="ada@hangar.example", password=SecretStr(canary)),
    "new session": lambda canary: NewSessionCookie(user_id=uuid7(), platform="x", cookies=[canary], expires_at=NOW),
    "session": lambda canary: SessionCookie(
        id=uuid7(), user_id=uuid7(), platform="x", cookies=[canary], expires_at=NOW, created_at=NOW
    ),
    "login": lambda canary: Login(id=uuid7(), status=UserStatus.ACTIVE, hashed_password=canary),
    "user with sessions": lambda canary: account(UserWithSessionCookies, session_cookies=[]),
    **{kind.__name__: lambda canary, kind=kind: kind()
       for kind in (InAList, InAnOptional, InAMapping, SealedText, AroundAPlainModel, Derived)},
}  # fmt: skip


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("make", SECRETIVE.values(), ids=SECRETIVE)
def test_what_holds_secrets_cannot_be_pickled(make: Make, protocol: int) -> None:
    canary = token_hex()
    for holder in (make(canary), [make(canary)], {"key": make(canary)}):
        with pytest.raises(TypeError, match="cannot be pickled") as caught:
            pickle.dumps(holder, protocol)
        assert canary not in str(caught.value)


def test_the_place_that_yoyo_pickles_holds_no_password() -> None:
    password = token_hex()
    target = target_of(f"postgresql://ada:{password}@localhost/shop")
    assert pickle.loads(pickle.dumps(target)) == "localhost:5432/shop"
    assert password.encode() not in pickle.dumps(target, 0)


def test_the_error_names_the_fields() -> None:
    with pytest.raises(TypeError, match=r"^NewUser cannot be pickled: password would leave the process unencrypted\."):
        pickle.dumps(NewUser(username="ada", email="ada@hangar.example", password=SecretStr(token_hex())))


@pytest.mark.parametrize("protocol", PROTOCOLS[2:])
def test_a_model_without_secrets_is_pickled_as_ever(protocol: int) -> None:
    for row in (account(), Node(children=[Node(metadata={"a": [1]})])):
        assert pickle.loads(pickle.dumps(row, protocol)) == row


def test_a_copy_stays_in_the_process_and_is_allowed() -> None:
    password = token_hex()
    settings = Settings(database_url=f"postgresql://ada:{password}@localhost/shop", sealing_keys=new_key())
    user = NewUser(username="ada", email="ada@hangar.example", password=SecretStr(password))
    for original in (settings, user):
        for made in (copy.copy(original), copy.deepcopy(original), original.model_copy()):
            assert made == original
    assert copy.deepcopy(settings).target == settings.target


ERRORS = [
    errors.SealError("reason", table="t", column="c", key_id="k1", row={"id": "1"}),
    errors.AccountNotActive("suspended", status="SUSPENDED"),
    errors.CatalogError(["a: one", "b: two"]),
    errors.SchemaDiffers("differs", differences=["- a", "+ b"]),
    errors.SchemaOutOfDate("pending", pending=["0001_users"]),
    errors.NotFound("nothing", query="users.get_user"),
    errors.UniqueViolation("taken", sqlstate="23505", constraint="c", table="t", columns=["a", "b"]),
    errors.InvalidValue("wrong"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_reaches_another_process_whole(error: errors.HangarError) -> None:
    """A pool of processes hangs or breaks if an error cannot be unpickled."""
    for made in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(made) is type(error)
        assert (str(made), made.args, vars(made)) == (str(error), error.args, vars(error))
