"""Begin, continue and end a session; the links that new users and new addresses get."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, status
from fastapi.security import OAuth2PasswordRequestForm
from pydantic import SecretStr

from hangar_api import mail
from hangar_api.dependencies import Configured, Current, Db, From, Outbox
from hangar_api.schemas import (
    Ended,
    ForgottenPassword,
    Login,
    NewPasswordByToken,
    OneTimeTokenRequest,
    RefreshTokenRequest,
    Registration,
    Token,
    UserResponse,
)
from hangar_dal import NewUser, accounts

router = APIRouter(tags=["signing in"])


@router.post("/register", status_code=status.HTTP_201_CREATED)
async def register(new: Registration, db: Db, where: From) -> UserResponse:
    user = await accounts.register_user(db, NewUser(**new.model_dump(exclude_none=True)), **where)
    return UserResponse.of(user)


@router.post("/token")
async def sign_in_by_form(
    form: Annotated[OAuth2PasswordRequestForm, Depends()],
    db: Db,
    settings: Configured,
    where: From,
    code: Annotated[SecretStr | None, Form(description="a code of the second factor")] = None,
) -> Token:
    """Sign in by the form of OAuth2. `username` may also be an e-mail address."""
    login, password = form.username, SecretStr(form.password)
    return Token.of(settings, await accounts.sign_in(db, login, password, code=code, **where))


@router.post("/login")
async def sign_in(given: Login, db: Db, settings: Configured, where: From) -> Token:
    """Sign in by JSON. If the problem is `second-factor-required`, send the same again with `code`."""
    signed_in = await accounts.sign_in(db, given.login, given.password, code=given.code, **where)
    return Token.of(settings, signed_in)


@router.post("/token/refresh")
async def refresh(given: RefreshTokenRequest, db: Db, settings: Configured, where: From) -> Token:
    """Use a refresh token for the next pair of tokens. A token that is used twice ends its session."""
    return Token.of(settings, await accounts.refresh(db, given.refresh_token, **where))


@router.post("/logout", status_code=status.HTTP_204_NO_CONTENT)
async def sign_out(given: RefreshTokenRequest, db: Db, where: From) -> None:
    """End the session of a refresh token. The answer is the same if it had ended before."""
    await accounts.sign_out(db, given.refresh_token, **where)


@router.post("/logout/everywhere")
async def sign_out_everywhere(current: Current, db: Db, where: From) -> Ended:
    return Ended(ended=await accounts.sign_out_everywhere(db, current.user.id, **where))


@router.post("/invitations/accept")
async def accept_invitation(given: NewPasswordByToken, db: Db, where: From) -> UserResponse:
    """Choose the password of an account that an administrator has made."""
    return UserResponse.of(await accounts.accept_invitation(db, given.token, given.password, **where))


@router.post("/email/confirm")
async def confirm_email(given: OneTimeTokenRequest, db: Db, where: From) -> UserResponse:
    return UserResponse.of(await accounts.confirm_email(db, given.token, **where))


@router.post("/password/forgotten", status_code=status.HTTP_202_ACCEPTED)
async def request_password_reset(given: ForgottenPassword, db: Db, where: From, outbox: Outbox) -> None:
    """Send a token for `/password/reset` to this address. The answer does not tell whether an account has it."""
    if outbox is None:
        raise HTTPException(501, "This server cannot send mail. Ask an administrator for a new password.")
    issued = await accounts.request_password_reset(db, given.email, **where)
    if issued is not None:
        outbox(mail.message(issued.stored.purpose, issued.stored.email, issued.token))


@router.post("/password/reset", status_code=status.HTTP_204_NO_CONTENT)
async def reset_password(given: NewPasswordByToken, db: Db, where: From) -> None:
    """Replaces a forgotten password and ends all sessions. A second factor stays in force."""
    await accounts.reset_password_with_token(db, given.token, given.password, **where)
