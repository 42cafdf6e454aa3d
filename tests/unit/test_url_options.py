"""Messages about a URL name the option or the variable that gave it, and no password."""

from pathlib import Path
from secrets import token_hex
from typing import Final

import pytest

from hangar_dal import cli
from tests.helpers.command_line import commands

OPTIONS: Final = ("--database", "--postgresql", "--throwaway")
FORMS: Final = ("nonsense{}", "mysql://anna:{}@localhost/shop", "postgresql://anna:x@{}@host/shop", "{}")
ARGUMENTS: Final = {"backup": ["copy.db"], "import": ["shop.db"], "new query": ["users.find_user"]}


def commands_with_urls() -> list[tuple[str, str]]:
    """All commands with each of their options that take a URL."""
    return [
        (name, option)
        for name, parser in commands().items()
        for option in OPTIONS
        if f"{option} " in parser.format_help()
    ]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("command", "option"), commands_with_urls())
def test_a_wrong_url_is_refused_by_the_name_of_its_option(
    command: str, option: str, form: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    password = token_hex() if form != "{}" else ""  # an empty variable of a shell
    monkeypatch.setenv("DATABASE_URL", "sqlite:///shop.db")
    assert cli.main([*command.split(), *ARGUMENTS.get(command, []), option, form.format(password)]) == 2
    message = capsys.readouterr().err
    assert message.startswith(f"error: {option}: ")
    assert "DATABASE_URL" not in message
    assert not password or password not in message
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.parametrize(
    ("source", "environment", "command"),
    [
        ("DATABASE_URL", {"DATABASE_URL": "nonsense{}"}, "migrations break-lock"),
        ("HANGAR_THROWAWAY_URL", {"HANGAR_THROWAWAY_URL": "nonsense{}"}, "check"),
        ("HANGAR_THROWAWAY_URL", {"HANGAR_THROWAWAY_URL": "sqlite:///{}.db"}, "explain"),
        (
            "HANGAR_THROWAWAY_URL",
            {"HANGAR_THROWAWAY_URL": "nonsense{}"},
            "schema --scratch --folder .",
        ),
        (
            "the POSTGRES_* variables",
            {
                "POSTGRES_HOST": "db.example",
                "POSTGRES_USER": "anna",
                "POSTGRES_PASSWORD": "{}",
                "POSTGRES_DB": "shop",
            },
            "migrations break-lock",
        ),
    ],
)
def test_a_wrong_url_is_refused_by_the_name_of_its_variable(
    source: str,
    environment: dict[str, str],
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    password = token_hex()
    for name, value in environment.items():
        monkeypatch.setenv(name, value.format(password))
    assert cli.main(command.split()) == 2
    message = capsys.readouterr().err
    assert message.startswith(f"error: {source}: ")
    assert password not in message


def test_a_wrong_url_of_the_settings_does_not_matter_if_an_option_gives_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "nonsense")
    arguments = ["migrations", "pending", "--catalog", "hangar_dal:OUTBOX", "--database", "sqlite:///shop.db"]
    assert cli.main(arguments) == 3
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "postgresql://anna:{}@localhost/shop"],
        ["check", "--databse", "postgresql://anna:x@{}@localhost/shop"],
        ["migrations", "postgresql://anna:{}@localhost/shop"],
        ["postgresql://localhost/shop?user=anna&password={}"],
    ],
)
def test_a_misplaced_url_is_refused_without_its_password(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    password = token_hex()
    with pytest.raises(SystemExit, match="2"):
        cli.main([each.format(password) for each in arguments])
    message = capsys.readouterr().err
    assert "localhost/shop" in message
    assert password not in message
