"""What a command shows while it works: on a terminal alone, only once one has waited, and gone in the end."""

import io
from contextlib import redirect_stderr
from pathlib import Path

import pytest

from hangar_dal import cli
from hangar_dal.cli import progress
from hangar_dal.cli.progress import Progress

GONE = "\r\033[K"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Watch:
    """A clock that stands until it is set."""

    time = 100.0

    def __call__(self) -> float:
        return self.time


def shown_on(stream: io.StringIO, *, after: float) -> str:
    """What is seen of two steps that come when the command has run for so many seconds."""
    watch = Watch()
    with redirect_stderr(stream):
        shown = Progress(watch)
        watch.time += after
        shown(0, 0, "migrating")
        shown(1, 2, "users.get_user")
        shown.clear()
    return stream.getvalue()


def test_who_has_not_waited_for_longer_than_a_second_sees_nothing() -> None:
    assert shown_on(Terminal(), after=1) == ""


def test_who_has_waited_sees_one_line_that_is_drawn_over_and_gone_in_the_end() -> None:
    assert shown_on(Terminal(), after=1.5) == f"{GONE}migrating{GONE}1/2 users.get_user{GONE}"


def test_what_is_no_terminal_is_told_nothing_however_long_it_takes() -> None:
    assert shown_on(io.StringIO(), after=1000) == ""


@pytest.mark.parametrize(
    ("arguments", "step"),
    [
        (["check", "--offline"], "users.get_user"),
        (["explain", "--sqlite-only"], "users.get_user"),
        (["migrations", "verify", "--sqlite-only", "--no-squawk"], "0001_users on sqlite"),
    ],
    ids=["check", "explain", "verify"],
)
def test_a_command_shows_its_steps_and_leaves_nothing_of_them(
    arguments: list[str], step: str, monkeypatch: pytest.MonkeyPatch, accounts_project: Path
) -> None:
    monkeypatch.setattr(progress, "_PATIENCE", -1)  # as if every step took long
    with redirect_stderr(Terminal()) as terminal:
        assert cli.main(arguments) == 0
    assert step in terminal.getvalue()
    assert terminal.getvalue().endswith(GONE)
