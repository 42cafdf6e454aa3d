"""The columns of the outbox refuse what is no value of their kind, and the rule that a trigger is ahead of."""

from datetime import timedelta

import pytest

from hangar_dal import Database, outbox
from hangar_dal.errors import CheckViolation
from tests.helpers.column_values import drop_triggers, unrefused
from tests.helpers.domain_fixtures import Sql


async def test_columns_refuse_what_is_no_value_of_their_kind(database: Database, sql: Sql) -> None:
    for key in "abc":
        await outbox.put(database, "mail", {"n": 1}, ordering_key=key)
    done, failed, _ = await outbox.claim(database, "mail")
    await outbox.done(database, done)
    await outbox.fail(database, failed, "Refused", retry_after=timedelta(hours=1))
    await drop_triggers(database, sql)
    assert await unrefused(database, sql, ["outbox"], ahead=frozenset({"outbox_topic_dedup_key_key"})) == []
    with pytest.raises(CheckViolation) as caught:
        await sql("UPDATE outbox SET status = 'NONE', claim_id = NULL, finished_at = NULL")
    assert caught.value.constraint == "outbox_status_check"
