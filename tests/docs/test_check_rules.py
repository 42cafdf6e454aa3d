"""docs/rules.md and the lists in docs/check.md say what the rules say."""

from docs.check_rules import CHECK_PAGE, RULES_PAGE, check_page, rules_page


def test_the_page_of_the_rules_is_made_from_them() -> None:
    assert RULES_PAGE.read_text(encoding="utf-8") == rules_page()


def test_the_lists_of_the_checks_are_made_from_the_rules() -> None:
    page = CHECK_PAGE.read_text(encoding="utf-8")
    assert page == check_page(page)
