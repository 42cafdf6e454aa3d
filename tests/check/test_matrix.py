"""Which of schema and code is deployed first, as an application's second migration decides it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hangar_dal import ACCOUNTS, Catalog, Executor, cli
from hangar_dal.check.project.project import Project
from hangar_dal.check.rollout.history import Stage
from hangar_dal.check.rollout.matrix import Matrix, matrix
from hangar_dal.check.statement_info import SentAs
from hangar_dal.cli import matrix as of_command
from hangar_dal.errors import CatalogError, SettingsError
from hangar_dal.sqlblock import Variant
from tests.migrations.everything import EVERYTHING

ITEMS = "CREATE TABLE items (id bigint NOT NULL PRIMARY KEY, name text NOT NULL, note text);"
VIEW = "CREATE VIEW notes AS SELECT id, note FROM items;"
QUERIES = """\
-- name: add_item
INSERT INTO items (id, name) VALUES (:item_id, :name);

-- name: find_text
{comment}SELECT {column} FROM {table} WHERE id = :item_id;
"""

Deploy = Callable[..., Matrix]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Project]:
    """An application whose migrations are these; what is meant for SQLite alone is said apart."""

    def run(
        *migrations: str, column: str = "name", table: str = "items", comment: str = "", sqlite: str = ""
    ) -> Project:
        queries = QUERIES.format(column=column, table=table, comment=comment)
        folder = tmp_path / "migrations"
        for dialect in ("sqlite", "postgresql"):
            (folder / dialect).mkdir(parents=True)
            (tmp_path / "sql" / dialect).mkdir(parents=True)
            (tmp_path / "sql" / dialect / "test_matrix.sql").write_text(queries)
            for number, text in enumerate((ITEMS, *migrations), 1):
                shutil.copy(ACCOUNTS.migrations / "0001_users.py", folder / f"100{number}_step.py")
                last = sqlite if dialect == "sqlite" and number > len(migrations) else ""
                (folder / dialect / f"100{number}_step.sql").write_text(last or text)
                (folder / dialect / f"100{number}_step.rollback.sql").write_text("SELECT 1;")
        return Project((catalog(tmp_path / "sql"),), (folder,))

    return run


@pytest.fixture
def deploy(write: Callable[..., Project], server: str) -> Deploy:
    def run(*migrations: str, since: str | None = None, **options: str) -> Matrix:
        return matrix(write(*migrations, **options), postgresql=server, since=since)

    return run


def catalog(sql: Path) -> Catalog:
    made = Catalog("store", sql=sql)

    @made.query
    async def add_item(db: Executor, item_id: int, name: str) -> None: ...

    @made.query
    async def find_text(db: Executor, item_id: int) -> str | None: ...

    return made


ADD = "ALTER TABLE items ADD COLUMN label text;"
DROP = "ALTER TABLE items DROP COLUMN note;"
RENAME = "ALTER TABLE items RENAME COLUMN note TO label;"
REQUIRED = f"DROP TABLE items; {ITEMS.replace('note text', 'note text, size bigint NOT NULL')}"
NEEDED = "this code needs it: test_matrix.find_text"
GOES = "older code may break: column items.note is removed"


@pytest.mark.parametrize(
    ("migration", "column", "order", "reasons"),
    [
        (ADD, "label", "schema first", [NEEDED]),
        (ADD, "name", "either", []),
        ("CREATE INDEX idx_items_name ON items (name);", "name", "either", []),
        (DROP, "name", "code first", [GOES]),
        (DROP, "note", "code first", ["this code breaks by it: test_matrix.find_text", GOES]),
        (RENAME, "label", "neither", [NEEDED, GOES]),
        (
            REQUIRED,
            "name",
            "code first",
            [
                "this code breaks by it: test_matrix.add_item",
                "older code may break: column items.size is new, NOT NULL, and has no default",
            ],
        ),
    ],
    ids=[
        "a column that is used",
        "a column that is not",
        "an index",
        "a column that was used",
        "a column that still is",
        "another name",
        "a column to be given",
    ],
)
def test_the_newest_migration_decides(
    deploy: Deploy, migration: str, column: str, order: str, reasons: list[str]
) -> None:
    found = deploy(migration, column=column).verdict
    assert (found.migration, found.order, list(found.reasons)) == ("1002_step", order, reasons)


def test_each_query_is_told_after_each_migration(deploy: Deploy) -> None:
    found = deploy(ADD, "ALTER TABLE items DROP COLUMN label;", column="label")
    assert [state.migration for state in found.states] == ["", "1001_step", "1002_step", "1003_step"]
    assert [sorted({query for query, _ in state.breaks}) for state in found.states] == [
        ["test_matrix.add_item", "test_matrix.find_text"],
        ["test_matrix.find_text"],
        [],
        ["test_matrix.find_text"],
    ]
    assert found.states[1].why("test_matrix.find_text") == {
        "sqlite": "sqlite refuses the statement: no such column: label",
        "postgresql": 'postgresql refuses the statement: column "label" does not exist',
    }


@pytest.mark.parametrize(
    ("migration", "sqlite", "dialect"), [(DROP, "SELECT 1;", "postgresql"), ("SELECT 1;", DROP, "sqlite")]
)
def test_one_database_alone_may_break(deploy: Deploy, migration: str, sqlite: str, dialect: str) -> None:
    found = deploy(migration, sqlite=sqlite, column="note")
    assert list(found.states[-1].why("test_matrix.find_text")) == [dialect]
    assert GOES in found.verdict.reasons


def test_a_type_that_sqlite_does_not_know_is_that_of_its_twin_at_the_time(deploy: Deploy) -> None:
    to_number = "ALTER TABLE items ALTER COLUMN name TYPE bigint USING 0;"
    found = deploy(to_number, sqlite="SELECT 1;", column="note")
    assert [sorted(state.why("test_matrix.add_item")) for state in found.states[1:]] == [[], ["postgresql", "sqlite"]]


def test_a_warning_breaks_nothing(deploy: Deploy) -> None:
    assert deploy(ADD, comment="-- not null: name: the table says so too\n").states[-1].breaks == {}


def test_what_is_broken_anyway_says_nothing_about_the_migration(deploy: Deploy) -> None:
    found = deploy(ADD, column="nothing")
    assert found.states[-1].why("test_matrix.find_text")
    assert (found.verdict.order, found.verdict.reasons) == ("either", ())


def test_what_several_migrations_do_is_one_step_for_who_deploys_them_together(deploy: Deploy) -> None:
    found = deploy(RENAME, "CREATE INDEX idx_items_name ON items (name);", column="label", since="1001_step")
    assert (found.verdict.migration, found.verdict.order) == ("1002_step to 1003_step", "neither")


@pytest.mark.parametrize("since", ["1002_step", "1009_step", ""])
def test_there_must_be_something_to_deploy(deploy: Deploy, since: str) -> None:
    with pytest.raises(SettingsError, match=r"choose one of 1001_step$"):
        deploy(ADD, since=since)


def test_a_first_migration_has_none_before_it(deploy: Deploy) -> None:
    with pytest.raises(SettingsError, match=r"the project has no such migration, so leave out --since$"):
        deploy(since="1001_step")


def test_a_view_may_change_and_no_table(deploy: Deploy) -> None:
    again = f"DROP VIEW notes; {VIEW.replace('note FROM', 'name FROM')}"
    found = deploy(VIEW, again, column="note", table="notes")
    assert [bool(state.why("test_matrix.find_text")) for state in found.states] == [True, True, False, True]
    assert found.verdict.order == "code first"


def test_only_what_may_have_changed_is_asked_again(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []
    real = Stage.ask

    def ask(stage: Stage, variant: Variant, sent: tuple[SentAs, ...] = ()):
        asked.append((stage.dialect, stage.migration))
        return real(stage, variant, sent)

    monkeypatch.setattr(Stage, "ask", ask)
    found = deploy("CREATE TABLE others (id bigint NOT NULL PRIMARY KEY);", column="nothing")
    assert {migration for _, migration in asked} == {"", "1001_step"}
    assert found.states[-1].breaks == found.states[-2].breaks != {}


def test_what_needs_no_database_is_found_before(deploy: Deploy) -> None:
    with pytest.raises(CatalogError, match="list the columns"):
        deploy(ADD, column="*")


@pytest.mark.long  # the example application tells the same of fewer queries (tests/examples/test_shop.py)
def test_the_package_itself_tells_each_query(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "--matrix", "--catalog", "hangar_dal:ACCOUNTS", "--postgresql", server, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"]["migration"] == EVERYTHING[-1]
    assert told["queries"]["users.get_user"].keys().isdisjoint(EVERYTHING[-2:])
    assert list(told["queries"]["session_cookies.get_session_cookie"]) == ["0001_users"]


@pytest.mark.parametrize(
    ("migration", "column", "code", "order", "advice"),
    [
        (ADD, "label", 0, "schema first", "deploy the schema first"),
        (DROP, "name", 0, "code first", "deploy the code first"),
        (ADD, "name", 0, "either", "either may be deployed first"),
        (RENAME, "label", 1, "neither", "neither may be deployed first: split the change"),
    ],
    ids=["schema first", "code first", "either", "neither"],
)
def test_only_a_change_that_must_be_split_fails(
    write: Callable[..., Project],
    server: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    migration: str,
    column: str,
    code: int,
    order: str,
    advice: str,
) -> None:
    project = write(migration, column=column)
    monkeypatch.setattr(of_command, "chosen_project", lambda _: project)  # its catalog has no module to be named by
    command = ["check", "--matrix", "--postgresql", server]
    assert cli.main(command) == code
    assert f"\n1002_step: {advice}\n" in capsys.readouterr().out
    assert cli.main([*command, "--json"]) == code
    assert json.loads(capsys.readouterr().out)["verdict"]["order"] == order


def test_the_table_tells_where_a_query_breaks_and_why(
    write: Callable[..., Project], server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = write(DROP, sqlite="SELECT 1;", column="note")
    monkeypatch.setattr(of_command, "chosen_project", lambda _: project)
    assert cli.main(["check", "--matrix", "--postgresql", server]) == 0
    told = capsys.readouterr().out.partition("\n\n")[2].splitlines()
    assert [line.split() for line in told[:3]] == [
        ["1001", "1002"],
        ["test_matrix.add_item", "holds", "holds"],
        ["test_matrix.find_text", "holds", "postgresql"],
    ]
    assert told[3:5] == ["", "after 1002_step:"]
    assert told[5].startswith("  test_matrix.find_text  postgresql refuses the statement: ")
    assert told[6:] == [
        "",
        "1002_step: deploy the code first",
        "  this code breaks by it: test_matrix.find_text",
        f"  {GOES}",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "pass --postgresql URL, or set DATABASE_URL"),
        (["--format", "sarif"], "can only be shown with --format table or"),
    ],
)
def test_what_cannot_be_shown_has_an_exit_code_of_its_own(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", "--matrix", *arguments]) == 2
    assert message in capsys.readouterr().err
