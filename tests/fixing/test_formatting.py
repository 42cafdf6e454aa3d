"""What `new query` writes is what `ruff format` writes, with short lines and with long lines."""

import ast
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hangar_dal.drafting.formatting import as_text, in_lines, quoted
from tests.fixing.project import Application
from tests.fixing.test_new_query import WRITTEN, returned

RUFF = str(Path(sys.executable).with_name("ruff"))
WORDS = ", ".join(f"'{word * 4}'" for word in ("ADMIN", "EDITOR", "READER", "WRITER"))
FEW = WORDS.partition(",")[0]
DECLARED = {
    "short": "Literal['A', 'B']",
    "long": f"Literal[{WORDS}]",
    "very long": f"Literal[{WORDS}, {WORDS}]",
    "long with a marker": f"Annotated[Literal[{WORDS}], CaseInsensitive]",
    "a list of long ones": f"list[Literal[{WORDS}]]",
    "with quotes": "Literal['it\\'s', 'say \"hi\"', 'both \" and \\'', 'one\\\\two']",
    "with a call": f"Annotated[str, Field(pattern='{'x' * 60}', max_length=1_000)]",
    "in several lines": f"Literal[  # why\n        {FEW},\n        'B',\n    ]",
    "a text": "'Status'",
}


def formatted(text: str, width: int) -> str:
    """The text as `ruff format` writes it."""
    command = [RUFF, "format", "--isolated", "--line-length", str(width), "-"]
    return subprocess.run(command, input=text, capture_output=True, check=True, text=True).stdout


IMPORTS = """\
from typing import Annotated, Literal
from uuid import UUID

from hangar_dal import CaseInsensitive, Executor, RowCount
from pydantic import Field

from parlour import query
"""
FUNCTION = '''

@query
async def delete_visits(db: Executor, status: {}, visit_id: UUID) -> RowCount:
    """Delete."""
    ...
'''
DELETE = "-- name: delete_visits\nDELETE FROM visits\nWHERE status = :status AND id = :visit_id;\n"


@pytest.mark.parametrize("width", [None, 88, 120], ids=["not formatted", "88", "120"])
@pytest.mark.parametrize("declared", DECLARED.values(), ids=DECLARED)
def test_an_annotation_of_another_function_is_written_as_it_is_formatted(
    declared: str, width: int | None, tmp_path: Path
) -> None:
    application = Application(tmp_path / "application")
    module = f'"""Visits."""\n\n{IMPORTS}{FUNCTION.format(declared)}'
    application.write("parlour/visits.py", formatted(module, width) if width else module)
    for dialect in ("sqlite", "postgresql"):
        application.write(f"parlour/sql/{dialect}/visits.sql", DELETE)
    done = application.run("new", "query", "visits.list_visits_by_status", "--returns", "Visit")
    assert done.returncode == 0, done.stderr
    _, name, rest = application.read("parlour/visits.py").partition("list_visits_by_status")
    function = f"async def {name}{rest}"
    assert annotation_of(function) == ast.unparse(ast.parse(declared, mode="eval").body)
    assert [formatted(function, each) for each in (88, 120)] == [function, function]


def annotation_of(function: str) -> str:
    """The annotation of the argument `status`."""
    (node,) = ast.parse(function).body
    assert isinstance(node, ast.AsyncFunctionDef)
    (found,) = [each.annotation for each in node.args.kwonlyargs if each.arg == "status"]
    assert found is not None
    return ast.unparse(found)


def test_every_new_query_is_unchanged_by_the_formatter(tmp_path: Path) -> None:
    application = Application(tmp_path / "application")
    for name in WRITTEN:
        assert application.run("new", "query", name, *returned(name)).returncode == 0
    for file in ("guests", "visits"):
        text = application.read(f"parlour/{file}.py")
        assert [formatted(text, width) for width in (88, 120)] == [text, text]


def test_what_is_too_long_has_a_line_for_each_part() -> None:
    text = f'Annotated[list[Literal["{"a" * 70}", "b"]], Field(min_length=1)]'
    assert "\n".join(in_lines(text, 1, "a: ", ",")) == dedent(f"""\
        a: Annotated[
            list[
                Literal[
                    "{"a" * 70}",
                    "b",
                ]
            ],
            Field(min_length=1),
        ],""").replace("\n", "\n    ").join(["    ", ""])


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_quoted_text_is_the_same_text(text: str) -> None:
    assert eval(quoted(text)) == text


def test_quotes_are_those_of_the_formatter() -> None:
    texts = ["", "a", "'", '"', "'\"", '"\'"', "''\"", "\\", "\n", "é\u200b"]
    lines = "".join(f"{as_text(ast.parse(repr(text), mode='eval').body)}.x\n" for text in texts)
    assert formatted(lines, 88) == lines
