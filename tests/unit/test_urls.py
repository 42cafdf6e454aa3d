"""Database URLs: which are accepted, which are refused, and that no message holds a password."""

import traceback
from secrets import token_hex
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from hangar_dal.errors import SettingsError
from hangar_dal.settings import Settings
from hangar_dal.urls import PostgresTarget, SqliteTarget, parse_url

VERIFIED = "sslmode=verify-full"
text_for_urls = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)


def printed(caught: pytest.ExceptionInfo[SettingsError]) -> str:
    error = caught.value
    assert error.__context__ is None
    return f"{error!r} {error} {''.join(traceback.format_exception(error))}"


def refusal(url: str) -> str:
    """All that a caller could print of the error, which is the same from both doors."""
    with pytest.raises(SettingsError) as caught:
        parse_url(url)
    with pytest.raises(SettingsError) as from_settings:
        Settings(database_url=url)
    assert str(from_settings.value) == str(caught.value)
    return printed(caught) + printed(from_settings)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        pytest.param("sqlite:///shop.db", "shop.db", id="three slashes: relative"),
        pytest.param("sqlite:///data/shop.db", "data/shop.db", id="relative, in a directory"),
        pytest.param("sqlite:////srv/shop.db", "/srv/shop.db", id="four slashes: absolute"),
        pytest.param("sqlite+aiosqlite:///shop.db", "shop.db", id="SQLAlchemy's spelling"),
        pytest.param("sqlite+aiosqlite:////srv/shop.db", "/srv/shop.db", id="SQLAlchemy's, absolute"),
        pytest.param("SQLite:///shop.db", "shop.db", id="a scheme has no case"),
        pytest.param("sqlite:///my%20shop%3F.db", "my shop?.db", id="percent-decoded"),
        pytest.param("sqlite:///caf%C3%A9.db", "café.db", id="percent-decoded as UTF-8"),
        pytest.param("sqlite:///café #1.db", "café #1.db", id="bare unicode and #"),
        pytest.param("sqlite:///100%.db", "100%.db", id="a lone percent sign"),
        pytest.param(" sqlite:///shop.db\n", "shop.db", id="space around it"),
        pytest.param("sqlite:///:memory:", ":memory:", id="memory as a path"),
        pytest.param("sqlite://", ":memory:", id="memory as nothing"),
        pytest.param("sqlite+aiosqlite:///:memory:", ":memory:", id="memory, SQLAlchemy's spelling"),
        pytest.param(":memory:", ":memory:", id="memory, plain"),
    ],
)
def test_a_sqlite_url_names_a_file(url: str, path: str) -> None:
    assert parse_url(url) == SqliteTarget(path)


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        pytest.param("sqlite://shop.db", "sqlite:///file.db", id="two slashes"),
        pytest.param("sqlite://localhost/shop.db", "sqlite:///file.db", id="a host"),
        pytest.param("sqlite:///", "does not name a SQLite file", id="no file"),
        pytest.param("sqlite:///shop.db?mode=ro", "%3F", id="options"),
        pytest.param("sqlite:///%FF.db", "UTF-8", id="not UTF-8"),
        pytest.param("sqlite:///a%00b", "does not name a SQLite file", id="NUL"),
        pytest.param("sqlite:///a\0b", "NUL", id="bare NUL"),
        pytest.param("sqlite:///\udcff.db", "surrogate", id="a lone surrogate"),
        pytest.param("sqlite:shop.db", "sqlite://", id="no slashes"),
        pytest.param("shop.db", "not a URL", id="a file name"),
        pytest.param(
            "mysql://localhost/shop", "mysql:// is not supported; use one of sqlite://", id="another database"
        ),
        pytest.param("postgresql+psycopg2://localhost/shop", "postgresql+asyncpg://", id="another driver"),
    ],
)
def test_any_other_url_is_refused_with_what_to_write(url: str, hint: str) -> None:
    message = refusal(url)
    assert "DATABASE_URL" in message
    assert hint in message


@given(path=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_every_quoted_file_name_comes_back(path: str) -> None:
    assert parse_url(f"sqlite:///{quote(path, safe='')}") == SqliteTarget(path)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+asyncpg", "PostgreSQL"])
def test_every_usual_scheme_of_postgresql_means_the_same(scheme: str) -> None:
    target = parse_url(f"{scheme}://anna@localhost:5433/shop")
    assert target == PostgresTarget("user=anna dbname=shop host=localhost port=5433", "localhost:5433/shop")


@pytest.mark.parametrize(
    ("rest", "expected", "where"),
    [
        pytest.param("localhost/shop", {"host": "localhost", "dbname": "shop"}, "localhost:5432/shop", id="plain"),
        pytest.param(
            "localhost:1,127.0.0.1:2/shop",
            {"host": "localhost,127.0.0.1", "port": "1,2", "dbname": "shop"},
            "localhost:1,127.0.0.1:2/shop",
            id="several hosts",
        ),
        pytest.param(
            "anna@/shop?host=/run/pg&port=5433",
            {"user": "anna", "dbname": "shop", "host": "/run/pg", "port": "5433"},
            "/run/pg/shop",
            id="a socket directory",
        ),
        pytest.param("%2Frun%2Fpg/shop", {"host": "/run/pg", "dbname": "shop"}, "/run/pg/shop", id="a quoted socket"),
        pytest.param(
            "[::1]:5433/shop", {"host": "::1", "port": "5433", "dbname": "shop"}, "[::1]:5433/shop", id="IPv6"
        ),
        pytest.param(
            "anna:a%40b%2Fc%3F%25%20'%5C@localhost/shop",
            {"user": "anna", "password": "a@b/c?% '\\", "host": "localhost", "dbname": "shop"},
            "localhost:5432/shop",
            id="an odd password, quoted",
        ),
        pytest.param(
            "anna:a?b&c=d:e@localhost/shop",
            {"user": "anna", "password": "a?b&c=d:e", "host": "localhost", "dbname": "shop"},
            "localhost:5432/shop",
            id="an odd password, bare",
        ),
        pytest.param(
            "localhost/my%20shop?application_name=a%20b&connect_timeout=3",
            {"host": "localhost", "dbname": "my shop", "application_name": "a b", "connect_timeout": "3"},
            "localhost:5432/my shop",
            id="libpq's own options",
        ),
    ],
)
def test_libpq_alone_reads_a_postgresql_url(rest: str, expected: dict[str, str], where: str) -> None:
    target = parse_url(f"postgresql+asyncpg://{rest}")
    assert isinstance(target, PostgresTarget)
    assert conninfo_to_dict(target.conninfo) == expected
    assert target.where == where


@pytest.mark.parametrize(
    "form",
    [
        pytest.param("postgresql://anna:{}@localhost:port/shop", id="a port that is no number"),
        pytest.param("postgresql://anna:{}@localhost/shop?colour=red", id="an unknown option"),
        pytest.param("postgresql://anna:{}%zz@localhost/shop", id="a broken escape"),
        pytest.param("postgresql://anna:{}@[::1/shop", id="an open bracket"),
        pytest.param("postgresql://anna:{}@host.example/shop", id="a remote host without TLS"),
        pytest.param("postgresql://anna:x@{}@localhost/shop", id="a bare @ in the password"),
        pytest.param("postgresql://anna:x/{}@localhost/shop", id="a bare / in the password"),
        pytest.param("postgresql://anna:5432/{}@localhost/shop", id="a bare / behind digits"),
        pytest.param("postgresql://anna:{}@localhost/shop?ssl=true", id="asyncpg's ssl"),
        pytest.param("postgres//anna:{}@localhost/shop", id="no colon"),
        pytest.param("mysql://anna:{}@localhost/shop", id="another database"),
        pytest.param("sqlite://anna:{}@localhost/shop", id="a host for SQLite"),
        pytest.param("anna:{}@localhost/shop", id="no scheme"),
        pytest.param("postgresql://anna:{}\0@localhost/shop", id="NUL"),
        pytest.param("postgresql://anna:{}\udcff@localhost/shop", id="a lone surrogate"),
    ],
)
def test_a_bad_url_is_refused_without_its_password(form: str) -> None:
    password = token_hex()
    message = refusal(form.format(password))
    assert "DATABASE_URL" in message
    assert password not in message


@pytest.mark.parametrize("login", ["anna:x@{}", "anna:x/{}", "anna:5432/{}"])
def test_a_bare_separator_never_moves_a_password_to_where_it_is_printed(login: str) -> None:
    """libpq would take the rest of the password for a host or a database name."""
    with pytest.raises(SettingsError, match="%40"):
        parse_url(f"postgresql://{login.format(token_hex())}@localhost/shop", allow_insecure=True)


@pytest.mark.parametrize("query", ["ssl=true", "ssl=require", "application_name=x&ssl=verify-full"])
def test_the_ssl_of_asyncpg_is_refused_with_libpqs_word(query: str) -> None:
    assert "sslmode=" in refusal(f"postgresql+asyncpg://localhost/shop?{query}")


@given(user=text_for_urls, password=text_for_urls)
def test_a_quoted_password_arrives_and_is_never_shown(user: str, password: str) -> None:
    assume(len(password) > 3 and password not in "localhost:5432/shop PostgresTarget(where='localhost:5432/shop')")
    target = parse_url(f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@localhost/shop")
    assert isinstance(target, PostgresTarget)
    assert conninfo_to_dict(target.conninfo)["password"] == password
    assert password not in repr(target)
    assert target.where == "localhost:5432/shop"


@pytest.mark.parametrize(
    ("url", "environment"),
    [
        pytest.param("postgresql://LocalHost/shop", {}, id="localhost"),
        pytest.param("postgresql://127.3.2.1/shop", {}, id="127.0.0.0/8"),
        pytest.param("postgresql://[::1]/shop", {}, id="::1"),
        pytest.param("postgresql:///shop", {}, id="the default socket"),
        pytest.param("postgresql:///shop?host=/run/pg", {}, id="a socket"),
        pytest.param("postgresql://localhost,127.0.0.1,[::1]/shop", {}, id="several, all here"),
        pytest.param("postgresql://db.example/shop?hostaddr=127.0.0.1", {}, id="the address counts, not the name"),
        pytest.param(f"postgresql://db.example/shop?{VERIFIED}", {}, id="verified"),
        pytest.param("postgresql://db.example/shop", {"PGSSLMODE": "verify-full"}, id="verified by PGSSLMODE"),
        pytest.param(f"postgresql:///shop?service=shop&{VERIFIED}", {}, id="a service, verified by the URL"),
    ],
)
def test_a_connection_that_stays_here_or_is_verified_is_allowed(
    url: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert isinstance(parse_url(url), PostgresTarget)


@pytest.mark.parametrize(
    ("url", "environment"),
    [
        pytest.param("postgresql://db.example/shop", {}, id="the default, prefer"),
        pytest.param("postgresql://192.168.1.2/shop", {}, id="a private address"),
        pytest.param("postgresql://db.example/shop?sslmode=require", {}, id="require"),
        pytest.param("postgresql://db.example/shop?sslmode=verify-ca", {}, id="verify-ca"),
        pytest.param("postgresql://db.example/shop?sslmode=disable", {"PGSSLMODE": "verify-full"}, id="the URL wins"),
        pytest.param("postgresql://localhost,db.example/shop", {}, id="one of several is away"),
        pytest.param("postgresql://localhost/shop?hostaddr=192.168.1.2", {}, id="the address is away"),
        pytest.param("postgresql://localhost/shop", {"PGHOSTADDR": "192.168.1.2"}, id="PGHOSTADDR is away"),
        pytest.param("postgresql:///shop", {"PGHOST": "db.example"}, id="PGHOST is away"),
        pytest.param("postgresql:///shop?service=shop", {}, id="a service may be anywhere"),
        pytest.param("postgresql:///shop?service=shop", {"PGSSLMODE": "verify-full"}, id="a service may say otherwise"),
        pytest.param("postgresql://localhost.example/shop", {}, id="a name that begins like localhost"),
        pytest.param("postgresql:///shop?host=@pg", {}, id="an abstract socket, which psycopg looks up in DNS"),
        pytest.param("postgresql:///shop?host=/run/pg,@pg", {}, id="one of several is an abstract socket"),
        pytest.param("postgresql://%40db.example/shop", {}, id="a quoted @ before a host"),
        pytest.param("postgresql:///shop", {"PGHOST": "@pg"}, id="PGHOST is an abstract socket"),
    ],
)
def test_a_connection_that_leaves_unverified_is_refused_unless_allowed(
    url: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    message = refusal(url)
    assert "sslmode=verify-full" in message
    assert "HANGAR_ALLOW_INSECURE_POSTGRES" in message
    assert isinstance(parse_url(url, allow_insecure=True), PostgresTarget)
    assert Settings(database_url=url, allow_insecure_postgres=True).target == parse_url(url, allow_insecure=True)
