"""What happens to the two SQL files of a module: blocks copied and sorted, and everything else kept."""

import resource
import stat
from pathlib import Path

import pytest

from hangar_dal.errors import SettingsError
from hangar_dal.fixing import write
from hangar_dal.sqlscan import DIALECTS, Dialect
from tests.fixing.conftest import ALL, DELETE, FIND, GET, LIST, Store

SHORT_GET = GET.replace("    name,\n    note,\n", "")
OTHER_GET = GET.replace("WHERE id", "WHERE items.id")


def test_files_that_are_right_stay_as_they_are(store: Store):
    store.write(ALL, ALL)
    assert store.fix() == type(store.plan())((), (), ())


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_list_is_fixed_in_the_file_that_has_it(store: Store, dialect: Dialect):
    texts = {each: ALL.replace(GET, SHORT_GET) if each == dialect else ALL for each in DIALECTS}
    store.write(texts["sqlite"], texts["postgresql"])
    assert [change.path for change in store.fix().changes] == [store.path(dialect)]
    assert store.read() == [ALL, ALL]


@pytest.mark.parametrize("lacking", DIALECTS)
@pytest.mark.parametrize("block", [GET, FIND, LIST, DELETE], ids=lambda block: block.splitlines()[0])
def test_a_missing_block_is_copied_to_its_place(store: Store, lacking: Dialect, block: str):
    less = "\n".join(each for each in (GET, FIND, LIST, DELETE) if each != block)
    store.write(*(less if dialect == lacking else ALL for dialect in DIALECTS))
    store.fix()
    assert store.read() == [ALL, ALL]


def test_a_missing_file_is_made_of_the_other_one(store: Store):
    store.write(ALL, None)
    assert store.fix().changes[0].before == ""
    assert store.read() == [ALL, ALL]


def test_blocks_are_copied_into_a_file_of_comments(store: Store):
    store.write(ALL, "-- Items.\n")
    store.fix()
    assert store.read() == [ALL, f"-- Items.\n\n{ALL}"]


def test_a_missing_block_that_no_function_declares_is_not_copied(store: Store):
    undeclared = "\n-- name: count_items\nSELECT count(*) AS items FROM items;\n"
    store.write(ALL + undeclared, ALL)
    store.fix()
    assert store.read() == [ALL + undeclared, ALL]


def test_blocks_that_differ_are_reported_and_copied_on_request_only(store: Store):
    other = ALL.replace(GET, OTHER_GET)
    store.write(ALL, other)
    (left,) = store.fix().left
    assert (left.rule, left.query, "--from" in left.fix) == ("twins-differ", "items.get_item", True)
    assert store.read() == [ALL, other]
    store.fix("postgresql")
    assert store.read() == [other, other]
    store.write(ALL, other)
    store.fix("sqlite")
    assert store.read() == [ALL, ALL]


def test_comments_that_differ_are_copied_too(store: Store):
    other = ALL.replace("-- One item.", "-- One of the items.")
    store.write(ALL, other)
    store.fix("postgresql")
    assert store.read() == [other, other]


def test_a_copied_block_keeps_the_directives_of_its_own_database(store: Store):
    ours, scan, not_null = GET, "-- scan: it is small\n", "-- not null: name: a rule says so\n"
    store.write(ALL.replace(GET, OTHER_GET.replace("SELECT", scan + "SELECT")), ALL.replace(ours, _with(not_null)))
    store.fix("sqlite")
    copied = OTHER_GET.replace("SELECT", scan + "SELECT")
    assert store.read() == [ALL.replace(GET, copied), ALL.replace(GET, copied.replace("SELECT", not_null + "SELECT"))]


@pytest.mark.parametrize("line_break", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize(
    "directive", ["-- scan: {}\n", "--scan: {}\n", "-- not null: name: {}\n", "-- ignore: star: {}\n"], ids=str.strip
)
def test_a_directive_that_both_blocks_have_stays_as_its_database_has_it(store: Store, directive: str, line_break: str):
    ours, theirs = (_with(directive.format(reason)) for reason in ("of sqlite", "of postgresql"))
    store.write(ALL.replace(GET, ours).replace("WHERE id", "WHERE items.id"), ALL.replace(GET, theirs))
    store.path("postgresql").write_bytes(ALL.replace(GET, theirs).replace("\n", line_break).encode())
    assert store.fix("sqlite").unread == ()
    copied = ALL.replace(GET, theirs).replace("WHERE id", "WHERE items.id").replace("\n", line_break)
    assert store.read()[1] == copied
    assert store.plan().left == ()


def _with(directive: str) -> str:
    return GET.replace("SELECT", directive + "SELECT")


@pytest.mark.parametrize("source", [None, *DIALECTS])
@pytest.mark.parametrize("marked", [*((each,) for each in DIALECTS), DIALECTS], ids=", ".join)
def test_a_block_that_is_marked_as_different_is_never_touched(
    store: Store, source: Dialect | None, marked: tuple[str, ...]
):
    texts = {}
    for dialect in DIALECTS:
        differs = "-- differs: a trial\n" if dialect in marked else ""
        limit = "\nLIMIT 1" if dialect == "sqlite" else ""
        get = SHORT_GET.replace("SELECT", f"{differs}SELECT").replace(";", f"{limit};")
        texts[dialect] = ALL.replace(GET, get)
    store.write(*texts.values())
    assert store.fix(source).changes == ()
    assert store.read() == list(texts.values())


def test_a_block_that_is_marked_as_different_is_not_copied(store: Store):
    marked = ALL.replace("-- One item.", "-- differs: a trial")
    less = "\n".join([FIND, LIST, DELETE])
    store.write(marked, less)
    (left,) = store.fix().left
    assert (left.rule, left.query) == ("block-missing", "items.get_item")
    assert store.read() == [marked, less]


def test_without_a_request_files_are_sorted_as_the_functions_are(store: Store):
    store.write("\n".join([LIST, GET, DELETE, FIND]), "\n".join([GET, DELETE, FIND, LIST]))
    store.fix()
    assert store.read() == [ALL, ALL]


def test_files_that_agree_are_not_sorted(store: Store):
    text = "\n".join([LIST, GET, DELETE, FIND])
    store.write(text, text)
    assert store.fix().changes == ()


def test_a_file_is_sorted_like_the_one_that_was_named(store: Store):
    ours, theirs = "\n".join([LIST, GET, DELETE, FIND]), "\n".join([GET, DELETE, FIND, LIST])
    store.write(ours, theirs)
    store.fix("postgresql")
    assert store.read() == [theirs, theirs]


def test_a_marked_block_is_moved_as_it_is(store: Store):
    get = SHORT_GET.replace("SELECT", "-- differs: a trial\nSELECT")
    store.write("\n".join([FIND, get.replace("= :", "IS :"), LIST, DELETE]), "\n".join([get, FIND, LIST, DELETE]))
    store.fix()
    rest = "\n".join([FIND, LIST, DELETE])
    assert store.read() == ["\n".join([get.replace("= :", "IS :"), rest]), "\n".join([get, rest])]


def test_comments_between_blocks_are_moved_with_the_block_below_them(store: Store):
    head = "-- Items.\n-- All of them.\n\n"
    ours = "\n".join(["-- Reading.\n\n-- by its key\n" + GET, LIST, "-- by its name\n\n" + FIND, DELETE])
    store.write(head + ours + "\n-- The end.\n", ALL)
    store.fix()
    expected = "\n".join(["-- by its key\n" + GET, "-- by its name\n\n" + FIND, LIST, DELETE])
    assert store.read() == [f"{head}-- Reading.\n\n{expected}\n-- The end.\n", ALL]


def test_a_block_comment_behind_a_block_stays_with_it(store: Store):
    behind = LIST.replace(";\n", ";  /* the last\n-- name: of them */\n")
    store.write("\n".join([behind, GET, FIND, DELETE]), ALL)
    store.fix()
    assert store.read()[0] == "\n".join([GET, FIND, behind, DELETE])


@pytest.mark.parametrize("line_break", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["plain", "bom"])
def test_line_breaks_and_the_byte_order_mark_are_kept(store: Store, bom: str, line_break: str):
    shuffled = "\n".join([LIST, SHORT_GET, FIND])
    store.write(bom + shuffled, ALL, line_break=line_break)
    store.fix()
    assert store.read() == [text.replace("\n", line_break) for text in (bom + ALL, ALL)]


def test_a_file_with_two_kinds_of_line_breaks_keeps_both(store: Store):
    mixed = "\n".join([GET.replace("\n", "\r\n"), FIND, LIST.replace("\n", "\r\n"), DELETE])
    store.write(ALL, ALL)
    store.path("sqlite").write_bytes(mixed.encode())
    assert store.fix().changes == ()
    store.path("sqlite").write_bytes(mixed.replace("    name,\r\n    note,\r\n", "", 1).encode())
    store.fix()
    assert store.read() == [mixed, ALL]


def test_a_copied_block_gets_the_line_breaks_of_its_file(store: Store):
    store.write(ALL, "\n".join([FIND, LIST, DELETE]))
    store.path("sqlite").write_bytes(ALL.replace("\n", "\r\n").encode())
    store.fix()
    assert store.read() == [ALL.replace("\n", "\r\n"), ALL]


def test_a_file_without_a_last_line_break_stays_without(store: Store):
    store.write(ALL.replace(GET, SHORT_GET).rstrip(), ALL)
    store.fix()
    assert store.read() == [ALL.rstrip(), ALL]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (ALL.replace("-- name: get_item", "-- name : get_item"), "misspelt header"),
        (ALL.replace(":item_id", "?"), "placeholder"),
        (ALL.replace(GET, GET.replace("\n", "\r")), "carriage return"),
        (ALL.replace("item_id;", "item_id"), "two statements|does not end"),
    ],
    ids=["header", "placeholder", "carriage return", "semicolon"],
)
def test_nothing_is_changed_beside_a_file_that_is_not_well_formed(store: Store, text: str, reason: str):
    store.write(text, ALL.replace(GET, SHORT_GET))
    before = store.read()
    (unread,) = store.fix().unread
    assert any(each in unread for each in reason.split("|"))
    assert store.read() == before


def test_a_file_that_is_not_utf_8_is_left_alone(store: Store):
    store.write(ALL.replace(GET, SHORT_GET), ALL)
    store.path("sqlite").write_bytes(b"-- \xff\n" + ALL.encode())
    (unread,) = store.fix().unread
    assert "utf-8" in unread


def test_files_outside_of_the_project_are_left_alone(store: Store, tmp_path: Path):
    store.write(ALL.replace(GET, SHORT_GET), ALL)
    outside = tmp_path / "elsewhere"
    (store.folder / "sql").rename(outside)
    (store.folder / "sql").symlink_to(outside, target_is_directory=True)
    fixes = store.fix()
    assert fixes.changes == ()
    assert "outside of" in fixes.unread[0]


def test_a_written_file_keeps_its_mode_and_its_link(store: Store):
    store.write(ALL.replace(GET, SHORT_GET), ALL)
    path = store.path("sqlite")
    real = path.rename(path.with_name("real.sql"))
    real.chmod(0o640)
    path.symlink_to(real.name)
    store.fix()
    assert path.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert store.read() == [ALL, ALL]
    assert sorted(each.name for each in path.parent.iterdir()) == ["items.sql", "real.sql"]


def test_a_file_that_was_edited_meanwhile_is_not_overwritten(store: Store):
    store.write(ALL.replace(GET, SHORT_GET), ALL)
    (change,) = store.plan().changes
    store.write(ALL + "-- edited\n", ALL)
    with pytest.raises(SettingsError, match="has changed since the command read it"):
        write(change)
    assert store.read()[0] == ALL + "-- edited\n"


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(store: Store):
    store.write(ALL.replace(GET, SHORT_GET), ALL)
    before = store.read()
    (change,) = store.plan().changes
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limit[1]))  # bytes: less than the file has
    try:
        with pytest.raises(SettingsError, match="File too large"):
            write(change)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert store.read() == before
    assert [each.name for each in store.path("sqlite").parent.iterdir()] == ["items.sql"]
