"""Users: local accounts with a password, EVE SSO accounts with a character.

`from hangar_dal import users`. Every function takes a `Database` or a `Transaction` first, opened with `ACCOUNTS`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import SecretStr
from typing_extensions import Unpack

from hangar_dal import passwords
from hangar_dal.catalogs import ACCOUNTS
from hangar_dal.database import Database, Executor
from hangar_dal.database.executor import WAITS_FOR_HASH, refuse_transaction
from hangar_dal.emails import is_email, may_be_email
from hangar_dal.errors import AccountNotActive, HashingBusy, InvalidCredentials, InvalidValue, raise_alone
from hangar_dal.models.row import EveCharacterId, PageSize
from hangar_dal.models.users import Address, DisplayName, Login, Lookup, Part
from hangar_dal.models.users import ImportedUser as ImportedUser
from hangar_dal.models.users import NewUser as NewUser
from hangar_dal.models.users import User as User
from hangar_dal.models.users import UserChanges as UserChanges
from hangar_dal.models.users import UserRole as UserRole
from hangar_dal.models.users import UserStatus as UserStatus
from hangar_dal.models.users import UserType as UserType
from hangar_dal.password_rules import check_length, check_secret
from hangar_dal.query import RowCount
from hangar_dal.values import uuid7

query = ACCOUNTS.query


@query
async def insert_user(db: Executor, new: NewUser, *, hashed_password: str | None) -> User:
    """Store an account whose password is already hashed; `create_user` hashes it. The password in `new` is not read.

    For a transaction: call `passwords.hash_password` before it begins, with the names in `new` as its context.
    """
    ...


@query
async def insert_users(db: Executor, rows: list[ImportedUser]) -> RowCount:
    """Store many in one statement, leaving out ids that are taken; `accounts.import_users` makes the batches."""
    ...


@query
async def get_user(db: Executor, user_id: UUID) -> User:
    """The user with this id."""
    ...


@query
async def get_users(db: Executor, ids: list[UUID]) -> list[User]:
    """The users with these ids, each once, ordered by id; an id that no user has is left out."""
    ...


@query
async def lock_users(db: Executor, *, first: UUID, second: UUID) -> list[UUID]:
    """Keep other transactions from changing these two users, and from adding rows that refer to them."""
    ...


@query
async def find_user_by_email(db: Executor, email: Address) -> User | None:
    """The user with this e-mail address, whatever its case; `InvalidValue` if it is none that an account may have."""
    ...


@query
async def find_user_by_username(db: Executor, username: Lookup) -> User | None:
    """The user with this name, whatever its case."""
    ...


@query
async def find_user_by_eve_character(db: Executor, eve_character_id: int) -> User | None:
    """The account that belongs to this EVE character."""
    ...


@query
async def list_users(
    db: Executor,
    *,
    status: UserStatus | None = None,
    role: UserRole | None = None,
    user_type: UserType | None = None,
    created_since: datetime | None = None,
    created_before: datetime | None = None,
    signed_in: Literal["never", "ever"] | None = None,
    order: Literal["newest", "oldest", "name"] = "newest",
    after: User | None = None,
    limit: PageSize = 50,
) -> list[User]:
    """A page of the users that pass all filters; `after` is the last user of the page before.

    `name` goes by display name, whatever its case. `created_since` is included, `created_before` is not.
    """
    ...


@query
async def search_users(db: Executor, part: Part, *, after: User | None = None, limit: PageSize = 50) -> list[User]:
    """A page of the users whose username, display name, e-mail or phone contains the part, by display name.

    The part has at least three characters, and matches whatever its case, in every script. `after` is the last user of
    the page before. Users from before the search existed are found after `hangar-dal refold`.
    """
    ...


@query
async def count_users(db: Executor, *, status: UserStatus | None = None) -> int:
    """How many users there are, of this status if one is given."""
    ...


@query
async def update_user(db: Executor, user_id: UUID, **changes: Unpack[UserChanges]) -> User:
    """Change the fields that are given: a field left out stays, a field set to None becomes NULL."""
    ...


@query
async def set_user_status(db: Executor, user_id: UUID, status: UserStatus) -> User:
    """Activate, suspend, deactivate or mark as deleted; `is_active` follows."""
    ...


@query
async def set_user_role(db: Executor, user_id: UUID, role: UserRole) -> User:
    """Give a role; `is_admin` follows."""
    ...


@query
async def set_eve_character(db: Executor, user_id: UUID, *, character: EveCharacterId, scopes: list[str]) -> User:
    """Let a character of EVE sign in as this user."""
    ...


@query
async def touch_last_login(db: Executor, user_id: UUID) -> User:
    """Note that the user has signed in now."""
    ...


@query
async def set_password_hash(db: Executor, user_id: UUID, *, hashed_password: str) -> User:
    """Store a hash that `passwords.hash_password` made; `set_password` does both."""
    ...


@query
async def renew_password_hash(db: Executor, user_id: UUID, *, verified: str, renewed: str) -> User | None:
    """Replace the hash that was just verified; None if the password has changed or the account is not active."""
    ...


@query
async def find_verified_user(db: Executor, user_id: UUID, *, verified: str) -> User | None:
    """The user whose hash was just verified; None if the password has changed or the account is not active."""
    ...


@query
async def find_login_by_username(db: Executor, login: Lookup) -> Login | None:
    """What `authenticate` compares, for the user with this name."""
    ...


@query
async def find_login_by_email(db: Executor, login: Address) -> Login | None:
    """What `authenticate` compares, for the user with this e-mail address."""
    ...


@query
async def upsert_eve_user(
    db: Executor, user_id: UUID, *, eve_character_id: EveCharacterId, display_name: DisplayName, eve_scopes: list[str]
) -> User | None:
    """Make or refresh the character's account; nothing for an account that is not active."""
    ...


@query
async def delete_user(db: Executor, user_id: UUID) -> RowCount:
    """Delete the user and all that belongs to them; 0 if there is no such user."""
    ...


async def find_user_by_login(db: Executor, login: str) -> User | None:
    """The user with this name or e-mail address, whatever its case."""
    if not may_be_email(login):
        return await find_user_by_username(db, login)
    return await find_user_by_email(db, login) if is_email(login) else None


async def create_user(db: Database, new: NewUser) -> User:
    """Create an account, its password hashed before a connection is taken.

    `WeakPassword` if the password is easy to guess; `UniqueViolation.columns` says which name is taken.
    In a transaction use `insert_user`.
    """
    refuse_transaction(db, f"{WAITS_FOR_HASH}Call passwords.hash_password before it, then insert_user in it.")
    if not isinstance(new, NewUser):
        raise InvalidValue(f"new: expected NewUser, got {type(new).__name__}")
    hashed = None if new.password is None else await hash_for(new, new.password)
    return await insert_user(db, new, hashed_password=hashed)


async def set_password(db: Database, user_id: UUID, password: SecretStr) -> User:
    """Replace the password, hashed while no connection is held; `NotFound` if there is no such user.

    `WeakPassword` if it is easy to guess. Sessions go on, and links to reset the password still work:
    `accounts.change_password` and `accounts.reset_password` end them. In a transaction use `set_password_hash`.
    """
    refuse_transaction(db, f"{WAITS_FOR_HASH}Call passwords.hash_password before it, then set_password_hash in it.")
    check_length(password)
    hashed = await hash_for(await get_user(db, user_id), password)
    return await set_password_hash(db, user_id, hashed_password=hashed)


async def hash_for(user: User | NewUser, password: SecretStr) -> str:
    """Hash a password of this user while no connection is held; `WeakPassword` if it is easy to guess for the names."""
    names = [name for name in (user.username, user.email, user.display_name) if isinstance(name, str)]
    return await passwords.hash_password(password, context=names)


async def authenticate(db: Database, login: str, password: SecretStr) -> User:
    """The user with this username or e-mail and this password.

    One `InvalidCredentials`, after the same work, for an unknown user, a wrong password and an account that is not
    active. A hash made with weaker parameters than today's is renewed. `accounts.authenticate` also counts failures.
    Takes no `Transaction`, because the password is hashed in between. Raises `HashingBusy` if too many sign-ins wait.
    """
    refuse_transaction(db, f"{WAITS_FOR_HASH}Call authenticate before the transaction begins.")
    check_secret(password)
    while True:
        try:
            found = await _find_verified_login(db, login, password)
            user = await _find_or_renew(db, found, password) if found else None
        except HashingBusy as error:
            raise_alone(error.with_traceback(None))  # frames further down have the hash in local variables
        if found is None:
            raise InvalidCredentials("the login or the password is wrong")
        if user is not None:
            return user
        # The account or its hash changed while the password was hashed, perhaps by another sign-in: begin again.


async def sign_in_eve_user(
    db: Executor, *, eve_character_id: int, display_name: str, eve_scopes: Sequence[str] = ()
) -> User:
    """Sign an EVE character in: its account is made at the first time and refreshed later.

    `AccountNotActive` if the account is suspended, inactive or deleted; it is then left as it is.
    """
    if isinstance(eve_scopes, str) or not isinstance(eve_scopes, Sequence):
        raise InvalidValue(f"eve_scopes: expected a list, got {type(eve_scopes).__name__}")
    while True:  # again if the account is deleted or made active between the two statements
        user = await upsert_eve_user(
            db, uuid7(), eve_character_id=eve_character_id, display_name=display_name, eve_scopes=list(eve_scopes)
        )
        if user is not None:
            return user
        user = await find_user_by_eve_character(db, eve_character_id)
        if user is not None and not user.is_active:
            raise AccountNotActive(f"the account is {user.status}; only an ACTIVE one may sign in", status=user.status)


async def _find_verified_login(db: Database, login: str, password: SecretStr) -> Login | None:
    """The active account that this password opens. Nothing is raised here, where the hash is in a local variable."""
    found = None if passwords.is_too_long(password) else await find_login(db, login)
    matches = await passwords.verify_password(found.hashed_password if found else None, password)
    return found if found and matches and found.status is UserStatus.ACTIVE else None


async def _find_or_renew(db: Database, found: Login, password: SecretStr) -> User | None:
    """The user whose password was just verified, the hash renewed if it is weak; None if either has changed."""
    if (verified := found.hashed_password) is None:
        return None
    if not passwords.needs_rehash(verified):
        return await find_verified_user(db, found.id, verified=verified)
    renewed = await passwords.rehash_password(password)
    return await renew_password_hash(db, found.id, verified=verified, renewed=renewed)


async def find_login(db: Database, login: str) -> Login | None:
    """What `authenticate` compares, for the user with this name or e-mail address."""
    if not may_be_email(login):
        return await find_login_by_username(db, login)
    return await find_login_by_email(db, login) if is_email(login) else None
