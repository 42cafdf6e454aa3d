"""docs/rules.md, and the lists of rules on other pages, say what the rules say."""

from hangar_dal.check.rules.table import CHAPTERS
from tests.docs.check_rules import PAGES_WITH_LISTS, RULES_PAGE, rules_page, with_lists


def test_the_page_of_the_rules_is_made_from_them() -> None:
    assert RULES_PAGE.read_text(encoding="utf-8") == rules_page()


def test_each_chapter_is_listed_on_one_page_as_the_rules_say() -> None:
    pages = [page.read_text(encoding="utf-8") for page in PAGES_WITH_LISTS]
    assert pages == [with_lists(page) for page in pages]
    for title in CHAPTERS:
        assert "".join(pages).count(f"<!-- rules: {title} -->") == 1
