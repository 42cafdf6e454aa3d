"""Which RAISE refuses a row, and whether its message is a literal: as both databases read it."""

import pytest

from hangar_dal.sqlscan import Dialect
from hangar_dal.trigger_rules import TriggerRule, is_rule_of, raises_in, rule_in

NO = TriggerRule("a_rule", "No.")
SQLITE = {
    "RAISE(ABORT, 'a_rule: No.')": [("ABORT", NO)],
    "raise ( abort , 'a_rule: No.' )": [("ABORT", NO)],
    "RAISE(FAIL, 'a_rule: No.')": [("FAIL", NO)],
    "RAISE(ROLLBACK, 'a_rule: No.')": [("ROLLBACK", NO)],
    "RAISE(ABORT, /* no */ 'a_rule: No.' -- no\n)": [("ABORT", NO)],
    "RAISE(ABORT, 'a_rule: 100% of Ada''s')": [("ABORT", TriggerRule("a_rule", "100% of Ada's"))],
    "RAISE(IGNORE)": [],
    "'RAISE(ABORT, ''a_rule: No.'')'": [],
    "1 -- RAISE(ABORT, 'a_rule: No.')": [],
    'RAISE(ABORT, "a_rule: No.")': [("ABORT", None)],
    "RAISE(ABORT, [a_rule: No.])": [("ABORT", None)],
    "RAISE(ABORT, a_rule)": [("ABORT", None)],
    "RAISE(ABORT, ('a_rule: No.'))": [("ABORT", None)],
    "RAISE(ABORT, 'a_rule: ' || NEW.note)": [("ABORT", None)],
    "RAISE(ABORT, 'a_rule: No.' || NEW.note)": [("ABORT", None)],
    "RAISE(ABORT, NEW.note || 'a_rule: No.')": [("ABORT", None)],
    "RAISE(ABORT, printf('a_rule: %s', NEW.note))": [("ABORT", None)],
    "CASE WHEN 1 THEN RAISE(ABORT, 'a_rule: No.') ELSE RAISE(FAIL, 'No.') END": [("ABORT", NO), ("FAIL", None)],
}
POSTGRESQL = {
    "RAISE EXCEPTION 'a_rule: No.';": [NO],
    "raise exception 'a_rule: No.';": [NO],
    "RAISE 'a_rule: No.';": [NO],
    "RAISE EXCEPTION 'a_rule: 100%% of Ada''s';": [TriggerRule("a_rule", "100% of Ada's")],
    "RAISE EXCEPTION 'a_rule: No.' USING HINT = NEW.note || 'x', ERRCODE = '23514';": [NO],
    "RAISE EXCEPTION USING MESSAGE = 'a_rule: No.';": [NO],
    "RAISE EXCEPTION USING MESSAGE := 'a_rule: No.', HINT := NEW.note;": [NO],
    "RAISE EXCEPTION USING HINT = concat(NEW.note, 'MESSAGE'), MESSAGE='a_rule: No.';": [NO],
    "RAISE check_violation USING MESSAGE = 'a_rule: No.';": [NO],
    "RAISE SQLSTATE '23514' USING MESSAGE = 'a_rule: No.';": [NO],
    "IF TRUE THEN RAISE 'a_rule: No.'; ELSE RAISE 'a_rule: No.'; END IF;": [NO, NO],
    "<<here>> RAISE 'a_rule: No.';": [NO],
    "RAISE;": [],
    "RAISE NOTICE 'a_rule: %', NEW.note; RAISE WARNING 'a_rule: No.'; RAISE DEBUG USING MESSAGE = 'x';": [],
    "x := 'RAISE EXCEPTION ''a_rule: No.'';'; -- RAISE EXCEPTION 'a_rule: No.';": [],
    "SELECT raise FROM notes;": [],
    "RAISE EXCEPTION 'a_rule: %', NEW.note;": [None],
    "RAISE EXCEPTION '%', NEW.note;": [None],
    "RAISE EXCEPTION 'a_rule: %%%', NEW.note;": [None],
    "RAISE EXCEPTION E'a_rule: No.';": [None],
    "RAISE EXCEPTION $x$a_rule: No.$x$;": [None],
    "RAISE EXCEPTION 'a_rule:'\n' No.';": [None],
    "RAISE EXCEPTION USING MESSAGE = 'a_rule: No.' || NEW.note;": [None],
    "RAISE EXCEPTION USING MESSAGE = NEW.note;": [None],
    "RAISE EXCEPTION USING MESSAGE = format('a_rule: %s', NEW.note, 'a_rule: No.');": [None],
    "RAISE EXCEPTION USING MESSAGE = ('a_rule: No.');": [None],
    "RAISE EXCEPTION USING HINT = 'a_rule: No.';": [None],
    "RAISE unique_violation;": [None],
    "RAISE unique_violation USING CONSTRAINT = 'a_rule', DETAIL = 'a_rule: No.';": [None],
}


@pytest.mark.parametrize(("text", "expected"), SQLITE.items(), ids=SQLITE)
def test_sqlite_raises_what_its_trigger_says(text: str, expected: list[tuple[str, TriggerRule | None]]) -> None:
    trigger = f"CREATE TRIGGER t BEFORE INSERT ON notes BEGIN SELECT {text}; END"
    found = list(raises_in(trigger, "sqlite"))
    assert [(each.action, each.rule) for each in found] == expected
    assert all(trigger[each.start :].upper().startswith("RAISE") for each in found)


@pytest.mark.parametrize(("text", "expected"), POSTGRESQL.items(), ids=POSTGRESQL)
def test_postgresql_raises_what_its_function_says(text: str, expected: list[TriggerRule | None]) -> None:
    body = f"DECLARE x text; BEGIN {text} RETURN NEW; END"
    found = list(raises_in(body, "postgresql"))
    assert [each.rule for each in found] == expected
    assert all(body[each.start :].upper().startswith("RAISE") for each in found)


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        ("a_rule: No.", NO),
        ("A1: x: y", TriggerRule("A1", "x: y")),
        ("a_rule:No.", None),
        ("a_rule: ", None),
        ("a_rule:  No.", None),
        ("a rule: No.", None),
        ("1st: No.", None),
        (": No.", None),
        ("a-rule: No.", None),
        ("a_rule: No.\n", None),
        ("a_rule: No,\nnever.", None),
        ("é: No.", None),
        ("No.", None),
        ("", None),
    ],
)
def test_a_rule_is_a_name_and_a_text_in_one_line(message: str, rule: TriggerRule | None) -> None:
    assert rule_in(message) == rule


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
@pytest.mark.parametrize(
    "text", ["", "SELECT 1", "RAISE", "RAISE(", "RAISE EXCEPTION", "RAISE(ABORT,", "RAISE USING", "RAISE 'a_rule"]
)
def test_a_text_that_is_no_trigger_has_no_rules(dialect: Dialect, text: str) -> None:
    assert not is_rule_of(text, dialect, NO)
