"""Set up, confirm and remove the second factor."""

from fastapi import APIRouter, status
from pydantic import BaseModel, SecretStr

from hangar_api.dependencies import Configured, Current, Db, From, Where
from hangar_api.schemas import Request
from hangar_dal import Database, User, accounts, two_factor
from hangar_dal.errors import InvalidCredentials, SecondFactorRequired

router = APIRouter(prefix="/me/two-factor", tags=["second factor"])


class Proof(Request):
    """The password again, and a code if a second factor is in force: an access token may be stolen."""

    password: SecretStr
    code: SecretStr | None = None


class Code(Request):
    code: SecretStr


class Setup(BaseModel):
    """For the authenticator app, once: the URI as a QR code, or the secret to type."""

    secret: str
    uri: str


class RecoveryCodes(BaseModel):
    """Shown once. Each replaces a code of the app one time."""

    recovery_codes: list[str]


@router.post("")
async def start(proof: Proof, current: Current, db: Db, settings: Configured, where: From) -> Setup:
    """Nothing changes until the first code is confirmed."""
    await _check_proof(db, current.user, proof, where)
    setup = await accounts.start_second_factor(db, current.user.id, issuer=settings.issuer, **where)
    return Setup(secret=setup.secret.get_secret_value(), uri=setup.uri.get_secret_value())


@router.post("/confirm")
async def confirm(given: Code, current: Current, db: Db, where: From) -> RecoveryCodes:
    codes = await accounts.confirm_second_factor(db, current.user.id, given.code, **where)
    return RecoveryCodes(recovery_codes=[code.get_secret_value() for code in codes])


@router.post("/recovery-codes")
async def renew_recovery_codes(proof: Proof, current: Current, db: Db, where: From) -> RecoveryCodes:
    await _check_proof(db, current.user, proof, where)
    codes = await accounts.renew_recovery_codes(db, current.user.id, **where)
    return RecoveryCodes(recovery_codes=[code.get_secret_value() for code in codes])


@router.post("/disable", status_code=status.HTTP_204_NO_CONTENT)
async def disable(proof: Proof, current: Current, db: Db, where: From) -> None:
    await _check_proof(db, current.user, proof, where)
    await accounts.disable_second_factor(db, current.user.id, **where)


async def _check_proof(db: Database, user: User, proof: Proof, where: Where) -> None:
    login = user.username or user.email
    if login is None:
        raise InvalidCredentials("the account has no password")
    verified = await accounts.authenticate(db, login, proof.password, **where)
    if verified.id != user.id:  # the name was given to another account in the meantime
        raise InvalidCredentials("sign in again")
    if await two_factor.find_two_factor(db, user.id) is None:
        return
    if proof.code is None:
        raise SecondFactorRequired("a second factor is in force; send a code of its app or a recovery code too")
    await accounts.verify_second_factor(db, user.id, proof.code, **where)
