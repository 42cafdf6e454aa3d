"""The page of features says what checking and running their statements finds."""

import pytest

from tests.docs.features import COMMAND, PAGE, features_page


@pytest.mark.slow
def test_the_page_of_features_says_what_is_found(server: str) -> None:
    assert PAGE.read_text(encoding="utf-8") == features_page(server), f"write it again: {COMMAND}"
