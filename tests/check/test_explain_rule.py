"""`hangar-dal check --explain RULE`: the rule with its examples, and the list of all rules."""

import pytest

from hangar_dal import cli
from hangar_dal.check.rules.table import CHAPTERS, RULES

EXPLAINED = """\
result-unused (warning)
A function returns the rows that its SELECT reads.

The function is declared with `-> None`. Declare what its SELECT returns. A SELECT without FROM, such as
`SELECT set_config(...)`, is not reported.

Wrong
  --- items.py
  @query
  async def find_item(db: Executor, id: UUID) -> None: ...
  --- items.sql
  -- name: find_item
  SELECT id, name FROM items WHERE id = :id;

Right
  --- items.py
  @query
  async def find_item(db: Executor, id: UUID) -> Item | None: ...
"""


def explain(rule: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert cli.main(["check", "--explain", rule]) == 0
    return capsys.readouterr().out


def test_a_rule_is_explained_with_a_wrong_and_a_right_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("result-unused", capsys) == EXPLAINED


def test_a_file_that_the_right_example_deletes_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    lines = explain("file-shared", capsys).splitlines()
    assert [line for line in lines if line.endswith("(deleted)")] == ["  --- reports/items.py (deleted)"]


def test_links_are_shown_by_their_text_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert [rule for rule in RULES if "](" in explain(rule, capsys)] == []


def test_each_cell_of_a_table_has_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    lines = explain("meaning-differs", capsys).splitlines()
    at = lines.index("- || beside + - * / %")
    assert lines[at + 1 : at + 3] == [
        "    SQLite joins texts before it calculates, PostgreSQL afterwards",
        "    Write parentheses",
    ]
    assert [rule for rule in RULES if "\n|" in explain(rule, capsys)] == []


def test_all_rules_are_listed_by_chapter(capsys: pytest.CaptureFixture[str]) -> None:
    chapters = [chapter.splitlines() for chapter in explain("all", capsys).split("\n\n")]
    assert {title: [line.split()[0] for line in lines] for title, *lines in chapters} == {
        title: [rule.id for rule in rules] for title, rules in CHAPTERS.items()
    }


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("unordered", "did you mean list-unordered or limit-unordered or aggregate-unordered or window-unordered?"),
        ("twins-difer", "did you mean twins-differ"),
        ("xyz", "`hangar-dal check --explain all` lists the rules"),
    ],
)
def test_an_unknown_rule_is_refused_with_the_names_of_similar_ones(
    name: str, advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", "--explain", name]) == 2
    message = capsys.readouterr().err
    assert f"there is no rule {name}; " in message
    assert advice in message
