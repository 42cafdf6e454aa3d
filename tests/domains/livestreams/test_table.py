"""What the tables of livestreams refuse, tried with SQL that bypasses the package."""

import json
from typing import Any

import pytest

from hangar_dal import LIVESTREAMS, Database, Settings, builders, livestreams, open_database, sealing, streaming, uuid7
from hangar_dal.errors import ConstraintViolation, ForeignKeyViolation, TriggerViolation, UniqueViolation
from tests.helpers.column_values import drop_triggers, unrefused
from tests.helpers.community import person, video
from tests.helpers.domain_fixtures import Sql, rule_against, sql_on
from tests.helpers.streaming import announced, ended, live

REFUSED: dict[str, str] = {
    "title = ''": "livestreams_title_check",
    f"title = '{'x' * 201}'": "livestreams_title_check",
    f"description = '{'x' * 10_001}'": "livestreams_description_check",
    "language = 'EN'": "livestreams_language_check",
    "language = 'en--US'": "livestreams_language_check",
    "language = 'en-'": "livestreams_language_check",
    "category = ''": "livestreams_category_check",
    "status = 'PAUSED'": "livestreams_status_transition",
    "visibility = 'SECRET'": "livestreams_visibility_check",
    "thumbnail = ''": "livestreams_thumbnail_check",
    "metadata = '[]'": "livestreams_metadata_check",
    f"id = '{uuid7()}'": "livestreams_unchanged",
}


async def test_a_livestream_that_breaks_a_rule_is_refused(database: Database, sql: Sql) -> None:
    made = await announced(database, (await person(database)).id)
    assert {change: await rule_against(sql, f"UPDATE livestreams SET {change}") for change in REFUSED} == REFUSED
    assert await livestreams.get_livestream(database, made.id) == made


def written(database: Database, tags: list[Any]) -> str:
    """A list of tags as a literal: an array on PostgreSQL, a JSON array on SQLite."""
    text = json.dumps(tags)
    return {"sqlite": f"'{text}'", "postgresql": "'{" + text[1:-1] + "}'"}[database.dialect]


async def test_tags_are_at_most_thirty_each_once_and_short(database: Database, sql: Sql) -> None:
    await announced(database, (await person(database)).id)
    columns = "owner_id, title, created_at, updated_at"
    for tags, rule in (
        ([f"t{number}" for number in range(31)], "livestreams_tags_check"),
        (["same", "same"], "livestreams_tags_each_once"),
        (["one", ""], "livestreams_tags_each_once"),
        (["x" * 51], "livestreams_tags_each_once"),
    ):
        new = written(database, tags)
        for statement in (
            f"UPDATE livestreams SET tags = {new}",
            f"INSERT INTO livestreams (id, tags, {columns}) SELECT '{uuid7()}', {new}, {columns} FROM livestreams",
        ):
            assert await rule_against(sql, statement) == rule, (tags, statement)


async def test_a_recording_is_not_of_somebody_else_nor_replaced(database: Database, sql: Sql) -> None:
    owner, other = await person(database), await person(database)
    theirs, mine, more = [await video(database, each.id) for each in (other, owner, owner)]
    over = await ended(database, owner.id)
    with pytest.raises(TriggerViolation) as refused:
        await sql(f"UPDATE livestreams SET recording_id = '{theirs.id}'")
    assert refused.value.constraint == "livestreams_recording_of_owner"
    columns = "status, title, started_at, ended_at, created_at, updated_at, owner_id"
    with pytest.raises(TriggerViolation) as added:
        await sql(
            f"INSERT INTO livestreams (id, recording_id, {columns}) "
            f"SELECT '{uuid7()}', '{theirs.id}', {columns} FROM livestreams"
        )
    assert added.value.constraint == "livestreams_recording_of_owner"
    await livestreams.set_recording(database, over.id, video_id=mine.id)
    with pytest.raises(TriggerViolation) as replaced:
        await sql(f"UPDATE livestreams SET recording_id = '{more.id}'")
    assert replaced.value.constraint == "livestreams_unchanged"
    with pytest.raises(UniqueViolation) as taken:
        await livestreams.set_recording(database, (await ended(database, owner.id)).id, video_id=mine.id)
    assert taken.value.constraint == "livestreams_recording_id_key"
    with pytest.raises(ForeignKeyViolation):
        await sql(f"UPDATE livestreams SET owner_id = '{uuid7()}'")


async def test_a_key_is_stored_as_a_hash_only_and_once(database: Database, sql: Sql) -> None:
    owner = await person(database)
    made, other = await announced(database, owner.id), await announced(database, owner.id)
    issued = await livestreams.rotate_stream_key(database, made.id)
    await livestreams.rotate_stream_key(database, other.id)
    rows = await sql("SELECT * FROM livestream_keys")
    assert issued.key.get_secret_value() not in str(rows)
    for change, rule in (
        ("key_hash = 'secret'", "livestream_keys_key_hash_check"),
        (f"key_hash = '{'A' * 64}'", "livestream_keys_key_hash_check"),
        (f"key_hash = '{'a' * 65}'", "livestream_keys_key_hash_check"),
        (f"key_hash = '{'a' * 64}'", "livestream_keys_key_hash_key"),
    ):
        with pytest.raises(ConstraintViolation) as refused:
            await sql(f"UPDATE livestream_keys SET {change}")
        assert refused.value.constraint == rule


async def test_columns_refuse_what_is_no_value_of_their_kind(database: Database, sql: Sql) -> None:
    owner = await person(database)
    given = {"description": "Low", "category": "air", "thumbnail": "x", "metadata": {"n": 1}, "tags": ["a"]}
    over = await ended(database, owner.id, **given)
    await streaming.record_livestream(database, over.id, builders.video(owner))
    await livestreams.rotate_stream_key(database, (await live(database, owner.id)).id)
    await announced(database, owner.id)
    await drop_triggers(database, sql)
    ahead = frozenset({"livestreams_span_check"})
    assert await unrefused(database, sql, ["livestreams", "livestream_keys"], ahead=ahead) == []
    with pytest.raises(ConstraintViolation) as refused:
        await sql("UPDATE livestreams SET status = 'PAUSED' WHERE status = 'SCHEDULED'")
    assert refused.value.constraint == "livestreams_status_check"


async def test_replace_does_not_get_past_the_states(sqlite_url: str) -> None:
    """INSERT OR REPLACE and UPDATE OR REPLACE, which SQLite alone has."""
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=LIVESTREAMS) as db:
        owner = await person(db)
        over, other = await ended(db, owner.id), await ended(db, owner.id)
        over = await streaming.record_livestream(db, over.id, builders.video(owner))
        columns = "owner_id, title, created_at, updated_at"
        with pytest.raises(TriggerViolation) as refused:
            await sql_on(db)(
                f"INSERT OR REPLACE INTO livestreams (id, {columns}) SELECT id, {columns} FROM livestreams"
            )
        assert refused.value.constraint == "livestreams_not_replaced"
        with pytest.raises(TriggerViolation) as refused:
            change = f"recording_id = '{over.recording_id}'"
            await sql_on(db)(f"UPDATE OR REPLACE livestreams SET {change} WHERE id = '{other.id}'")
        assert refused.value.constraint == "livestreams_not_overwritten"
        assert await livestreams.get_livestream(db, over.id) == over
