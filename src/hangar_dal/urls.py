"""Parse database URLs: a SQLite file or a PostgreSQL server.

libpq parses PostgreSQL URLs, so sockets and unusual passwords work as in psql. Messages contain no part of a URL except
its scheme.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from itertools import zip_longest
from typing import Any, ClassVar, Final, Literal, NoReturn, Self
from urllib.parse import unquote

from hangar_dal.errors import InvalidValue, SettingsError, raise_alone
from hangar_dal.extras import needing
from hangar_dal.values import check_text

MEMORY: Final = ":memory:"
URL_VARIABLE: Final = "DATABASE_URL"
_POSTGRESQL: Final = ("postgresql", "postgres", "postgresql+psycopg", "postgresql+asyncpg")
_SQLITE: Final = ("sqlite", "sqlite+aiosqlite")


@dataclass(frozen=True, slots=True)
class SqliteTarget:
    """A SQLite file, absolute or relative to the working directory, or `:memory:`."""

    dialect: ClassVar[Literal["sqlite"]] = "sqlite"
    path: str

    @property
    def where(self) -> str:
        return self.path


@dataclass(frozen=True, slots=True)
class PostgresTarget:
    """A PostgreSQL server. `conninfo` is libpq's `key=value` text, including the password; `where` is safe to print."""

    dialect: ClassVar[Literal["postgresql"]] = "postgresql"
    conninfo: str = field(repr=False)
    where: str

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a PostgresTarget cannot be pickled: its password would leave the process unencrypted")


Target = SqliteTarget | PostgresTarget


def parse_url(url: str, *, allow_insecure: bool = False, source: str = URL_VARIABLE) -> Target:
    """Return the database that a URL names. Imports psycopg only for PostgreSQL. Raises `SettingsError`.

    `allow_insecure` allows connections to other machines without a verified certificate. `source` is where the URL was
    given, for messages: a variable or an option.
    """
    try:
        return _parsed(url.strip(), allow_insecure=allow_insecure)
    except SettingsError as error:
        raise_alone(SettingsError(f"{source}: {error}"))


def _parsed(url: str, *, allow_insecure: bool) -> Target:
    try:
        check_text("the URL", url)
    except InvalidValue as error:
        raise_alone(SettingsError(str(error)))
    if url == MEMORY:
        return SqliteTarget(MEMORY)
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if separator and scheme in _SQLITE:
        return _sqlite(rest)
    if separator and scheme in _POSTGRESQL:
        return _postgresql(rest, allow_insecure=allow_insecure)
    shown = (
        f"{scheme}:// is not supported" if separator and re.fullmatch("[a-z][a-z0-9+.-]{0,30}", scheme) else "not a URL"
    )
    accepted = ", ".join(f"{name}://" for name in (*_SQLITE, *_POSTGRESQL))
    raise SettingsError(f"{shown}; use one of {accepted}, or {MEMORY}")


def _sqlite(rest: str) -> SqliteTarget:
    if not rest:
        return SqliteTarget(MEMORY)
    if not rest.startswith("/"):
        raise SettingsError(
            "two slashes would make the file name a host; write sqlite:///file.db for a file in the "
            "working directory, sqlite:////directory/file.db for an absolute path"
        )
    if "?" in rest:
        raise SettingsError("a SQLite URL takes no options; write a ? in a file name as %3F")
    try:
        path = check_text("the path", unquote(rest[1:], errors="strict"))
    except (UnicodeDecodeError, InvalidValue):
        path = ""
    if not path:
        raise SettingsError("the URL does not name a SQLite file; write sqlite:///file.db, %-encoded as UTF-8")
    if path.rpartition("/")[2] in ("", ".", ".."):
        raise SettingsError("the path names a directory. Add the name of the file, as in sqlite:///file.db")
    return SqliteTarget(path)


def _postgresql(rest: str, *, allow_insecure: bool) -> PostgresTarget:
    with needing("postgresql"):
        from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - SQLite users never load libpq

    given = _read_by_libpq(rest)
    # What libpq itself takes from the PG* environment where the URL is silent. A service file named in the URL
    # would come first and is not read here, so with one only the URL's own words count.
    known = given if "service" in given else {**_libpq_defaults(), **given}
    servers = list(_servers(known))
    if not (
        allow_insecure
        or known.get("sslmode") == "verify-full"
        or ("service" not in known and all(_is_local(address) for _, _, address in servers))
    ):
        raise SettingsError(
            "the connection would leave this machine without a verified certificate; add "
            "?sslmode=verify-full to the URL (and sslrootcert=system, or the file of the authority that signed it), "
            "or set PGSSLMODE=verify-full (and PGSSLROOTCERT), or set HANGAR_ALLOW_INSECURE_POSTGRES=true in a network "
            "that you trust"
        )
    hosts = ",".join(_shown(host or address, port) for host, port, address in servers)
    database = known.get("dbname") or known.get("user") or ""
    return PostgresTarget(conninfo=make_conninfo(**given), where=f"{hosts}/{database}")


def _read_by_libpq(rest: str) -> dict[str, Any]:
    """Return the parameters in the URL. libpq's errors quote the URL, so they are not chained."""
    from psycopg import Error  # noqa: PLC0415 - SQLite users never load libpq
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - SQLite users never load libpq

    if any(option.partition("=")[0] == "ssl" for option in rest.rpartition("?")[2].split("&")):
        raise SettingsError(
            "`ssl=` is an option of asyncpg; write libpq's option `sslmode=`, such as sslmode=verify-full"
        )
    # An unencoded @ or / in a password would move its rest into the host, port or database name, which are printed.
    authority, _, path = rest.partition("/")
    if authority.count("@") > 1 or "@" in path.partition("?")[0]:
        raise SettingsError("write @ as %40 and / as %2F inside a user name, password or database name")
    given: dict[str, Any] | None
    try:
        given = conninfo_to_dict(f"postgresql://{rest}")
    except (Error, UnicodeError):
        given = None
    if given is None or not re.fullmatch("[0-9,]*", str(given.get("port", ""))):
        raise SettingsError(
            "libpq cannot read this URL; the form is postgresql://user:password@host:5432/database, "
            "with every special character %-encoded and only libpq's own names after the ?"
        )
    return given


def _libpq_defaults() -> dict[str, str]:
    from psycopg.pq import Conninfo  # noqa: PLC0415 - SQLite users never load libpq

    return {option.keyword.decode(): option.val.decode() for option in Conninfo.get_defaults() if option.val}


def _servers(known: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield each server as (host, port, address). libpq connects to the address."""
    hosts, addresses, ports = (str(known.get(name, "")).split(",") for name in ("host", "hostaddr", "port"))
    if len(ports) == 1:
        ports *= max(len(hosts), len(addresses))
    for host, port, address in zip_longest(hosts, ports, addresses, fillvalue=""):
        yield host, port or "5432", address or host


def _is_local(address: str) -> bool:
    # No host means the default socket. A name that begins with @ is an abstract socket to libpq since its version 14,
    # but psycopg looks it up in DNS first, and may be sent anywhere.
    if not address or address.startswith("/") or address.lower() == "localhost":
        return True
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _shown(host: str, port: str) -> str:
    if host.startswith(("/", "@")):
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host or 'local socket'}:{port}"
