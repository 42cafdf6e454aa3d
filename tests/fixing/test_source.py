"""Edits of a module: where a name is imported, and where a function goes."""

import pytest

from hangar_dal.drafting.source import ModuleSource

HEAD = '"""A module."""\n'
IMPORTS = {
    "there already": ("from a import B\n", ("a", "B"), "from a import B\n"),
    "one more name": ("from a import C\n", ("a", "B"), "from a import B, C\n"),
    "classes before functions": ("from a import C, d\n", ("a", "B"), "from a import B, C, d\n"),
    "constants first": ("from a import C, d\n", ("a", "ID"), "from a import ID, C, d\n"),
    "under another name": ("from a import B as C\n", ("a", "B"), "from a import B, B as C\n"),
    "in parentheses": ("from a import (\n    C,\n)\n", ("a", "B"), "from a import (\n    B,\n    C,\n)\n"),
    "too long": (
        f"from a import {'C' * 70}\n",
        ("a", "Balance"),
        f"from a import (\n    {'C' * 70},\n    Balance,\n)\n",
    ),
    "a comment": ("from a import C  # why\n", ("a", "B"), "from a import C  # why\nfrom a import B\n"),
    "sorted": ("from a import A\nfrom c import C\n", ("b", "B"), "from a import A\nfrom b import B\nfrom c import C\n"),
    "behind plain imports": (
        "import os\nimport sys\n",
        ("uuid", "UUID"),
        "import os\nimport sys\nfrom uuid import UUID\n",
    ),
    "the section of its package": (
        "import os\n\nfrom x import X\n\nfrom shop.a import A\n",
        ("shop.b", "B"),
        "import os\n\nfrom x import X\n\nfrom shop.a import A\nfrom shop.b import B\n",
    ),
    "the standard library": (
        "import os\n\nfrom x import X\n",
        ("uuid", "UUID"),
        "import os\nfrom uuid import UUID\n\nfrom x import X\n",
    ),
    "no section of it": ("from x import X\n", ("uuid", "UUID"), "from uuid import UUID\n\nfrom x import X\n"),
    "behind the standard library": ("import os\n", ("x", "X"), "import os\n\nfrom x import X\n"),
    "no import": ("\nY = 1\n", ("x", "X"), "\nfrom x import X\n\nY = 1\n"),
}


@pytest.mark.parametrize(("before", "asked", "after"), IMPORTS.values(), ids=IMPORTS)
def test_a_name_is_imported_where_sorted_imports_have_it(before: str, asked: tuple[str, str], after: str):
    assert ModuleSource(HEAD + before).with_import(*asked).written == HEAD + after


def test_a_module_without_a_docstring_gets_its_import_first():
    assert ModuleSource("Y = 1\n").with_import("x", "X").written == "from x import X\n\nY = 1\n"


def test_a_function_goes_behind_the_one_that_is_named():
    source = ModuleSource("def a():\n    pass\n\n\ndef b():\n    pass\n")
    assert source.with_function("def c(): ...", "a").written == (
        "def a():\n    pass\n\n\ndef c(): ...\n\n\ndef b():\n    pass\n"
    )
    assert source.with_function("def c(): ...", None).written == source.text + "\n\ndef c(): ...\n"


def test_line_breaks_are_kept():
    source = (
        ModuleSource('"""A module."""\r\nfrom a import B\r\n').with_function("def c(): ...", None).with_import("a", "C")
    )
    assert source.written == '"""A module."""\r\nfrom a import B, C\r\n\r\n\r\ndef c(): ...\r\n'


def test_the_byte_order_mark_is_kept():
    assert ModuleSource("\ufeffY = 1\n").with_import("x", "X").written == "\ufefffrom x import X\n\nY = 1\n"


def test_the_annotation_of_an_argument_is_found():
    source = ModuleSource("async def a(db, x: int, *, y: str | None = None): ...\ndef b(y: int): ...\n")
    assert source.annotation("y", ["a", "b"]) == "str | None"
    assert source.annotation("y", ["b"]) == "int"
    assert source.annotation("x", ["b", "a"]) == "int"
    assert source.annotation("z", ["a", "b"]) is None
