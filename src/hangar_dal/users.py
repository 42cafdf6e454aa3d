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
    """Store an account whose password is already hashed. Ignores `new.password`; `create_user` hashes it.

    To use it in a transaction, call `passwords.hash_password` before, with the names in `new` as its context.
    """
    ...


@query
async def insert_users(db: Executor, rows: list[ImportedUser]) -> RowCount:
    """Store users in one statement, except those whose id is taken. Used by `accounts.import_users`."""
    ...


@query
async def get_user(db: Executor, user_id: UUID) -> User:
    """Return the user with this id. Raises `NotFound` if there is none."""
    ...


@query
async def get_users(db: Executor, ids: list[UUID]) -> list[User]:
    """Return the users with these ids, each once, ordered by id. Ids that no user has are ignored."""
    ...


@query
async def lock_users(db: Executor, *, first: UUID, second: UUID) -> list[UUID]:
    """Lock two users and return their ids: other transactions cannot change them or add rows that refer to them."""
    ...


@query
async def find_user_by_email(db: Executor, email: Address) -> User | None:
    """Return the user with this e-mail address, ignoring case. Raises `InvalidValue` if the address is not valid."""
    ...


@query
async def find_user_by_username(db: Executor, username: Lookup) -> User | None:
    """Return the user with this username, ignoring case; None if there is none."""
    ...


@query
async def find_user_by_eve_character(db: Executor, eve_character_id: int) -> User | None:
    """Return the account of this EVE character; None if there is none."""
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
    """Return a page of the users that match all filters; `after` is the last user of the previous page.

    `order="name"` sorts by display name, ignoring case. `created_since` is inclusive, `created_before` is exclusive.
    """
    ...


@query
async def search_users(db: Executor, part: Part, *, after: User | None = None, limit: PageSize = 50) -> list[User]:
    """Return a page of the users whose username, display name, e-mail or phone contains `part`, by display name.

    `part` has at least three characters; case is ignored in every script. `after` is the last user of the previous
    page. Users stored before the search existed are found only after `hangar-dal refold` has run.
    """
    ...


@query
async def count_users(db: Executor, *, status: UserStatus | None = None) -> int:
    """Return the number of users, or of the users with this status."""
    ...


@query
async def update_user(db: Executor, user_id: UUID, **changes: Unpack[UserChanges]) -> User:
    """Change the given fields and return the user. Omitted fields stay as they are; None is stored as NULL."""
    ...


@query
async def set_user_status(db: Executor, user_id: UUID, status: UserStatus) -> User:
    """Set the status of a user, and `is_active` with it."""
    ...


@query
async def set_user_role(db: Executor, user_id: UUID, role: UserRole) -> User:
    """Set the role of a user, and `is_admin` with it."""
    ...


@query
async def set_eve_character(db: Executor, user_id: UUID, *, character: EveCharacterId, scopes: list[str]) -> User:
    """Link an EVE character to this user, so that the character can sign in as the user."""
    ...


@query
async def touch_last_login(db: Executor, user_id: UUID) -> User:
    """Set the time of the user's last sign-in to now."""
    ...


@query
async def set_password_hash(db: Executor, user_id: UUID, *, hashed_password: str) -> User:
    """Store a hash made by `passwords.hash_password`. `set_password` hashes and stores a password."""
    ...


@query
async def renew_password_hash(db: Executor, user_id: UUID, *, verified: str, renewed: str) -> User | None:
    """Replace the hash that was just verified. None if the password has changed or the account is not active."""
    ...


@query
async def find_verified_user(db: Executor, user_id: UUID, *, verified: str) -> User | None:
    """Return the user whose hash was just verified. None if the password has changed or the account is not active."""
    ...


@query
async def find_login_by_username(db: Executor, login: Lookup) -> Login | None:
    """Return the id, status and password hash of the user with this username. Used by `authenticate`."""
    ...


@query
async def find_login_by_email(db: Executor, login: Address) -> Login | None:
    """Return the id, status and password hash of the user with this e-mail address. Used by `authenticate`."""
    ...


@query
async def upsert_eve_user(
    db: Executor, user_id: UUID, *, eve_character_id: EveCharacterId, display_name: DisplayName, eve_scopes: list[str]
) -> User | None:
    """Create or update the account of a character; None if the account exists and is not active."""
    ...


@query
async def delete_user(db: Executor, user_id: UUID) -> RowCount:
    """Delete a user and all rows that belong to the user. Returns 0 if there is no such user."""
    ...


async def find_user_by_login(db: Executor, login: str) -> User | None:
    """Return the user with this username or e-mail address, ignoring case; None if there is none."""
    if not may_be_email(login):
        return await find_user_by_username(db, login)
    return await find_user_by_email(db, login) if is_email(login) else None


async def create_user(db: Database, new: NewUser) -> User:
    """Create an account. The password is hashed before a connection is taken from the pool.

    Raises `WeakPassword` if the password is easy to guess, and `UniqueViolation`, whose `columns` say what is taken,
    such as the username. In a transaction, use `insert_user`.
    """
    refuse_transaction(db, f"{WAITS_FOR_HASH}Call passwords.hash_password first, then insert_user in it.")
    if not isinstance(new, NewUser):
        raise InvalidValue(f"new: expected NewUser, got {type(new).__name__}")
    hashed = None if new.password is None else await hash_for(new, new.password)
    return await insert_user(db, new, hashed_password=hashed)


async def set_password(db: Database, user_id: UUID, password: SecretStr) -> User:
    """Replace the password, which is hashed while no connection is held. Raises `NotFound` if there is no such user.

    Raises `WeakPassword` if it is easy to guess. Sessions and links to reset the password stay valid;
    `accounts.change_password` and `accounts.reset_password` end them. In a transaction, use `set_password_hash`.
    """
    refuse_transaction(db, f"{WAITS_FOR_HASH}Call passwords.hash_password first, then set_password_hash in it.")
    check_length(password)
    hashed = await hash_for(await get_user(db, user_id), password)
    return await set_password_hash(db, user_id, hashed_password=hashed)


async def hash_for(user: User | NewUser, password: SecretStr) -> str:
    """Hash a password of this user. Raises `WeakPassword` if it is easy to guess, for example from the user's names."""
    names = [name for name in (user.username, user.email, user.display_name) if isinstance(name, str)]
    return await passwords.hash_password(password, context=names)


async def authenticate(db: Database, login: str, password: SecretStr) -> User:
    """Return the user with this username or e-mail address and this password.

    Raises `InvalidCredentials` for an unknown user, a wrong password and an inactive account; all do the same work. A
    hash with weaker parameters than the current ones is renewed. `accounts.authenticate` also counts failures. `db`
    must not be a `Transaction`: hashing would keep it open. Raises `HashingBusy` if too many sign-ins wait.
    """
    refuse_transaction(db, f"{WAITS_FOR_HASH}Call authenticate before the transaction begins.")
    check_secret(password)
    while True:
        try:
            found = await _find_verified_login(db, login, password)
            user = await _find_or_renew(db, found, password) if found else None
        except HashingBusy as error:
            raise_alone(error.with_traceback(None))  # deeper frames have the hash in local variables
        if found is None:
            raise InvalidCredentials("the login or the password is wrong")
        if user is not None:
            return user
        # The account or its hash changed while the password was hashed, perhaps by another sign-in: try again.


async def sign_in_eve_user(
    db: Executor, *, eve_character_id: int, display_name: str, eve_scopes: Sequence[str] = ()
) -> User:
    """Sign in an EVE character. The first sign-in creates the account, later ones update it.

    Raises `AccountNotActive` if the account is suspended, inactive or deleted, and does not change it.
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
            raise AccountNotActive(f"the account is {user.status}; only ACTIVE users may sign in", status=user.status)


async def _find_verified_login(db: Database, login: str, password: SecretStr) -> Login | None:
    """Return the active account with this password. Raises nothing, because the hash is in a local variable here."""
    found = None if passwords.is_too_long(password) else await find_login(db, login)
    matches = await passwords.verify_password(found.hashed_password if found else None, password)
    return found if found and matches and found.status is UserStatus.ACTIVE else None


async def _find_or_renew(db: Database, found: Login, password: SecretStr) -> User | None:
    """Return the user whose password was just verified, and renew a weak hash. None if either has changed."""
    if (verified := found.hashed_password) is None:
        return None
    if not passwords.needs_rehash(verified):
        return await find_verified_user(db, found.id, verified=verified)
    renewed = await passwords.rehash_password(password)
    return await renew_password_hash(db, found.id, verified=verified, renewed=renewed)


async def find_login(db: Database, login: str) -> Login | None:
    """Return the id, status and password hash of the user with this username or e-mail address, for `authenticate`."""
    if not may_be_email(login):
        return await find_login_by_username(db, login)
    return await find_login_by_email(db, login) if is_email(login) else None
