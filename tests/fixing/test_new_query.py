"""`hangar-dal new query`: what it writes, and what it refuses."""

import json
import re
from pathlib import Path

import pytest

from hangar_dal import cli
from tests.docs.documents import ROOT, blocks
from tests.fixing.project import GET, Application

FIND = """
-- name: find_guest_by_phone
SELECT
    id,
    name,
    email,
    phone_number
FROM guests
WHERE phone_number = :phone_number;
"""


@pytest.fixture
def application(tmp_path: Path) -> Application:
    return Application(tmp_path / "application")


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Application:
    """One for all that is refused."""
    return Application(tmp_path_factory.mktemp("untouched"))


def test_a_block_for_each_dialect_and_the_function(application: Application):
    done = application.run_alone("new", "query", "guests.find_guest_by_phone", "--returns", "Guest")
    assert done.returncode == 0, done.stderr
    assert application.sql("guests") == [GET + FIND, GET + FIND]
    module = application.read("parlour/guests.py")
    before, behind = module.split("@query\nasync def find_guest_by_phone")
    assert before.endswith('"""Return the guest with this id."""\n    ...\n\n\n')
    assert behind == (
        "(db: Executor, phone_number: str) -> Guest | None:\n"
        '    """Return the guest with this phone number; None if there is none."""\n    ...\n\n\n'
        'def greeting(guest: Guest) -> str:\n    """What to say."""\n    return f"Hello {guest.name}"\n'
    )
    assert done.stdout.splitlines()[-5:] == [
        "written: parlour/sql/sqlite/guests.sql",
        "written: parlour/sql/postgresql/guests.sql",
        "written: parlour/guests.py",
        "",
        "next: review the new code, then run `hangar-dal check`",
    ]


LIMIT = "limit: Annotated[int, Field(ge=1, le=1000)] = 50"


def declared(function: str, *parameters: str, returns: str) -> str:
    """The head of a function that is too long for one line."""
    return "\n".join([f"{function}(", *(f"    {each}," for each in parameters), f") -> {returns}:"])


# Each with the end of the statement, and the head of the function.
WRITTEN = {
    "guests.find_guest_by_email": (
        "FROM guests\nWHERE email_fold = :email_fold;",
        declared(
            "async def find_guest_by_email",
            "db: Executor",
            "email: Annotated[str, EmailAddress]",
            returns="Guest | None",
        ),
    ),
    "guests.get_guest_by_name": (
        "FROM guests\nWHERE name_fold = :name_fold;",
        declared(
            "async def get_guest_by_name", "db: Executor", "name: Annotated[str, CaseInsensitive]", returns="Guest"
        ),
    ),
    "guests.list_guests": (
        "FROM guests\nORDER BY id\nLIMIT :limit;",
        declared("async def list_guests", "db: Executor", "*", LIMIT, returns="list[Guest]"),
    ),
    "visits.find_visit": (
        "FROM visits\nWHERE id = :visit_id;",
        "async def find_visit(db: Executor, visit_id: UUID) -> Visit | None:",
    ),
    "visits.list_visits_by_guest_and_status": (
        "FROM visits\nWHERE\n    guest_id = :guest_id\n    AND status = :status\nORDER BY id\nLIMIT :limit;",
        declared(
            "async def list_visits_by_guest_and_status",
            "db: Executor",
            "*",
            "guest_id: UUID",
            "status: Status",
            LIMIT,
            returns="list[Visit]",
        ),
    ),
    "parlour.visits.stream_visits_by_status": (
        "FROM visits\nWHERE status = :status\nORDER BY id;",
        "def stream_visits_by_status(db: Executor, status: Status) -> Stream[Visit]:",
    ),
    "visits.delete_visit": (
        "DELETE FROM visits\nWHERE id = :visit_id;",
        "async def delete_visit(db: Executor, visit_id: UUID) -> RowCount:",
    ),
    "visits.count_visits_by_guest": (
        "SELECT count(*) AS visits\nFROM visits\nWHERE guest_id = :guest_id;",
        "async def count_visits_by_guest(db: Executor, guest_id: UUID) -> int:",
    ),
}


def returned(name: str) -> list[str]:
    function = name.rpartition(".")[2]
    if function.startswith(("count_", "delete_")):
        return []
    return ["--returns", "Guest" if "guest" in function.split("_")[1] else "Visit"]


def test_what_is_written_is_clean(application: Application, server: str):
    for name, (statement, function) in WRITTEN.items():
        done = application.run("new", "query", name, *returned(name))
        assert done.returncode == 0, done.stderr
        assert "to do" not in done.stdout
        *_, file, query = name.split(".")
        for sql in application.sql(file):
            assert sql.endswith(f"{statement}\n")
            assert f"-- name: {query}\n" in sql
        assert f"\n\n\n@query\n{function}\n" in application.read(f"parlour/{file}.py")
    checked = application.run("check", "--postgresql", server, "--json")
    assert json.loads(checked.stdout)["findings"] == []
    assert checked.returncode == 0
    for file in ("guests", "visits"):
        compile(application.read(f"parlour/{file}.py"), file, "exec")
    assert "from typing import Annotated\nfrom uuid import UUID\n" in application.read("parlour/guests.py")
    assert "from hangar_dal import CaseInsensitive, EmailAddress, Executor\n" in application.read("parlour/guests.py")


# What `check` then reports is said beforehand.
TO_DO = {
    "visits.find_visit_by_place": ("row-unkeyed", "several rows of visits may have the same place"),
    "visits.list_visits_by_place": ("scan", "no index of visits begins with place"),
    "visits.count_visits": ("scan", "write `-- scan: reason`"),
}


def test_what_is_left_to_do_is_said(application: Application, server: str):
    for name, (_, note) in TO_DO.items():
        assert note in application.run("new", "query", name, *returned(name)).stdout
    found = json.loads(application.run("check", "--postgresql", server, "--json").stdout)["findings"]
    assert {(name, rule) for name, (rule, _) in TO_DO.items()} <= {(each["query"], each["rule"]) for each in found}


def test_an_annotation_is_taken_as_it_is(application: Application):
    asked = ("--returns", "list[Guest]", "--where", "phone_number")
    assert application.run("new", "query", "guests.find_relatives", *asked).returncode == 0
    assert "async def find_relatives(" in application.read("parlour/guests.py")
    assert ") -> list[Guest]:" in application.read("parlour/guests.py")
    assert application.sql("guests")[0].endswith("WHERE phone_number = :phone_number\nORDER BY id\nLIMIT :limit;\n")


def test_a_delete_returns_all_rows_that_it_deletes(application: Application):
    done = application.run("new", "query", "visits.delete_visits_by_guest", "--returns", "list[Visit]")
    assert (done.returncode, "to do" in done.stdout) == (0, False)
    for sql in application.sql("visits"):
        assert sql.endswith(
            "WHERE guest_id = :guest_id\nRETURNING\n    id,\n    guest_id,\n    status,\n    visited_at,\n    note;\n"
        )
    module = application.read("parlour/visits.py")
    assert "async def delete_visits_by_guest(db: Executor, guest_id: UUID) -> list[Visit]:" in module


def test_the_argument_of_another_function_is_declared_alike(application: Application):
    declared = application.read("parlour/guests.py").replace("guest_id: UUID", "guest_id: GuestId")
    application.write("parlour/guests.py", declared.replace("\n\n\n@query", "\n\nGuestId = UUID\n\n\n@query", 1))
    assert application.run("new", "query", "guests.delete_guest").returncode == 0
    assert "async def delete_guest(db: Executor, guest_id: GuestId) -> RowCount:" in application.read(
        "parlour/guests.py"
    )


def test_a_diff_writes_nothing(application: Application):
    before = application.texts()
    done = application.run("new", "query", "guests.find_guest_by_phone", "--returns", "Guest", "--diff")
    assert (done.returncode, "+async def find_guest_by_phone" in done.stdout) == (0, True)
    assert application.texts() == before


def test_the_documentation_shows_what_is_written(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    page = ROOT / "docs" / "writing.md"
    asked = re.findall(r"^hangar-dal (new query .*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    shown = [block.text for block in blocks(page) if block.language in ("sql", "python")]
    assert (len(asked), len(shown)) == (1, 2)
    assert cli.main([*asked[0].split(), "--diff", "--catalog", "hangar_dal:ACCOUNTS"]) == 0
    written = [line.removeprefix("+") for line in capsys.readouterr().out.splitlines() if line.startswith("+")]
    assert set("".join(shown).splitlines()) - {"    ..."} <= set(written)


REFUSED = {
    "no module": (["find_guest"], "write the name as module.function"),
    "unknown module": (["rooms.find_room", "--returns", "Guest"], "no module of this name declares queries"),
    "another verb": (["guests.update_guest"], "the name must begin with find_, get_,"),
    "no subject": (["guests.find"], "the name must begin with find_, get_,"),
    "the function exists": (["guests.get_guest", "--returns", "Guest"], "guests.py already has this name"),
    "another function": (["guests.find_greeting", "--returns", "Nothing"], "no model of this name is imported"),
    "nothing is returned": (["guests.find_guest_by_phone"], "--returns User"),
    "no model": (["guests.find_guest_by_phone", "--returns", "str"], "pass a model"),
    "no annotation": (["guests.find_guest_by_phone", "--returns", "dict[str, Guest]"], "pass a model"),
    "unknown column": (["guests.find_guest_by_shoe", "--returns", "Guest"], "guests has no column shoe"),
    "unknown table": (["guests.find_guest", "--returns", "Guest", "--table", "rooms"], "there is no such table"),
    "a field without a column": (["guests.list_guests", "--returns", "GuestWithVisits"], "guests has no visits"),
    "the same with a table": (
        ["guests.list_guests", "--returns", "GuestWithVisits", "--table", "guests"],
        "guests has no column for GuestWithVisits.visits",
    ),
    "the number of rows of a SELECT": (["visits.find_visit", "--returns", "RowCount"], "pass a model"),
    "a count of models": (["visits.count_visits", "--returns", "Visit"], "count_ returns int; omit --returns"),
    "a keyword": (["visits.find_visit_by_class", "--returns", "Visit"], "no argument can be called class"),
    "the database's name": (["visits.find_visit_by_db", "--returns", "Visit"], "no argument can be called db"),
    "the limit's name": (["visits.find_visit_by_limit", "--returns", "Visit"], "no argument can be called limit"),
    "a sealed column": (["visits.find_visit_by_note", "--returns", "Visit"], "visits.note is sealed"),
    "which table": (["people.count_arrivals_by_id"], "several tables are possible; choose one with --table: guests"),
}


@pytest.mark.parametrize(("arguments", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_clear_is_refused_and_nothing_is_written(
    arguments: list[str], message: str, untouched: Application
):
    before = untouched.texts()
    done = untouched.run("new", "query", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert untouched.texts() == before


def test_a_block_that_exists_is_not_repeated(application: Application):
    application.write("parlour/sql/postgresql/guests.sql", GET + FIND)
    before = application.texts()
    done = application.run("new", "query", "guests.find_guest_by_phone", "--returns", "Guest")
    assert (done.returncode, "the block find_guest_by_phone exists already" in done.stderr) == (2, True)
    assert application.texts() == before


def test_nothing_is_written_beside_a_file_that_is_not_well_formed(application: Application):
    application.write("parlour/sql/sqlite/guests.sql", GET.replace(":guest_id", "?"))
    before = application.texts()
    done = application.run("new", "query", "guests.find_guest_by_phone", "--returns", "Guest")
    assert (done.returncode, "get_guest uses the placeholder ?" in done.stderr) == (2, True)
    assert application.texts() == before


def test_files_outside_of_the_project_are_not_edited(application: Application, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(application.folder)
    application.write("elsewhere/pyproject.toml", application.read("pyproject.toml").replace('"migrations"', '"."'))
    before = application.texts()
    asked = ("guests.find_guest_by_phone", "--returns", "Guest", "--project", "elsewhere/pyproject.toml")
    done = application.run("new", "query", *asked)
    assert (done.returncode, "is outside of" in done.stderr) == (2, True), done.stdout + done.stderr
    assert application.texts() == before
