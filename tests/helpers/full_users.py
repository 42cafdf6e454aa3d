"""A user with a row in every table that refers to users, and how to look for what is left of one."""

from secrets import token_urlsafe

from pydantic import SecretStr

from hangar_dal import (
    Database,
    User,
    builders,
    eve_tokens,
    one_time_tokens,
    refresh_tokens,
    security_events,
    session_cookies,
    sign_in_failures,
    totp,
    two_factor,
)
from hangar_dal.migrations.schema import Schema, Table
from hangar_dal.one_time_tokens import TokenPurpose
from tests.helpers.clock import Clock
from tests.helpers.failed_sign_ins import ADMIN, WHERE


async def fill(db: Database, clock: Clock, user: User, *, character: int) -> list[str]:
    """Give a user rows everywhere. Returns the secrets of them: tokens, codes and what is sealed, without cookies."""
    secrets = [token_urlsafe(600), token_urlsafe(18)]
    for platform in ("market", "forum"):
        await session_cookies.create_session_cookie(db, builders.session_cookie(user.id, platform=platform))
    first = await refresh_tokens.issue_refresh_token(db, user.id, **WHERE)
    second = await refresh_tokens.rotate_refresh_token(db, first.token, **WHERE)
    assert second is not None
    for login in (user.username, user.email):
        if login is not None:
            await sign_in_failures.count_attempt(db, sign_in_failures.login_key(login))
    await sign_in_failures.count_attempt(db, sign_in_failures.second_factor_key(user.id))
    factor = await two_factor.enrol_two_factor(db, user.id)
    code = SecretStr(totp.code_at(factor.secret, totp.step_at(clock.now)))
    codes = await two_factor.complete_two_factor(db, user.id, code)
    pending = await two_factor.enrol_two_factor(db, user.id)
    await eve_tokens.upsert_eve_token(
        db,
        builders.eve_token(user, eve_character_id=character, access_token=secrets[0], refresh_token=secrets[1]),
    )
    links = [
        await one_time_tokens.issue_one_time_token(db, user.id, purpose, email=user.email)
        for purpose in (TokenPurpose.EMAIL_CONFIRMATION, TokenPurpose.PASSWORD_RESET)
        if user.email is not None
    ]
    if user.email is not None:
        await one_time_tokens.store_confirmed_email(db, user_id=user.id, email=user.email)
    for whose, actor in ((user.id, None), (user.id, ADMIN), (ADMIN, user.id)):
        new = builders.security_event(whose, actor_id=actor, **WHERE)
        await security_events.record_security_event(db, new)
    secrets += [factor.secret, pending.secret]
    secrets += [one.get_secret_value() for one in (first.token, second.token, *codes)]
    return secrets + [link.token.get_secret_value() for link in links if link is not None]


def tables_of_users(schema: Schema) -> set[str]:
    """The tables that refer to users: by a foreign key, over another such table, or by the name of a column."""
    found = {"users"}
    while True:
        more = {table.name for table in schema.tables if _refers(table, found)} - found
        if not more:
            return found
        found |= more


def _refers(table: Table, found: set[str]) -> bool:
    names = {column.name for column in table.columns}
    return bool(names & {"user_id", "actor_id"}) or any(key.table in found for key in table.foreign_keys)
