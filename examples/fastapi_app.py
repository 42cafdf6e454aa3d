"""A small web application: a transaction per request, a read-only one where nothing is written, errors as statuses.

pip install "fastapi>=0.121" uvicorn
yoyo apply
uvicorn --app-dir examples fastapi_app:app
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, SecretStr, ValidationError

from hangar_dal import (
    ACCOUNTS,
    Database,
    JsonArray,
    JsonObject,
    NewSessionCookie,
    NewUser,
    Transaction,
    User,
    errors,
    open_database,
    session_cookies,
    transaction_dependency,
    users,
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with open_database(catalog=ACCOUNTS) as app.state.database:
        yield


app = FastAPI(title="hangar", lifespan=lifespan)


def database() -> Database:
    found: Database = app.state.database
    return found


get_db = transaction_dependency(database)
get_db_to_read = transaction_dependency(database, read_only=True)

# "function": COMMIT comes before the response, so that a client never learns of work that was not saved.
WriteDb = Annotated[Transaction, Depends(get_db, scope="function")]
ReadDb = Annotated[Transaction, Depends(get_db_to_read, scope="function")]


class Registration(BaseModel):
    """What a stranger may say about their own account: neither role nor status."""

    username: str
    email: str
    password: SecretStr


class Profile(BaseModel):
    display_name: str | None = None
    phone_number: str | None = None


class Session(BaseModel):
    platform: str
    cookies: JsonObject | JsonArray
    expires_at: datetime


@app.post("/users", status_code=201)
async def register(new: Registration, db: Annotated[Database, Depends(database)]) -> User:
    """Takes the database and not a transaction: no connection waits while the password is hashed."""
    return await users.create_user(db, NewUser(**new.model_dump()))


@app.get("/users")
async def list_users(db: ReadDb, after: UUID | None = None) -> list[User]:
    last = None if after is None else await users.get_user(db, after)
    return await users.list_users(db, after=last)


@app.get("/users/{user_id}")
async def show_user(user_id: UUID, db: ReadDb) -> User:
    return await users.get_user(db, user_id)


@app.patch("/users/{user_id}")
async def change_user(user_id: UUID, changes: Profile, db: WriteDb) -> User:
    return await users.update_user(db, user_id, **changes.model_dump(exclude_unset=True))


@app.post("/users/{user_id}/sessions", status_code=201)
async def store_session(user_id: UUID, new: Session, db: WriteDb) -> UUID:
    """Answers with the id alone: the cookies do not leave the server again."""
    stored = await session_cookies.create_session_cookie(
        db, NewSessionCookie(user_id=user_id, platform=new.platform, cookies=new.cookies, expires_at=new.expires_at)
    )
    return stored.id


STATUSES = {
    errors.InvalidValue: 422,
    errors.NotFound: 404,
    errors.ForeignKeyViolation: 404,
    errors.UniqueViolation: 409,
    errors.DatabaseBusy: 503,
    errors.HashingBusy: 503,
    errors.TransactionConflict: 503,
}


async def answer(request: Request, error: Exception) -> JSONResponse:
    """The messages hold no row's values and no secrets, so they can be shown."""
    status = next(status for kind, status in STATUSES.items() if isinstance(error, kind))
    return JSONResponse({"detail": str(error)}, status)


async def answer_invalid(request: Request, error: Exception) -> JSONResponse:
    """A rule of a request's or a row's model is broken. What was sent is not repeated: it may be a password.

    FastAPI's own answer holds the input, and pydantic's error its context. Behind the field's name, `loc` may hold
    keys of the client's JSON.
    """
    assert isinstance(error, RequestValidationError | ValidationError)
    problems = [{"loc": each["loc"][:2], "msg": each["msg"], "type": each["type"]} for each in error.errors()]
    return JSONResponse({"detail": problems}, 422)


for kind in STATUSES:
    app.add_exception_handler(kind, answer)
for kind in (RequestValidationError, ValidationError):
    app.add_exception_handler(kind, answer_invalid)
