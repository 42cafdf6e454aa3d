"""Edits of signatures and models that mean the same."""

from collections.abc import Iterator

from tests.check.mutations.application import Mutant, Texts
from tests.check.mutations.edits import Editor, in_class, in_function, put, sub
from tests.check.mutations.harmful_signatures import annotated, arguments, declared


def mutants(texts: Texts) -> Iterator[Mutant]:
    yield from _signatures(texts)
    yield from _models(texts)


def _signatures(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "declare it in another way", frozenset())
    users, cookies = ["users.py"], ["session_cookies.py"]
    for at, name, old, new in (
        (users, "insert_user", "new: NewUser", "account: NewUser"),
        (
            users,
            "insert_user",
            "new: NewUser, *, hashed_password: str | None",
            "new: NewUser, hashed_password: None | str",
        ),
        (users, "get_user", "db: Executor", "database: Executor"),
        (users, "get_user", '"""The user with this id."""', '"""Whoever this is."""'),
        (users, "get_user", "user_id: UUID", "*, user_id: UUID"),
        (users, "find_user_by_email", "User | None", "Annotated[User | None, 'perhaps']"),
        (users, "find_user_by_email", "email: Address", "email: Annotated[Address, 'as typed']"),
        (users, "find_user_by_username", "User | None", "None | User"),
        (users, "find_user_by_eve_character", "eve_character_id: int", "eve_character_id: EveCharacterId"),
        (
            users,
            "list_users",
            'order: Literal["newest", "oldest", "name"] = "newest"',
            'order: Literal["name", "oldest", "newest"] = "name"',
        ),
        (users, "list_users", "limit: PageSize = 50", "limit: PageSize"),
        (users, "count_users", "status: UserStatus | None = None", "status: UserStatus | None"),
        (users, "update_user", "**changes", "**fields"),
        (users, "set_user_status", "user_id: UUID, status: UserStatus", "status: UserStatus, user_id: UUID"),
        (users, "set_user_role", "role: UserRole", 'role: Literal["USER", "MODERATOR", "ADMIN"]'),
        (users, "set_user_role", "role: UserRole", 'role: Literal["USER", "ADMIN"]'),
        (users, "delete_user", "RowCount", "None"),
        (users, "touch_last_login", "-> User", "-> 'User'"),
        (cookies, "insert_session_cookie", "new: NewSessionCookie", "cookie: NewSessionCookie"),
        (cookies, "find_session_cookie", "*, user_id: UUID, platform: Platform", "platform: str, user_id: UUID"),
        (cookies, "list_session_cookies", "*, user_id", "user_id"),
        (cookies, "delete_expired_session_cookies", "now: datetime | None = None, ", ""),
        (cookies, "delete_expired_session_cookies", "batch_size: BatchSize", "batch_size: int"),
        (cookies, "delete_session_cookie", "-> RowCount", "-> None"),
    ):
        yield from editor.files(f"{name}: {new}", at, in_function(name, put(old, new)))
    for function in ("find_login_by_username", "renew_password_hash", "find_login_by_email"):
        for name, annotation in arguments(declared(texts, "users")[function]):
            edit = in_function(function, annotated(name, f"Annotated[{annotation}, 'as it came']"))
            yield from editor.files(f"{function}: {name}", users, edit)


def _models(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "write the model in another way", frozenset())
    users, cookies = ["models/users.py"], ["models/session_cookies.py"]
    split = put("class User(Row):", "class Known(Row):\n    id: UUID\n\n\nclass User(Known):")
    yield from editor.files("User on a model of its own", users, split, in_class("User", sub(r"^    id: UUID\n", "")))
    for at, model, old, new in (
        (users, "User", '    """An account', '    """An account of somebody'),
        (users, "User", "    email: str | None\n", "    email: None | str\n"),
        (users, "User", "    email: str | None\n", "    email: Email | None\n"),
        (users, "User", "    phone_number: str | None\n", "    phone_number: PhoneNumber | None = None\n"),
        (users, "User", "    display_name: Annotated[str, CaseInsensitive]\n", "    display_name: DisplayName\n"),
        (users, "User", "    eve_character_id: int | None\n", "    eve_character_id: EveCharacterId | None\n"),
        (users, "User", "    is_active: bool\n", "    is_active: bool = Field(description='may sign in')\n"),
        (
            users,
            "User",
            "    updated_at: datetime\n",
            "    updated_at: datetime\n\n    def age(self) -> int:\n        return 1\n",
        ),
        (users, "User", "    metadata: JsonObject\n", "    metadata: JsonObject = Field(repr=False)\n"),
        (users, "NewUser", "    is_private: bool = False\n", "    is_private: bool = True\n"),
        (users, "NewUser", "    id: UUID = Field(default_factory=uuid7)\n", "    id: UUID\n"),
        (
            users,
            "UserChanges",
            "    username: Username\n    email: Email | None\n",
            "    email: Email | None\n    username: Username\n",
        ),
        (users, "Login", "    hashed_password: str | None = Field(repr=False)\n", "    hashed_password: str | None\n"),
        (
            users,
            "UserStatus",
            '    ACTIVE = "ACTIVE"\n    INACTIVE = "INACTIVE"\n',
            '    INACTIVE = "INACTIVE"\n    ACTIVE = "ACTIVE"\n',
        ),
        (users, "UserRole", '    MODERATOR = "MODERATOR"\n', '    MOD = "MODERATOR"\n'),
        (cookies, "SessionCookie", "    platform: Platform\n", "    platform: str\n"),
        (
            cookies,
            "NewSessionCookie",
            "    id: UUID = Field(default_factory=uuid7)\n    user_id: UUID\n",
            "    user_id: UUID\n    id: UUID = Field(default_factory=uuid7)\n",
        ),
        (cookies, "SessionCookie", "    cookies: SealedCookies = Field(repr=False)\n", "    cookies: SealedCookies\n"),
        (cookies, "UserWithSessionCookies", "list[SessionCookie]", "Annotated[list[SessionCookie], 'newest first']"),
    ):
        yield from editor.files(f"{model}: {new.strip()}", at, in_class(model, put(old, new)))
