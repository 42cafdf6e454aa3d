"""Addresses: an application's own e-mail addresses, stored one by one, in lists and by PATCH."""
# mypy: disable-error-code="empty-body"

from typing import Annotated, TypedDict

from typing_extensions import Unpack

from hangar_dal import EmailAddress, Executor, Row, RowCount, Stream
from tests.shop import query


class Address(Row):
    id: int
    email: Annotated[str, EmailAddress]


class AddressChanges(TypedDict, total=False):
    email: Annotated[str, EmailAddress]


@query
async def insert_address(db: Executor, address: Address) -> Address: ...


@query
async def insert_addresses(db: Executor, addresses: list[Address]) -> RowCount: ...


@query
async def change_address(db: Executor, id: int, **changes: Unpack[AddressChanges]) -> RowCount: ...


@query
async def find_address(db: Executor, email: Annotated[str, EmailAddress]) -> Address | None: ...


@query
def stream_addresses(db: Executor, ids: list[int]) -> Stream[Address]: ...
