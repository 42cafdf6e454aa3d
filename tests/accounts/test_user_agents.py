"""Whatever a client sends as its user agent, nothing fails because of it, and what fits is stored."""

import pytest
from pydantic import SecretStr

from hangar_dal import Database, User, accounts, refresh_tokens, security_events
from tests.helpers.failed_sign_ins import fail


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("x" * 512, "x" * 512),
        ("x" * 513, "x" * 512),
        ("x" * 511 + "\U0001f680\U0001f680", "x" * 511 + "\U0001f680"),
        ("", None),
        (None, None),
        ("a\0b", "a?b"),
        ("a\ud800b", "a?b"),
        ("\udc80" * 600, "?" * 512),
    ],
    ids=["longest", "too long", "too long by one emoji", "empty", "none", "NUL", "surrogate", "only surrogates"],
)
async def test_no_user_agent_makes_a_sign_in_fail(
    database: Database, ada: User, secret: SecretStr, sent: str | None, stored: str | None
) -> None:
    await fail(database, source=None, user_agent=sent)
    signed_in = await accounts.sign_in(database, "ada", secret, source=None, user_agent=sent)
    refreshed = await accounts.refresh(database, signed_in.refresh_token, user_agent=sent)
    await accounts.change_password(database, ada.id, old=secret, new=secret, user_agent=sent)
    assert await accounts.sign_out(database, refreshed.refresh_token, user_agent=sent) is False
    async with refresh_tokens.stream_refresh_tokens(database, ada.id) as tokens:
        assert [token.user_agent async for token in tokens] == [stored] * 2
    events = await security_events.list_security_events(database)
    assert [event.user_agent for event in events] == [stored] * 3
