"""Sign in with a login and a password, protected against guessing."""

from datetime import timedelta

from pydantic import SecretStr

from hangar_dal import refresh_tokens, users
from hangar_dal.accounts import attempts
from hangar_dal.accounts.attempts import Attempt, Outdated
from hangar_dal.accounts.events import record
from hangar_dal.accounts.second_factor import CodeGuess, check_code, count_guess
from hangar_dal.accounts.signed_in import SignedIn
from hangar_dal.database import Database, Transaction
from hangar_dal.errors import NotFound, SecondFactorInvalid, SecondFactorRequired
from hangar_dal.models.users import Login, User
from hangar_dal.refresh_tokens import LIFETIME
from hangar_dal.security_events import SecurityEventKind
from hangar_dal.two_factor import check_code_type


async def authenticate(
    db: Database, login: str, password: SecretStr, *, source: str | None, user_agent: str | None = None
) -> User:
    """Return the user with this username or e-mail address and this password, for example to confirm a change.

    Raises `InvalidCredentials` for an unknown login, a wrong password, an inactive account, and a login or source with
    too many failures; all do the same work. Each failure is counted and recorded as an event; a success resets the
    count. Does not check the second factor, so never begin a session with it: use `sign_in`.
    """
    attempt = await attempts.begin(db, login, password, source=source, user_agent=user_agent)

    async def finish(found: Login, renewed: str | None) -> User:
        return await db.in_transaction(lambda tx: attempts.succeed(tx, attempt, found, replaced_by=renewed))

    return await attempts.enter(db, attempt, password, finish)


async def sign_in(
    db: Database,
    login: str,
    password: SecretStr,
    *,
    source: str | None,
    user_agent: str | None = None,
    code: SecretStr | None = None,
    lifetime: timedelta = LIFETIME,
) -> SignedIn:
    """Begin a session of the user with this username or e-mail address and this password.

    Returns the user and a refresh token, which cannot be read again. Raises the same errors as `authenticate`. `source`
    is the origin of the request, such as its IP address; None disables counting by source.

    If the user has a second factor, pass a code of the app or a recovery code as `code`. The right password without a
    code raises `SecondFactorRequired`; a wrong code raises `SecondFactorInvalid`. A wrong code counts like a wrong
    password, and is also counted for the user. Only a right code resets the user's count, so that a right or new
    password does not allow more guesses.
    """
    if code is not None:
        check_code_type(code)
    attempt = await attempts.begin(db, login, password, source=source, user_agent=user_agent)
    guess: CodeGuess | None = None

    async def finish(found: Login, renewed: str | None) -> SignedIn:
        nonlocal guess
        if code is not None and (guess is None or guess.user_id != found.id):
            guess = await count_guess(db, found.id)
        try:
            return await db.in_transaction(
                lambda tx: _open_session(
                    tx, attempt, found, replaced_by=renewed, code=code, guess=guess, lifetime=lifetime
                )
            )
        except SecondFactorRequired:
            await attempts.take_back(db, attempt)
            kind = SecurityEventKind.SECOND_FACTOR_REQUIRED
            await record(db, kind, found.id, source=attempt.source, user_agent=attempt.user_agent)
            raise
        except SecondFactorInvalid:
            has_locked = guess is not None and guess.has_locked
            await attempts.record_failure(db, attempt, found.id, has_locked=has_locked)
            raise

    return await attempts.enter(db, attempt, password, finish)


async def _open_session(
    tx: Transaction,
    attempt: Attempt,
    found: Login,
    *,
    replaced_by: str | None,
    code: SecretStr | None,
    guess: CodeGuess | None,
    lifetime: timedelta,
) -> SignedIn:
    """Begin the session.

    The UPDATE of the user comes first: a concurrent password change ends the session or is seen.
    """
    try:
        await users.touch_last_login(tx, found.id)
    except NotFound:
        raise Outdated from None
    user = await attempts.succeed(tx, attempt, found, replaced_by=replaced_by)
    source, user_agent = attempt.source, attempt.user_agent
    await check_code(tx, user.id, code, guess, source=source, user_agent=user_agent)
    await record(tx, SecurityEventKind.SIGN_IN, user.id, source=source, user_agent=user_agent)
    issued = await refresh_tokens.issue_refresh_token(
        tx, user.id, lifetime=lifetime, source=source, user_agent=user_agent
    )
    return SignedIn.with_token(user, issued)
