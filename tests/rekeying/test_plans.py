"""Each statement of `rotate` and `status` goes through the index of the primary key, whatever the size of the table."""

import re
from typing import Any

import pytest

from hangar_dal import Database, Sealed
from hangar_dal.database import Statement
from hangar_dal.rekeying import SealedColumn, count_keys, rotate
from tests.rekeying.conftest import Sql

EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN "}
ROWS = 20_000
NUMBERS = f"WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {ROWS}) SELECT "
# SQLite says SCAN of an index, too, when it reads its first entries in order.
READ_WHOLE = re.compile(r"Seq Scan|SCAN \w+$|Sort|TEMP B-TREE", re.MULTILINE)


@pytest.mark.parametrize("key", [("a",), ("a", "b")], ids=["one column", "two columns"])
async def test_no_statement_reads_the_table_whole(
    before: Database, after: Database, sql: Sql, monkeypatch: pytest.MonkeyPatch, key: tuple[str, ...]
) -> None:
    text = before.keyring.seal(b"x", table="big", column="c", bound=())
    columns = "a text, b bigint" if len(key) > 1 else "a bigint, b bigint"
    await sql(f"CREATE TABLE big ({columns}, c text, PRIMARY KEY ({', '.join(key)}))")
    value = "'a' || (n / 10)" if len(key) > 1 else "n"
    await sql(f"INSERT INTO big {NUMBERS} {value}, n, CASE WHEN n % 1000 = 0 THEN '{text}' END FROM c")
    await sql("ANALYZE big")
    plans: dict[str, str] = {}
    run = Database.run

    async def explained(db: Database, statement: Statement, parameters: Any) -> Any:
        if statement.text not in plans and "EXPLAIN" not in statement.text:
            explain = Statement("", EXPLAIN[db.dialect] + statement.text, writes=False)
            rows, _ = await run(db, explain, parameters)
            plans[statement.text] = "\n".join(str(row[-1]) for row in rows)
        return await run(db, statement, parameters)

    monkeypatch.setattr(Database, "run", explained)
    column = SealedColumn("big", "c", key, (Sealed("big", "c", bind=()),))
    assert (await count_keys(after, column)).values.total() == ROWS // 1000
    assert (await rotate(after, column)).resealed == ROWS // 1000
    assert len(plans) == 5, "the last row, the first page, the next pages, the value, its replacement"
    for statement, plan in plans.items():
        assert not READ_WHOLE.search(plan), f"{statement}\n{plan}"
