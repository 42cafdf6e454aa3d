"""`hangar-dal keys` in a shell: what it says after each step of a rotation, its exit codes, and its end by SIGKILL."""
# ruff: noqa: ASYNC240 - no other task waits here

import asyncio
import io
import re
from asyncio.subprocess import DEVNULL
from contextlib import redirect_stderr
from pathlib import Path

import pytest

from hangar_dal import Database, Settings, builders, cli, open_database, security_events, session_cookies, users
from hangar_dal.cli import progress
from hangar_dal.sealing import new_key
from tests import shop
from tests.rekeying.conftest import KEYS, Command, Sql, id_of, write_letters
from tests.shop import letters


def counted(said: str) -> list[str]:
    return [line.strip() for line in said.splitlines()]


async def test_a_rotation_step_by_step(
    before: Database, database_url: str, old: str, new: str, command: Command
) -> None:
    ada = await users.insert_user(before, builders.user(), hashed_password="x")
    cookie = await session_cookies.create_session_cookie(before, builders.session_cookie(ada.id))
    written = await write_letters(before, 3)
    code, said = command("status", HANGAR_SEALING_KEYS=old)
    assert code == 0
    for column, count in (("letters.hint", 3), ("letters.secret", 3), ("session_cookies.cookies", 1)):
        told = f"{column}: {count} values"
        lines = counted(said)
        assert lines[lines.index(told) :][:2] == [told, f"{id_of(old)} (seals): {count}"]
    code, said = command("status")
    assert code == 3
    assert f"{id_of(old)}: 7 values are sealed with it. Run `hangar-dal keys rotate`" in said
    code, said = command("status", HANGAR_SEALING_KEYS=new)
    assert code == 1
    assert f"  {id_of(old)} (not configured): 3" in said
    assert f"{id_of(old)}: not configured, so 7 values cannot be opened." in said
    code, said = command("rotate")
    assert code == 0, said
    assert f"letters.secret: 3 values sealed again with {id_of(new)}" in said
    assert f"session_cookies.cookies: 1 values sealed again with {id_of(new)}" in said
    removable = f"{id_of(old)}: no value is sealed with it. Remove it when every process seals with {id_of(new)}."
    assert removable in said
    code, said = command("status")
    assert (code, removable in said) == (0, True)
    assert [event.kind for event in await security_events.list_security_events(before)] == ["KEYS_ROTATED"]
    code, said = command("status", HANGAR_SEALING_KEYS=new)
    assert (code, id_of(old) in said) == (0, False)
    settings = Settings(database_url=database_url, sealing_keys=new)
    async with open_database(settings, catalog=shop.CATALOG) as db:
        assert await session_cookies.get_session_cookie(db, cookie.id) == cookie
        assert sorted(await letters.list_letters(db), key=str) == sorted(written, key=str)


async def test_values_that_do_not_open_are_listed_and_the_others_are_sealed_again(
    before: Database, new: str, old: str, command: Command, sql: Sql
) -> None:
    moved, _ = await write_letters(before, 2)
    await letters.move_letter(before, moved.id, "a secret place")
    await sql("UPDATE letters SET hint = 'a secret hint' WHERE place = 'place 1'")
    code, said = command("rotate")
    assert code == 1
    assert f"not opened: letters.secret, id {moved.id}: the stored text does not open with key {id_of(old)}" in said
    assert f"letters.secret: 1 values sealed again with {id_of(new)}" in said
    assert "1 values are not sealed." in said
    assert f"{id_of(old)}: 1 values are sealed with it." in said
    assert "a secret" not in said
    for entry in (new, old):
        assert entry.partition(":")[2] not in said


async def test_a_key_that_does_not_open_its_values_is_named_by_column_and_row(
    before: Database, old: str, new: str, command: Command
) -> None:
    first, *_ = sorted(await write_letters(before, 3), key=lambda letter: letter.id)
    other = f"{id_of(old)}:{new.partition(':')[2]}"
    for keys, what in ((f"{new},{other}", "status"), (other, "status"), (other, "rotate")):
        code, said = command(what, HANGAR_SEALING_KEYS=keys)
        assert code == 1
        for column in ("hint", "secret"):
            told = f"not opened: letters.{column}, id {first.id}: the stored text does not open with key {id_of(old)}"
            assert said.count(told) == 1, said


async def test_a_column_that_is_left_out_keeps_old_keys(before: Database, old: str, command: Command, sql: Sql) -> None:
    await sql("ALTER TABLE letters RENAME COLUMN hint TO other")
    await sql("ALTER TABLE letters RENAME COLUMN place TO site")
    code, said = command("status")
    assert code == 1
    assert "left out: letters.hint: the table has no such column" in said
    assert "left out: letters.secret: it is bound to place, and the table has no such column" in said
    assert f"{id_of(old)}: keep it. No value above is sealed with it, but columns were left out." in said
    await sql("DROP TABLE letters")
    await sql("CREATE TABLE letters (id text, place text, secret text, hint text)")
    assert "left out: letters.hint: the table has no primary key" in command("rotate")[1]
    await sql("DROP TABLE letters")
    assert "left out: letters.hint: the database has no such table" in command("status")[1]


async def test_no_event_is_left_if_the_accounts_are_not_among_the_catalogs(
    before: Database, new: str, process: Command
) -> None:
    Path("notes.py").write_text("from hangar_dal import Catalog\n\nCATALOG = Catalog('notes', sql='sql')\n")
    code, said = process("rotate", "--catalog", "notes:CATALOG", named=())
    assert (code, said) == (0, "No query of the catalogs has a sealed value.\n")
    assert await security_events.list_security_events(before) == []


async def test_a_function_gives_the_keys(before: Database, old: str, new: str, process: Command) -> None:
    await write_letters(before, 1)
    Path("kms.py").write_text(f"def load():\n    return '{new},{old}'\n\n\nnothing = 1\n")
    assert process("rotate", "--keys", "kms:load", HANGAR_SEALING_KEYS=new_key())[0] == 0
    assert process("status", HANGAR_SEALING_KEYS=new)[0] == 0
    for wrong in ("kms:nothing", "kms:none", "kms"):
        code, said = process("status", "--keys", wrong)
        assert (code, f"--keys: {wrong} is not a function" in said) == (2, True)
    Path("pyproject.toml").touch()
    code, said = process("status", named=())
    assert (code, said.startswith("error: no catalog is named")) == (2, True)


async def test_the_progress_is_a_bar_on_a_terminal_and_cleared(
    before: Database, database_url: str, old: str, new: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    await write_letters(before, 3)
    monkeypatch.setattr(progress, "_PATIENCE", -1)  # as if every step took long
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("HANGAR_SEALING_KEYS", f"{new},{old}")
    monkeypatch.setattr("hangar_dal.rekeying.rotating.PAGE", 2)
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    with redirect_stderr(Terminal()) as terminal:
        assert await asyncio.to_thread(cli.main, ["keys", "rotate", "--project", str(project)]) == 0
    assert "3/3 [####################] 100 % letters.secret" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\033[K")


async def test_eight_processes_that_rotate_at_once_do_not_disturb_each_other(
    before: Database, after: Database, new: str, process: Command
) -> None:
    written = await write_letters(before, 200)
    running = [asyncio.create_task(asyncio.to_thread(process, "rotate")) for _ in range(8)]
    for letter in written[:20]:
        assert await letters.replace_secret(after, letter.id, letter.place, {"by": "the application"}) == 1
    answers = await asyncio.gather(*running)
    assert {code for code, _ in answers} == {0}, answers
    hints = [int(number) for _, said in answers for number in re.findall(r"letters.hint: (\d+) values sealed", said)]
    assert (len(hints), sum(hints)) == (8, 200), "each value was replaced once"
    found = {letter.id: letter for letter in await letters.list_letters(after)}
    assert [found[letter.id].secret for letter in written[:20]] == [{"by": "the application"}] * 20
    assert [found[letter.id] for letter in written[20:]] == written[20:]


async def kill_and_go_on(
    before: Database, rows: int, old: str, environment: dict[str, str], project: Path, command: Command, sql: Sql
) -> None:
    """Kill a rotation in the middle, while the application writes, and run it again."""
    written = await write_letters(before, rows)
    left = f"SELECT count(*) FROM letters WHERE secret LIKE 'v1.{id_of(old)}.%'"
    process = await asyncio.create_subprocess_exec(
        *KEYS, "rotate", "--project", str(project), env=environment, stdout=DEVNULL
    )
    while (await sql(left))[0][0] == rows and process.returncode is None:
        pass
    process.kill()
    await process.wait()
    [[unfinished]] = await sql(left)
    assert 0 < unfinished < rows, "the run was not killed in the middle"
    changed = written[rows // 2]
    assert await letters.replace_secret(before, changed.id, changed.place, {"changed": 1}) == 1
    code, said = command("rotate")
    assert code == 0, said
    assert "not opened" not in said
    assert (await sql(left))[0][0] == 0


async def test_a_rotation_that_is_killed_is_started_again_and_ends_the_work(
    before: Database, after: Database, old: str,
    environment: dict[str, str], project: Path, command: Command, sql: Sql,
) -> None:  # fmt: skip
    await kill_and_go_on(before, 400, old, environment, project, command, sql)
    assert sum("changed" in letter.secret for letter in await letters.list_letters(after)) == 1


@pytest.mark.long
async def test_rotations_that_are_killed_many_times_end_the_work(
    before: Database, after: Database, old: str,
    environment: dict[str, str], project: Path, command: Command, sql: Sql,
) -> None:  # fmt: skip
    for _ in range(10):
        await kill_and_go_on(before, 1_000, old, environment, project, command, sql)
        assert sum("changed" in letter.secret for letter in await letters.list_letters(after)) == 1
        await sql("DELETE FROM letters")
