"""Every error as problem details (RFC 9457). What was sent is never repeated: it may be a password."""

import logging
import re
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException

from hangar_dal import errors

logger = logging.getLogger("hangar_api")

_AGAIN_LATER = "The service is busy or its database cannot be reached. Try again later."
_INTERNAL = "The server failed. Quote the X-Request-ID of this answer when you report it."

# The nearest class in the tree of errors decides.
STATUSES: dict[type[errors.HangarError], int] = {
    errors.HangarError: 500,
    errors.InvalidValue: 422,
    errors.InvalidCredentials: 401,
    errors.TokenInvalid: 401,
    errors.SecondFactorRequired: 401,
    errors.SecondFactorInvalid: 401,
    errors.AccountNotActive: 403,
    errors.NotFound: 404,
    errors.EveTokenLeaseLost: 409,
    errors.IdempotencyKeyBusy: 409,
    errors.IdempotencyKeyReused: 422,
    errors.IdempotencyLeaseLost: 409,
    errors.PaymentDiffers: 409,
    errors.InsufficientFunds: 409,
    errors.AdNotAvailable: 409,
    errors.ConstraintViolation: 409,
    errors.CheckViolation: 422,
    errors.NotNullViolation: 422,
    errors.HashingBusy: 503,
    errors.DatabaseBusy: 503,
    errors.ConnectionFailed: 503,
    errors.DatabaseFileLost: 503,
    errors.DatabaseClosed: 503,
    errors.StatementTimeout: 503,
    errors.TransactionConflict: 503,
    errors.TransactionExpired: 503,
}
_DETAILS: dict[type[errors.HangarError], str] = {
    errors.CommitUnknown: "It is not known whether this was saved. Look before you try again.",
    errors.NotFound: "There is no such thing, or it is not yours to see or to change.",
    errors.UniqueViolation: "This is taken already: {columns}.",
    errors.ForeignKeyViolation: "The account or the thing that this refers to is gone.",
    errors.ConstraintViolation: "A rule of the database does not allow this.",
}
# What a rule of a table means to a client: status and words.
_RULES = {
    "videos_pkey": (409, "Another video has this id already."),
    "videos_published_check": (409, "Only a READY video can be published."),
    "videos_ready_check": (409, "A READY video has a duration. Set duration_ms first."),
    "video_renditions_pkey": (422, "Each rendition of a video has a name of its own."),
    "follows_self_check": (422, "Users cannot follow themselves."),
    "blocks_self_check": (422, "Users cannot block themselves."),
    "comments_pkey": (409, "Another comment has this id already."),
    "comments_depth_check": (422, "An answer can be at most eight levels deep. Answer the comment above."),
    "shares_pkey": (409, "Another share has this id already."),
    "shares_recipient_check": (422, "A share in the channel USER has a recipient, and no other share has one."),
    "shares_self_check": (422, "Users cannot share a video with themselves."),
    "reports_pkey": (409, "Another report has this id already."),
    "payment_methods_pkey": (409, "Another payment method has this id already."),
    "payments_pkey": (409, "Another payment has this id already."),
    "payment_captures_pkey": (409, "Another capture has this id already."),
    "payment_refunds_pkey": (409, "Another refund has this id already."),
    "campaigns_pkey": (409, "Another campaign has this id already."),
    "creatives_pkey": (409, "Another creative has this id already."),
    "livestreams_pkey": (409, "Another livestream has this id already."),
    "live_chat_messages_pkey": (409, "Another message has this id already."),
    "donations_pkey": (409, "Another donation has this id already."),
    "ledger_transfers_pkey": (409, "Another transfer has this id already."),
    "ledger_transfers_accounts_check": (422, "Money goes from one wallet to another one."),
}
# Python 3.13 has other words for this status. `type` must stay the same.
_PHRASES = {413: "Content Too Large"}


class FieldProblem(BaseModel):
    loc: list[str | int]
    msg: str
    type: str


class Problem(BaseModel):
    type: str
    title: str
    status: int
    detail: str
    columns: list[str] | None = None
    errors: list[FieldProblem] | None = None


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "content": {"application/problem+json": {}}, "description": "Problem details"}
    for status in ("4XX", "5XX", 422)
}


def problem(kind: str, status: int, detail: str, *, headers: dict[str, str] | None = None, **more: Any) -> JSONResponse:
    """`kind` is the name of an error's class, or a few words in CamelCase."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind)
    slug = words.lower().replace(" ", "-")
    found = Problem(type=f"urn:hangar-api:{slug}", title=words.capitalize(), status=status, detail=detail, **more)
    return JSONResponse(
        found.model_dump(exclude_none=True), status, headers=headers, media_type="application/problem+json"
    )


def internal_error() -> JSONResponse:
    return problem("InternalError", 500, _INTERNAL)


async def answer_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, errors.HangarError)
    kind = type(error)
    status, detail = _rule(error) or (_nearest(STATUSES, kind), None)
    if status >= 500:
        # The package's messages hold no row's values and no secrets.
        logger.error("%s: %s", kind.__name__, error)
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "2"}}.get(status)
    columns = list(error.columns) if isinstance(error, errors.UniqueViolation) else None
    return problem(kind.__name__, status, detail or _detail(error, status), headers=headers, columns=columns)


async def answer_invalid(request: Request, error: Exception) -> JSONResponse:
    """A rule of a request's or a row's model is broken. Behind the field's name, `loc` may hold keys of the client."""
    assert isinstance(error, RequestValidationError | ValidationError)
    problems = [
        FieldProblem(loc=list(each["loc"][:2]), msg=each["msg"], type=each["type"])
        for each in error.errors()
        if each["type"] != "default_factory_not_called"  # follows from another problem
    ]
    if isinstance(error, RequestValidationError):
        problems = [_without_names_of_the_client(each) for each in problems]
    return problem("InvalidRequest", 422, "Some fields are missing or wrong.", errors=problems)


async def answer_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    phrase = _PHRASES.get(error.status_code) or HTTPStatus(error.status_code).phrase
    kind = phrase.title().replace(" ", "")
    return problem(kind, error.status_code, str(error.detail), headers=headers)


def install(app: FastAPI) -> None:
    app.add_exception_handler(errors.HangarError, answer_error)
    app.add_exception_handler(HTTPException, answer_http)
    for kind in (RequestValidationError, ValidationError):
        app.add_exception_handler(kind, answer_invalid)


def _rule(error: errors.HangarError) -> tuple[int, str] | None:
    return _RULES.get(error.constraint or "") if isinstance(error, errors.ConstraintViolation) else None


def _nearest(table: dict[type[errors.HangarError], Any], kind: type[Exception]) -> Any:
    return next((table[each] for each in kind.__mro__ if each in table), None)


def _detail(error: errors.HangarError, status: int) -> str:
    """What the client may know. Messages of server errors are for the log: they name queries and settings."""
    if isinstance(error, errors.TriggerViolation) and error.text:
        return error.text
    if known := _nearest(_DETAILS, type(error)):
        return str(known).format(columns=", ".join(getattr(error, "columns", ())))
    if status >= 500:
        return _AGAIN_LATER if status == 503 else _INTERNAL
    return str(error)


def _without_names_of_the_client(found: FieldProblem) -> FieldProblem:
    """A field that is not known has a name that the client chose."""
    return found.model_copy(update={"loc": found.loc[:1]}) if found.type == "extra_forbidden" else found
