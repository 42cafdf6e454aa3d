"""All settings, read from the environment and from a UTF-8 file `.env` in the working directory.

    async with open_database(Settings(database_url="sqlite:///shop.db"), catalog=CATALOG) as db: ...

Arguments override the environment, and the environment overrides `.env`. `urls` parses database URLs.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NoReturn
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, SecretStr, ValidationError

from hangar_dal.env_file import read_env_file
from hangar_dal.errors import SettingsError, raise_alone
from hangar_dal.near_variables import misspelt
from hangar_dal.urls import MEMORY, URL_VARIABLE, PostgresTarget, SqliteTarget, Target, parse_url

__all__ = ["DEFAULT_URL", "PostgresTarget", "Settings", "SqliteTarget", "Target", "parse_url"]

_PARTS: Final = "the POSTGRES_* variables"
DEFAULT_URL: Final = "sqlite:///hangar_bay_dev.db"
_ENV_FILE: Final = Path(".env")
_TEST_SERVER: Final = "HANGAR_TEST_PG"  # the fixtures for pytest read it


def _zero_or_a_millisecond(seconds: float) -> float:
    """Reject a value below one millisecond: PostgreSQL would round it to 0, which means no limit."""
    if 0 < seconds < 0.001:
        raise ValueError("must be 0 for no limit, or at least 0.001")
    return seconds


Seconds = Annotated[float, Field(ge=0.001, le=86_400)]
SecondsOrNoWait = Annotated[float, Field(ge=0, le=86_400)]
WholeSeconds = Annotated[int, Field(ge=0, le=86_400)]
SecondsOrNoLimit = Annotated[float, Field(ge=0, le=86_400), AfterValidator(_zero_or_a_millisecond)]


class Settings(BaseModel):
    """The settings.

    A wrong or incomplete setting raises `SettingsError` with the name of its variable, never its value. Arguments have
    the fields' names: `Settings(pool_size=20)`. An empty string counts as not set.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    database_url: SecretStr | None = Field(None, validation_alias="DATABASE_URL")
    postgres_host: str | None = Field(None, validation_alias="POSTGRES_HOST")
    postgres_port: int = Field(5432, ge=1, le=65_535, validation_alias="POSTGRES_PORT")
    postgres_user: str | None = Field(None, validation_alias="POSTGRES_USER")
    postgres_password: SecretStr | None = Field(None, validation_alias="POSTGRES_PASSWORD")
    postgres_db: str | None = Field(None, validation_alias="POSTGRES_DB")
    allow_insecure_postgres: bool = Field(False, validation_alias="HANGAR_ALLOW_INSECURE_POSTGRES")
    allow_public_create: bool = Field(False, validation_alias="HANGAR_ALLOW_PUBLIC_CREATE")
    prepared_statements: Literal["auto", "on", "off"] = Field("auto", validation_alias="HANGAR_PREPARED_STATEMENTS")

    throwaway_url: SecretStr | None = Field(None, validation_alias="HANGAR_THROWAWAY_URL")

    sealing_keys: SecretStr | None = Field(None, validation_alias="HANGAR_SEALING_KEYS")
    sealing_key_file: Path | None = Field(None, validation_alias="HANGAR_SEALING_KEY_FILE")

    pool_size: int = Field(10, ge=1, le=1_000, validation_alias="HANGAR_POOL_SIZE")
    sqlite_readers: int = Field(4, ge=1, le=64, validation_alias="HANGAR_SQLITE_READERS")
    sqlite_cache: int = Field(2, ge=1, le=65_536, validation_alias="HANGAR_SQLITE_CACHE")
    acquire_timeout: Seconds = Field(10.0, validation_alias="HANGAR_ACQUIRE_TIMEOUT")
    connect_timeout: Seconds = Field(5.0, validation_alias="HANGAR_CONNECT_TIMEOUT")
    statement_timeout: SecondsOrNoLimit = Field(30.0, validation_alias="HANGAR_STATEMENT_TIMEOUT")
    lock_timeout: Seconds = Field(10.0, validation_alias="HANGAR_LOCK_TIMEOUT")
    idle_in_transaction_timeout: SecondsOrNoLimit = Field(60.0, validation_alias="HANGAR_IDLE_IN_TRANSACTION_TIMEOUT")
    close_timeout: SecondsOrNoWait = Field(10.0, validation_alias="HANGAR_CLOSE_TIMEOUT")
    slow_statement: SecondsOrNoLimit = Field(0.0, validation_alias="HANGAR_SLOW_STATEMENT")
    opentelemetry: bool = Field(False, validation_alias="HANGAR_OPENTELEMETRY")
    query_comments: bool = Field(False, validation_alias="HANGAR_QUERY_COMMENTS")
    connection_check_after: SecondsOrNoLimit = Field(5.0, validation_alias="HANGAR_CONNECTION_CHECK_AFTER")
    connection_max_idle: SecondsOrNoLimit = Field(600.0, validation_alias="HANGAR_CONNECTION_MAX_IDLE")
    connection_max_age: SecondsOrNoLimit = Field(3600.0, validation_alias="HANGAR_CONNECTION_MAX_AGE")
    tcp_keepalive: WholeSeconds = Field(30, validation_alias="HANGAR_TCP_KEEPALIVE")
    tcp_user_timeout: WholeSeconds = Field(30, validation_alias="HANGAR_TCP_USER_TIMEOUT")

    _url: SecretStr = PrivateAttr()
    _target: Target = PrivateAttr()

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**(_from_environment() | _by_variable(values)))
            self._url = SecretStr(self._given_url() or self._url_from_parts() or DEFAULT_URL)
            source = URL_VARIABLE if self._given_url() else _PARTS
            insecure = self.allow_insecure_postgres
            self._target = parse_url(self._url.get_secret_value(), allow_insecure=insecure, source=source)
        except ValidationError as error:
            problems = [f"{problem['loc'][0]}: {problem['msg']}" for problem in error.errors(include_input=False)]
            raise_alone(SettingsError("\n".join(problems)))
        except SettingsError as error:
            raise_alone(error.with_traceback(None))  # deeper frames have passwords in local variables

    def __getstate__(self) -> NoReturn:
        raise TypeError(
            "Settings cannot be pickled: passwords and keys would leave the process unencrypted. "
            "Let each process read its own settings from the environment."
        )

    @property
    def url(self) -> SecretStr:
        """DATABASE_URL, else a `postgresql://` URL from the POSTGRES_* variables, else the SQLite default."""
        return self._url

    @property
    def target(self) -> Target:
        """The database that the URL names."""
        return self._target

    def _given_url(self) -> str:
        return self.database_url.get_secret_value().strip() if self.database_url else ""

    def _url_from_parts(self) -> str | None:
        """Return the URL from the POSTGRES_* parts, %-encoded to allow any character; None if no part is set."""
        host, user, database = self.postgres_host, self.postgres_user, self.postgres_db
        password = self.postgres_password
        is_socket = host is not None and host.startswith("/")
        required = {"POSTGRES_HOST": host, "POSTGRES_USER": user, "POSTGRES_DB": database}
        if not is_socket:
            required["POSTGRES_PASSWORD"] = password.get_secret_value() if password else None
        given = [*required.values(), password, "postgres_port" in self.model_fields_set or None]
        if all(part is None for part in given):
            return None
        missing = [name for name, part in required.items() if part is None]
        if host is None or user is None or database is None or missing:
            raise SettingsError(
                f"{', '.join(missing)}: not set, though another POSTGRES_* variable is; "
                "set all of POSTGRES_HOST, POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB, or DATABASE_URL instead"
            )
        login = quote(user, safe="")
        if password:
            login += f":{quote(password.get_secret_value(), safe='')}"
        name = quote(database, safe="")
        if is_socket:
            return f"postgresql://{login}@/{name}?host={quote(host, safe='')}&port={self.postgres_port}"
        hosts = ",".join(f"{_quoted_host(one)}:{self.postgres_port}" for one in host.split(","))
        return f"postgresql://{login}@{hosts}/{name}"


def named_target(url: str, source: str) -> Target:
    """Return the database of a URL that an option or another variable gives. Messages name this `source`."""
    settings = Settings(database_url=MEMORY)  # so that a wrong DATABASE_URL does not matter
    return parse_url(url, allow_insecure=settings.allow_insecure_postgres, source=source)


def require_postgresql(url: str, source: str) -> None:
    """Raise `SettingsError` unless the URL names a PostgreSQL database. `source` is as in `named_target`."""
    if not isinstance(named_target(url, source), PostgresTarget):
        raise SettingsError(f"{source}: not the URL of a PostgreSQL server; use one that begins with postgresql://")


_VARIABLES: Final = {name: str(field.validation_alias) for name, field in Settings.model_fields.items()}
_OWN_VARIABLES: Final = {_TEST_SERVER, *(name for name in _VARIABLES.values() if name.startswith("HANGAR_"))}


def _by_variable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments by the names of their variables.

    Parts of a URL given here override the environment's URL.
    """
    if unknown := sorted(values.keys() - _VARIABLES.keys()):
        raise TypeError(f"Settings has no {', '.join(unknown)}; it takes {', '.join(_VARIABLES)}")
    given = {name: value for name, value in values.items() if value != ""}  # None is a value, "" is not
    if "database_url" not in given and any(name.startswith("postgres_") for name in given):
        given["database_url"] = None
    return {_VARIABLES[name]: value for name, value in given.items()}


def _from_environment() -> dict[str, str]:
    """Return the values of the environment and of `.env`. An empty one counts as not set.

    Raises `SettingsError` for a variable that is nearly one of this package's: it would be ignored.
    """
    given = read_env_file(_ENV_FILE) | {name: value for name, value in os.environ.items() if value}
    for name, known in misspelt(given, _OWN_VARIABLES):
        fix = f"write {known}, or choose another name if it is a variable of your application"
        raise SettingsError(f"{name}: this package has no such variable, and would ignore it", fix)
    return {name: given[name] for name in _VARIABLES.values() if name in given}


def _quoted_host(host: str) -> str:
    return f"[{quote(host, safe=':')}]" if ":" in host else quote(host, safe="")
