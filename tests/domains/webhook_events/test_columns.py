"""The columns refuse what is no value of their kind, and so does the rule that a trigger is ahead of."""

from datetime import timedelta

import pytest

from hangar_dal import Database, webhook_events
from hangar_dal.errors import CheckViolation
from tests.domains.webhook_events.receiving import receive
from tests.helpers.column_values import drop_triggers, unrefused
from tests.helpers.domain_fixtures import Sql

AHEAD = frozenset({"webhook_events_provider_event_id_key"})


async def test_columns_refuse_what_is_no_value_of_their_kind(database: Database, sql: Sql) -> None:
    for key in "abc":
        await receive(database, {"n": 1}, object_key=key)
    done, failed, _ = await webhook_events.claim(database, "stripe")
    await webhook_events.done(database, done)
    await webhook_events.fail(database, failed, "Refused", retry_after=timedelta(hours=1))
    await drop_triggers(database, sql)
    assert await unrefused(database, sql, ["webhook_events"], ahead=AHEAD) == []
    with pytest.raises(CheckViolation) as caught:
        await sql("UPDATE webhook_events SET status = 'NONE', claim_id = NULL, finished_at = NULL")
    assert caught.value.constraint == "webhook_events_status_check"
