"""A misspelt variable of the package is refused. A variable of the application with the same prefix is not."""

import traceback
from pathlib import Path
from secrets import token_hex

import pytest

from hangar_dal.errors import SettingsError
from hangar_dal.near_variables import misspelt
from hangar_dal.settings import Settings


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("HANGAR_POOLSIZE", "HANGAR_POOL_SIZE"),
        ("HANGAR_POOL_SZIE", "HANGAR_POOL_SIZE"),
        ("HANGER_POOL_SIZE", "HANGAR_POOL_SIZE"),
        ("HANGAR_DAL_POOL_SIZE", "HANGAR_POOL_SIZE"),
        ("hangar_pool_size", "HANGAR_POOL_SIZE"),
        ("HANGAR_SIZE_POOL", "HANGAR_POOL_SIZE"),
        ("HANGAR_STATMENT_TIMOUT", "HANGAR_STATEMENT_TIMEOUT"),
        ("HANGAR_SEALING_KEY", "HANGAR_SEALING_KEYS"),
        ("HANGAR_SEALING_KEYFILE", "HANGAR_SEALING_KEY_FILE"),
        ("HANGAR_SQLITE_READER", "HANGAR_SQLITE_READERS"),
        ("HANGAR_TSET_PG", "HANGAR_TEST_PG"),
    ],
)
@pytest.mark.parametrize("place", ["environment", ".env"])
def test_a_misspelt_variable_is_refused_with_the_name_that_is_meant(
    name: str, meant: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = token_hex()
    if place == "environment":
        monkeypatch.setenv(name, secret)
    else:
        Path(".env").write_text(f"{name}={secret}\n")
    with pytest.raises(SettingsError) as caught:
        Settings()
    shown = "".join(traceback.format_exception(caught.value))
    assert f"{name}: this package has no such variable" in shown
    assert f"write {meant}," in shown
    assert secret not in shown


@pytest.mark.parametrize(
    "name",
    [
        *(
            "HANGAR",
            "HANGAR_",
            "HANGAR_REGION",
            "HANGAR_API_KEY",
            "HANGAR_URL",
            "HANGAR_DATABASE_URL",
            "HANGAR_TIMEOUT",
        ),
        *("HANGAR_TEST_DB", "HANGAR_TEST_PGBOUNCER", "HANGAR_POOL", "HANGAR_POOL_SIZE_MAX", "HANGAR_CLOCK_TIMEOUT"),
        *("HANGAR_LOGIN_TIMEOUT", "HANGAR_CONTENT_TIMEOUT", "HANGAR_CLIENT_TIMEOUT", "HANGAR_BAY_URL", "HANGOUT_SIZE"),
        *("HANGAR_TCP_KEEPALIVE_INTERVAL", "HANGAR_SLOW_STARTUP", "HANGAR_KEYS", "HANGAR_SEALING_SECRET"),
    ],
)
def test_a_variable_of_the_application_is_not_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")
    assert Settings().pool_size == 10


def test_no_variable_of_the_package_is_near_another_one() -> None:
    names = {str(field.validation_alias) for field in Settings.model_fields.values()}
    for name in names:
        assert list(misspelt([name], names - {name})) == []
