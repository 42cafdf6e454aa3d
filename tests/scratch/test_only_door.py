"""There is one door to SQL that changes a database: the structure of the package, read from its sources."""

import ast
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import hangar_dal

SOURCES = Path(hangar_dal.__file__).parent
# What fills, changes or empties a database, at the beginning of a SQL text.
CHANGING = (
    "ALTER ", "ANALYZE", "CLUSTER ", "COMMENT ", "COPY ", "CREATE ", "DELETE ", "DO ", "DROP ", "GRANT ", "INSERT ",
    "LOCK ", "MERGE ", "REASSIGN ", "REINDEX ", "REFRESH ", "REPLACE ", "REVOKE ", "TRUNCATE ", "UPDATE ", "VACUUM",
)  # fmt: skip
TOOLS = ("cli", "check", "migrations")
# The modules that make scratches and remove them, and yoyo's backends, which keep the history of the migrations.
MAKERS = {"migrations/scratch.py", "migrations/throwaway.py", "migrations/leftovers.py"}
BACKENDS = {"migrations/backend_common.py", "migrations/backend_postgresql.py", "migrations/backend_sqlite.py"}


@cache
def tools() -> Sequence[tuple[str, ast.Module]]:
    """The modules of the tools, each with its path. They are parsed once for all tests."""
    return [
        (path.relative_to(SOURCES).as_posix(), ast.parse(path.read_text(encoding="utf-8")))
        for folder in TOOLS
        for path in sorted((SOURCES / folder).rglob("*.py"))
    ]


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Each call with the last part of the name of what it calls."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            yield name, node


def text_of(node: ast.AST) -> str:
    """The beginning of a text, also of a text with values in it."""
    if isinstance(node, ast.JoinedStr):
        return text_of(node.values[0]) if node.values else ""
    return node.value.lstrip().upper() if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_only_the_makers_can_make_a_scratch() -> None:
    made = {
        (path, name)
        for path, tree in tools()
        for name, _ in calls(tree)
        if name in ("PostgresScratch", "SqliteScratch", "Change")
    }
    assert made == {
        ("migrations/guard.py", "Change"),
        ("migrations/scratch.py", "PostgresScratch"),
        ("migrations/scratch.py", "SqliteScratch"),
        ("migrations/throwaway.py", "PostgresScratch"),
    }


def test_a_scratch_is_never_changed_into_another() -> None:
    """`dataclasses.replace` would make one too."""
    for path, tree in tools():
        if path not in MAKERS:
            for name, call in calls(tree):
                if name == "replace" and isinstance(call.func, ast.Name):
                    assert not any(
                        word.arg in ("database", "oid", "token", "device", "inode") for word in call.keywords
                    )


def test_sql_that_changes_something_goes_through_a_change() -> None:
    """Every text that begins with such a word is given to `change.execute`, or stands where nothing else can.

    A text that is executed elsewhere is one that only reads. TEMP objects belong to their session.
    """
    found = {
        (path, text_of(node)[:30])
        for path, tree in tools()
        if path not in MAKERS | BACKENDS
        for node in ast.walk(tree)
        if text_of(node).startswith(CHANGING) and not text_of(node).startswith(("CREATE TEMP ", "DROP VIEW TEMP."))
        if is_executed_elsewhere(tree, node)
    }
    assert found == set()


def is_a_change(call: ast.Call) -> bool:
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
    is_named = isinstance(receiver, ast.Name) and receiver.id == "change"
    is_alone = isinstance(receiver, ast.Call) and getattr(receiver.func, "attr", "") == "alone"
    return is_named or is_alone


def is_executed_elsewhere(tree: ast.AST, text: ast.AST) -> bool:
    """Written into a call of `execute`, or under a name that such a call uses."""
    names = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None and text in ast.walk(node.value)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for name, call in calls(tree):
        if name in ("execute", "executemany", "executescript", "copy") and not is_a_change(call):
            inside = list(ast.walk(call))
            if text in inside or any(isinstance(node, ast.Name) and node.id in names for node in inside):
                return True
    return False


def test_a_change_comes_from_the_guard_alone() -> None:
    """Whatever is called `change` is the parameter or the target of a `with` that the guard gave."""
    for path, tree in tools():
        if not any(name == "execute" and is_a_change(call) for name, call in calls(tree)):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.arg) and node.arg == "change":
                assert getattr(node.annotation, "id", None) == "Change", path
            if isinstance(node, ast.Assign) and any(getattr(each, "id", "") == "change" for each in node.targets):
                assert [name for name, _ in calls(node.value)] == ["changing_memory"], path
            if isinstance(node, ast.withitem) and getattr(node.optional_vars, "id", "") == "change":
                assert [name for name, _ in calls(node.context_expr)] == ["changing"], path


def test_only_migration_commands_change_a_database_that_is_no_scratch() -> None:
    """Who opens a session of yoyo, or runs a script, and in which module."""
    found = {
        (path, name)
        for path, tree in tools()
        for name, call in calls(tree)
        if name in ("migrating", "connected", "backend_for", "apply_to")
        or (name == "run" and isinstance(call.func, ast.Name) and path.startswith("migrations/"))
    }
    assert found == {
        # The migration commands, on the database that the user names.
        ("migrations/backends.py", "backend_for"),
        ("migrations/commands.py", "apply_to"),
        ("migrations/commands.py", "connected"),
        ("migrations/commands.py", "migrating"),
        ("migrations/loader.py", "run"),
        ("migrations/yoyo_session.py", "backend_for"),
        ("migrations/yoyo_session.py", "connected"),
        # On a scratch, by the type of the argument.
        ("check/rollout/history.py", "migrating"),
        ("check/databases/scratch.py", "apply_to"),
        ("migrations/round_trip.py", "migrating"),
        ("migrations/row_round_trip.py", "migrating"),
        ("migrations/schema_history.py", "run"),
    }
