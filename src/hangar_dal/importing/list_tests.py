"""The test file of an imported project: each list is called once, on a migrated database."""

from collections.abc import Sequence
from string import Template
from typing import Final

from hangar_dal.importing.plan import TablePlan

_TEST: Final = Template('''\
"""Each list can be called on a database that the baseline made, and finds no rows."""

import pytest

$imports

LISTS = [
$lists
]


@pytest.mark.parametrize("read", LISTS, ids=lambda read: read.__name__)
async def test_a_new_database_has_no_rows(hangar_db, read):
    async with hangar_db() as db:
        assert await read(db) == []
''')


def lists_test(planned: Sequence[TablePlan], package: str) -> str:
    """Return the text of the test file."""
    # A materialized view may have been made WITH NO DATA, and then refuses to be read.
    listed = [plan for plan in planned if "list" in plan.functions and plan.table.kind != "materialized view"]
    names = sorted(plan.module for plan in listed)
    line = f"from {package} import {', '.join(names)}"
    if len(line) > 88:
        line = _lines(package, names)
    lists = "\n".join(f"    {plan.module}.{plan.function('list')}," for plan in listed)
    return _TEST.substitute(imports=line, lists=lists)


def _lines(package: str, names: Sequence[str]) -> str:
    inside = "".join(f"    {name},\n" for name in names)
    return f"from {package} import (\n{inside})"
