"""What is read from end to end, on tables that look large, on both databases; and what would spare it."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from hangar_dal import ACCOUNTS, sqlfile
from hangar_dal.check.databases.live import LiveDatabase, live_postgresql, live_sqlite
from hangar_dal.check.project.project import Project
from hangar_dal.check.query_plans.model import QueryPlan, Step, scans_of
from hangar_dal.check.statement_info import SentAs
from hangar_dal.sqlblock import Variant
from tests.conftest import BACKENDS

PROJECT = Project((), (ACCOUNTS.migrations, Path(__file__).parent / "plans_store" / "migrations"))
# What PostgreSQL leaves out of a type's text, and SQLite has no need of.
INDEX = {"sqlite": "CREATE INDEX ", "postgresql": "CREATE INDEX CONCURRENTLY "}

BY_INDEX = {
    "a key": "SELECT body FROM notes WHERE id = :id",
    "several keys at once": "SELECT body FROM notes WHERE id IN (:one, :other)",
    "either of two keys": "SELECT n.body FROM notes AS n WHERE n.id = :id OR n.created_at = :at",
    "a page in the order of an index": "SELECT id FROM notes ORDER BY created_at DESC, id DESC LIMIT :limit",
    "a page deep down": "SELECT id FROM notes WHERE (created_at, id) < (:at, :id) ORDER BY created_at, id LIMIT :limit",
    "a page that is sorted after it was found": "SELECT id FROM notes WHERE kind = :kind ORDER BY body, id LIMIT :n",
    "a page of what most rows are": "SELECT id FROM notes WHERE body <> '' ORDER BY created_at, id LIMIT 10",
    "a page of what a range leaves": "SELECT id FROM notes WHERE body > :body ORDER BY created_at, id LIMIT 10",
    "a page of what the statement itself names": "SELECT id FROM notes WHERE body = '' ORDER BY created_at, id LIMIT 9",
    "the first groups in the order of an index": """
        SELECT created_at, count(*) FROM notes GROUP BY created_at ORDER BY created_at LIMIT 10
    """,
    "a range that holds many": "SELECT body FROM notes WHERE created_at <= :at",
    "a status that many have": "SELECT kind, body FROM notes WHERE kind = 'NOTE'",
    "a count of some": "SELECT count(*) FROM notes WHERE kind = :kind",
    "the last": "SELECT max(created_at) FROM notes",
    "whether there are any": "SELECT EXISTS (SELECT 1 FROM notes)",
    "a part of the table with an index of its own": "SELECT id FROM notes WHERE is_open AND place > 0",
    "all of a part of the table": "SELECT place FROM notes WHERE is_open ORDER BY place",
    "a join by a key": """
        SELECT u.display_name FROM notes AS n INNER JOIN users AS u ON u.id = n.owner_id WHERE n.created_at < :at
    """,
    "a subquery for each row of a page": """
        SELECT u.id, (SELECT count(*) FROM notes AS n WHERE n.owner_id = u.id) FROM users AS u
        ORDER BY u.created_at, u.id LIMIT :limit
    """,
    "a page of those that have some": """
        SELECT u.id FROM users AS u WHERE EXISTS (SELECT 1 FROM notes AS n WHERE n.owner_id = u.id)
        ORDER BY u.created_at, u.id LIMIT :limit
    """,
    "a change by a key": "UPDATE notes SET body = :body WHERE id = :id",
    "a removal of a range": "DELETE FROM notes WHERE created_at < :at",
    "a new row": "INSERT INTO colours (name, place) VALUES (:name, 1)",
    "a new row or the old one": "INSERT INTO colours (name, place) VALUES (:name, 1) ON CONFLICT (name) DO NOTHING",
    "a page of a view": "SELECT id, body FROM bodies ORDER BY id LIMIT :limit",
    "a view by a key": "SELECT body FROM bodies WHERE id = :id",
    "what is no table": "WITH few (n) AS (SELECT 1) SELECT n FROM few ORDER BY n",
}
WHOLE = {
    "a count of all": ("SELECT count(*) FROM notes", "notes", []),
    "all in an order": ("SELECT id FROM notes ORDER BY created_at, id", "notes", []),
    "a filter without an index": (
        "SELECT id FROM notes WHERE body = :body",
        "notes",
        ["idx_notes_body ON notes (body)"],
    ),
    "two filters": (
        "SELECT n.id FROM notes AS n WHERE n.body = :body AND n.is_open = :is_open AND n.created_at > n.created_at",
        "notes",
        ["idx_notes_body_is_open ON notes (body, is_open)"],
    ),
    "either of two": (
        "SELECT id FROM notes WHERE (body = :body OR place = :place)",
        "notes",
        ["idx_notes_body ON notes (body)", "idx_notes_place ON notes (place)"],
    ),
    "a range without an index": ("SELECT id FROM notes WHERE body >= :b", "notes", ["idx_notes_body ON notes (body)"]),
    "what is made of a column": (
        "SELECT n.id FROM notes AS n WHERE upper(n.body) = upper(:body)",
        "notes",
        ["idx_notes_upper_body ON notes ((upper(body)))"],
    ),
    "the second column of an index": (
        "SELECT body FROM notes WHERE author_id = :author_id",
        "notes",
        ["idx_notes_author_id ON notes (author_id)"],
    ),
    "a page in no index's order": (
        "SELECT id FROM notes ORDER BY body DESC, id DESC LIMIT :limit",
        "notes",
        ["idx_notes_body_id ON notes (body, id)"],
    ),
    "a page of a range in no index's order": (
        "SELECT id FROM notes WHERE body > :body ORDER BY place, id LIMIT :limit",
        "notes",
        ["idx_notes_place_id ON notes (place, id)"],
    ),
    "a join of all": (
        "SELECT n.id FROM notes AS n INNER JOIN users AS u ON u.id = n.owner_id ORDER BY n.id",
        "notes",
        [],
    ),
    "a join of all by an index that is there": (
        "SELECT n.id FROM notes AS n INNER JOIN notes AS o ON o.kind = n.kind ORDER BY n.id",
        "notes",
        [],
    ),
    "a page in two directions": (
        "SELECT id FROM notes WHERE body = :body ORDER BY place DESC, id LIMIT :limit",
        "notes",
        ["idx_notes_body_place_id ON notes (body, place DESC, id)"],
    ),
    "a page of what few rows may be": (
        "SELECT id FROM notes WHERE body = :body ORDER BY created_at, id LIMIT :limit",
        "notes",
        ["idx_notes_body_created_at_id ON notes (body, created_at, id)"],
    ),
    "a LIMIT of groups": (
        "SELECT body, count(*) FROM notes GROUP BY body ORDER BY body LIMIT 10",
        "notes",
        ["idx_notes_body ON notes (body)"],
    ),
    "the last of few": (
        "SELECT max(created_at) FROM notes WHERE body = :body",
        "notes",
        ["idx_notes_body ON notes (body)"],
    ),
    "a LIMIT over an aggregate": ("SELECT count(*) FROM notes LIMIT 1", "notes", []),
    "a join without an index": (
        "SELECT n.id FROM users AS u INNER JOIN notes AS n ON n.place = u.eve_character_id WHERE u.id = :id",
        "notes",
        ["idx_notes_place ON notes (place)"],
    ),
    "a join without an index behind the first rows": (
        """
        SELECT u.id FROM users AS u LEFT JOIN notes AS n ON n.place = u.eve_character_id
        ORDER BY u.created_at, u.id LIMIT 10
        """,
        "notes",
        ["idx_notes_place ON notes (place)"],
    ),
    "a subquery without an index": (
        """
        SELECT u.id, (SELECT count(*) FROM notes AS n WHERE n.author_id = u.id) FROM users AS u
        ORDER BY u.created_at, u.id LIMIT :limit
        """,
        "notes",
        ["idx_notes_author_id ON notes (author_id)"],
    ),
    "a part of the statement": (
        "WITH few AS (SELECT id FROM notes WHERE body = :body) SELECT count(*) FROM few",
        "notes",
        ["idx_notes_body ON notes (body)"],
    ),
    "whether there is one of them": (
        "SELECT EXISTS (SELECT 1 FROM notes WHERE body = :body)",
        "notes",
        ["idx_notes_body ON notes (body)"],
    ),
    "a change": ("UPDATE notes SET place = 1 WHERE body = :body", "notes", ["idx_notes_body ON notes (body)"]),
    "a removal": ("DELETE FROM notes WHERE body = :body", "notes", ["idx_notes_body ON notes (body)"]),
    "what is written elsewhere": (
        "INSERT INTO colours (name, place) SELECT body, 1 FROM notes WHERE body = :body",
        "notes",
        ["idx_notes_body ON notes (body)"],
    ),
    "a view": ("SELECT id FROM bodies WHERE body = :body", "notes", []),
    "a page of few of a view": ("SELECT id FROM bodies WHERE body = :body ORDER BY id LIMIT :limit", "notes", []),
    "a table that is its own index": ("SELECT name FROM colours WHERE place = 1 ORDER BY name", "colours", None),
}


@pytest.fixture(scope="module", params=BACKENDS)
def live(request: pytest.FixtureRequest) -> Iterator[LiveDatabase]:
    """Each database in turn, with the tables of `plans_store`."""
    with ExitStack() as opened, pytest.MonkeyPatch.context() as patch:
        if request.param == "sqlite":
            yield opened.enter_context(live_sqlite(PROJECT))
            return
        server = request.getfixturevalue("postgres_server")
        if server.needs_permission:
            patch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
        yield opened.enter_context(live_postgresql(PROJECT, server.url("postgres")))


def statement(live: LiveDatabase, text: str) -> Variant:
    file = sqlfile.parse(f"-- name: it\n{text.strip()};", path="it.sql", dialect=live.dialect)
    assert file.findings == []
    return file.blocks["it"].all_lines


def plan(live: LiveDatabase, text: str) -> QueryPlan:
    found = live.planner.explain(statement(live, text))
    assert found is not None
    return found


@pytest.mark.parametrize("text", BY_INDEX.values(), ids=BY_INDEX)
def test_what_an_index_serves_is_no_scan(live: LiveDatabase, text: str) -> None:
    info = live.ask(statement(live, text))
    assert info.refusal is None
    assert info.scans == (), plan(live, text).steps


@pytest.mark.parametrize(("text", "table", "indexes"), WHOLE.values(), ids=WHOLE)
def test_what_no_index_serves_is_a_scan_and_the_index_is_named(
    live: LiveDatabase, text: str, table: str, indexes: list[str] | None
) -> None:
    info = live.ask(statement(live, text))
    assert info.refusal is None
    assert [scan.table for scan in info.scans] == [table], plan(live, text).steps
    if indexes is not None:
        assert list(info.scans[0].indexes) == [INDEX[live.dialect] + index for index in indexes]


def test_what_the_planner_avoids_by_itself_is_no_scan(live: LiveDatabase) -> None:
    it = statement(live, "SELECT id FROM notes WHERE id = :id")

    class Odd:
        """Reads the whole table only if it has to use an index."""

        def explain(self, variant: Variant, sent: Sequence[SentAs] = (), *, by_index: bool = False) -> QueryPlan | None:
            return QueryPlan((Step("SCAN", 0, "notes", None, by_index),))

    assert scans_of(Odd(), it, live.tables, {}) == ()


def test_a_statement_that_is_refused_has_no_plan(live: LiveDatabase) -> None:
    refused = statement(live, "SELECT nothing FROM notes")
    assert live.planner.explain(refused) is None
    assert live.ask(refused).scans == ()
    assert live.planner.explain(statement(live, "SELECT id FROM notes WHERE id = :id")) is not None


def test_an_index_goes_by_the_same_name_on_both(live: LiveDatabase) -> None:
    for text, index in (
        ("SELECT id FROM users WHERE id = :id", "users_pkey"),
        ("SELECT id FROM users WHERE email_fold = :fold", "users_email_fold_key"),
        ("SELECT id FROM notes WHERE kind = :kind AND place = :place", "notes_kind"),
    ):
        assert plan(live, text).indexes == (index,)
