"""Settings: where a value comes from, which are refused, and that no secret is ever shown."""

import os
import subprocess
import sys
import traceback
from pathlib import Path
from secrets import token_hex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from hangar_dal.errors import SettingsError
from hangar_dal.settings import DEFAULT_URL, PostgresTarget, Settings, SqliteTarget
from tests.helpers.exception_contents import of_drivers, texts_in_frames

ENV_EXAMPLE = Path(__file__).parents[2] / ".env.example"
any_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)


def refusal(**values) -> str:
    """All that a caller could print of the error."""
    with pytest.raises(SettingsError) as caught:
        Settings(**values)
    error = caught.value
    assert error.__context__ is None
    return f"{error!r} {error} {''.join(traceback.format_exception(error))}"


def test_with_no_settings_the_data_lies_in_a_sqlite_file() -> None:
    assert Settings().target == SqliteTarget("hangar_bay_dev.db")
    assert Settings().url.get_secret_value() == DEFAULT_URL == "sqlite:///hangar_bay_dev.db"


@given(user=any_text, password=any_text, database=any_text)
def test_the_parts_of_a_url_may_hold_any_character(user: str, password: str, database: str) -> None:
    settings = Settings(postgres_host="localhost", postgres_user=user, postgres_password=password, postgres_db=database)
    expected = {"host": "localhost", "port": "5432", "user": user, "password": password, "dbname": database}
    assert isinstance(settings.target, PostgresTarget)
    assert conninfo_to_dict(settings.target.conninfo) == expected
    assert conninfo_to_dict(settings.url.get_secret_value()) == expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        pytest.param("::1", {"host": "::1", "port": "5433"}, id="IPv6"),
        pytest.param("fe80::1%eth0", {"host": "fe80::1%eth0", "port": "5433"}, id="IPv6 with a zone"),
        pytest.param("/run/my pg", {"host": "/run/my pg", "port": "5433"}, id="a socket"),
        pytest.param("a.example,::1", {"host": "a.example,::1", "port": "5433,5433"}, id="several"),
    ],
)
def test_the_host_may_be_an_address_a_socket_or_several(host: str, expected: dict[str, str]) -> None:
    password = token_hex()
    settings = Settings(
        postgres_host=host,
        postgres_port=5433,
        postgres_user="anna",
        postgres_password=password,
        postgres_db="shop",
        allow_insecure_postgres=True,
    )
    assert isinstance(settings.target, PostgresTarget)
    assert conninfo_to_dict(settings.target.conninfo) == {
        **expected,
        "user": "anna",
        "password": password,
        "dbname": "shop",
    }


def test_a_socket_needs_no_password() -> None:
    settings = Settings(postgres_host="/run/pg", postgres_user="anna", postgres_db="shop")
    assert settings.target == PostgresTarget("user=anna dbname=shop host=/run/pg port=5432", "/run/pg/shop")


@pytest.mark.parametrize("missing", ["POSTGRES_HOST", "POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"])
def test_a_missing_part_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    password = token_hex()
    parts = {
        "POSTGRES_HOST": "localhost",
        "POSTGRES_USER": "anna",
        "POSTGRES_PASSWORD": password,
        "POSTGRES_DB": "shop",
    }
    for name, value in parts.items():
        monkeypatch.setenv(name, "" if name == missing else value)
    message = refusal()
    assert f"{missing}: not set" in message
    assert password not in message


@pytest.mark.parametrize("name", ["HOST", "PORT", "USER", "PASSWORD", "DB"])
def test_one_part_alone_asks_for_the_others(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"POSTGRES_{name}", "5432")
    assert ("POSTGRES_HOST" in refusal()) or name == "HOST"


def test_a_url_comes_before_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTGRES_HOST", "localhost")
    monkeypatch.setenv("DATABASE_URL", "sqlite:///shop.db")
    assert Settings().target == SqliteTarget("shop.db")


def test_parts_given_as_arguments_come_before_a_url_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///shop.db")
    settings = Settings(postgres_host="/run/pg", postgres_user="anna", postgres_db="shop")
    assert settings.target.dialect == "postgresql"


def test_an_argument_comes_before_the_environment_and_that_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("HANGAR_POOL_SIZE=2\nHANGAR_SQLITE_READERS=2\nHANGAR_LOCK_TIMEOUT=2\n")
    monkeypatch.setenv("HANGAR_POOL_SIZE", "3")
    monkeypatch.setenv("HANGAR_SQLITE_READERS", "3")
    settings = Settings(pool_size=4)
    assert (settings.pool_size, settings.sqlite_readers, settings.lock_timeout) == (4, 3, 2)


def test_a_value_in_the_file_may_name_another_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("export FOLDER='/srv'\nDATABASE_URL=sqlite:///${FOLDER}/${NAME}.db  # a comment\n")
    monkeypatch.setenv("NAME", "shop")
    assert Settings().target == SqliteTarget("/srv/shop.db")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_the_file_is_utf_8_whatever_the_locale(encoding: str) -> None:
    Path(".env").write_text("DATABASE_URL=sqlite:///café.db\nUNRELATED=1\n", encoding=encoding)
    program = "from hangar_dal.settings import Settings; print(ascii(Settings().target.path))"
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ascii("café.db")


def test_a_file_in_another_encoding_is_refused() -> None:
    Path(".env").write_bytes(b"DATABASE_URL=sqlite:///caf\xe9.db\n")
    assert "UTF-8" in refusal()


def test_a_line_that_would_be_skipped_is_refused() -> None:
    password = token_hex()
    Path(".env").write_text(f"HANGAR_POOL_SIZE=2\nDATABASE_URL='postgresql://anna:{password}@localhost\n")
    message = refusal()
    assert ".env: line 2" in message
    assert password not in message


@pytest.mark.parametrize("name", Settings.model_fields)
def test_an_empty_text_counts_as_not_given(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(str(Settings.model_fields[name].validation_alias), "")
    assert Settings() == Settings(**{name: ""})
    assert getattr(Settings(), name) == Settings.model_fields[name].default


def test_a_blank_url_counts_as_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", " ")
    assert Settings().target == SqliteTarget("hangar_bay_dev.db")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        pytest.param("HANGAR_POOL_SIZE", "0", id="no connections"),
        pytest.param("HANGAR_POOL_SIZE", "1001", id="too many connections"),
        pytest.param("HANGAR_POOL_SIZE", "ten", id="no number"),
        pytest.param("HANGAR_SQLITE_READERS", "0", id="no readers"),
        pytest.param("HANGAR_SQLITE_READERS", "65", id="too many readers"),
        pytest.param("HANGAR_SQLITE_CACHE", "0", id="no cache"),
        pytest.param("HANGAR_ACQUIRE_TIMEOUT", "0", id="no time to acquire"),
        pytest.param("HANGAR_CONNECT_TIMEOUT", "-1", id="a negative time"),
        pytest.param("HANGAR_STATEMENT_TIMEOUT", "-1", id="a negative limit"),
        pytest.param("HANGAR_STATEMENT_TIMEOUT", "0.0001", id="a limit that PostgreSQL would round to none"),
        pytest.param("HANGAR_STATEMENT_TIMEOUT", "nan", id="NaN"),
        pytest.param("HANGAR_LOCK_TIMEOUT", "inf", id="infinity"),
        pytest.param("HANGAR_LOCK_TIMEOUT", "0", id="no time to lock"),
        pytest.param("HANGAR_IDLE_IN_TRANSACTION_TIMEOUT", "86401", id="more than a day"),
        pytest.param("HANGAR_ALLOW_INSECURE_POSTGRES", "perhaps", id="neither yes nor no"),
        pytest.param("POSTGRES_PORT", "65536", id="no such port"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_variable(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    message = refusal()
    assert f"{variable}: " in message
    assert "validation error" not in message
    assert f"'{value}'" not in message


def test_all_wrong_values_are_named_at_once() -> None:
    message = refusal(pool_size=0, sqlite_readers=0)
    assert "HANGAR_POOL_SIZE" in message
    assert "HANGAR_SQLITE_READERS" in message


def test_a_secret_of_the_wrong_type_is_not_shown() -> None:
    password = token_hex().encode()
    assert password.decode() not in refusal(postgres_host="localhost", postgres_password=[password])


@pytest.mark.parametrize("name", ["statement_timeout", "idle_in_transaction_timeout"])
def test_a_limit_may_be_lifted(name: str) -> None:
    assert getattr(Settings(**{name: 0}), name) == 0


def test_a_variable_has_its_name_in_capitals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("database_url", "sqlite:///other.db")
    assert Settings().target == SqliteTarget("hangar_bay_dev.db")


def test_an_ipv6_address_stands_in_brackets_as_every_reader_of_urls_expects() -> None:
    settings = Settings(postgres_host="::1", postgres_user="anna", postgres_password="-", postgres_db="shop")
    assert settings.url.get_secret_value() == "postgresql://anna:-@[::1]:5432/shop"


def test_a_misspelt_argument_is_refused() -> None:
    with pytest.raises(TypeError, match="poolsize"):
        Settings(poolsize=3)


def test_settings_cannot_change_and_never_show_a_secret() -> None:
    password, key = token_hex(8), token_hex(8)  # short: pydantic would print only the ends of a long one
    settings = Settings(
        database_url=SecretStr(f"postgresql://anna:{password}@localhost/shop"),
        sealing_keys=key,
        postgres_password=password,
    )
    with pytest.raises(ValueError, match="frozen"):
        settings.pool_size = 3
    with pytest.raises(ValueError, match="Settings") as caught:
        Settings.model_validate(password)
    shown = f"{settings} {settings!r} {settings.url!r} {settings.target!r} {settings.target} {caught.value}"
    assert password not in shown
    assert key not in shown
    assert settings.target.where == "localhost:5432/shop"


def test_a_sqlite_target_loads_no_postgresql_driver() -> None:
    program = "import sys, hangar_dal.settings as s; s.Settings(); sys.exit('psycopg' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_example_file_names_every_variable_and_changes_nothing() -> None:
    text = ENV_EXAMPLE.read_text(encoding="utf-8")
    lines = [line.partition("=") for line in text.splitlines() if line and not line.startswith("#")]
    assert [name for name, _, _ in lines] == [field.validation_alias for field in Settings.model_fields.values()]
    Path(".env").write_text(text, encoding="utf-8")
    assert Settings().model_dump() == Settings.model_construct().model_dump()


@pytest.mark.parametrize(
    "environment",
    [
        {"DATABASE_URL": "postgresql://ada:{}@db.example/shop"},
        {"DATABASE_URL": "postgresql://ada:{}@localhost:port/shop"},
        {"DATABASE_URL": "mysql://ada:{}@localhost/shop"},
        {"DATABASE_URL": "postgresql://ada:{}@localhost/shop", "HANGAR_POOL_SIZE": "0"},
        {"POSTGRES_PASSWORD": "{}"},
        {"POSTGRES_HOST": "db.example", "POSTGRES_USER": "ada", "POSTGRES_DB": "shop", "POSTGRES_PASSWORD": "{}"},
    ],
)
def test_a_refused_setting_leaves_no_password_in_a_traceback(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tools that report errors record the local variables of each frame."""
    password = token_hex()
    for name, value in environment.items():
        monkeypatch.setenv(name, value.format(password))
    with pytest.raises(SettingsError) as caught:
        Settings()
    assert of_drivers(caught.value) == []
    assert password not in texts_in_frames(caught.value)


def test_a_pipe_for_an_env_file_is_refused_and_not_waited_for() -> None:
    os.mkfifo(".env")
    assert ".env: a pipe" in refusal()


def test_a_large_env_file_is_not_read() -> None:
    Path(".env").touch()
    os.truncate(".env", 1 << 40)  # a terabyte, all of it a hole
    assert ".env: larger than" in refusal()


def test_a_folder_of_the_name_of_the_env_file_is_none() -> None:
    Path(".env").mkdir()
    assert Settings().url.get_secret_value() == DEFAULT_URL
