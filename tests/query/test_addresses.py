"""A text marked `EmailAddress` is checked, kept and folded wherever a query takes it."""

from typing import Annotated

import pytest

from hangar_dal import CaseInsensitive, Database, EmailAddress
from hangar_dal.database.types import UnsupportedType, value_type
from hangar_dal.errors import InvalidValue, UniqueViolation
from tests.shop import addresses
from tests.shop.addresses import Address

CIRCLED = "mara@g\N{CIRCLED LATIN SMALL LETTER M}ail.com"


async def test_an_address_is_kept_and_compared_by_its_a_labels(shop_database: Database) -> None:
    kept = Address(id=1, email="mara@xn--fa-hia.de")
    assert await addresses.insert_address(shop_database, Address(id=1, email="mara@faß.de")) == kept
    assert await addresses.find_address(shop_database, "MARA@FAẞ.DE") == kept
    assert await addresses.find_address(shop_database, "mara@fass.de") is None
    many = [Address(id=2, email="mara@fass.de"), Address(id=3, email="MÁRA@BÜCHER.example")]
    assert await addresses.insert_addresses(shop_database, many) == 2
    assert await addresses.find_address(shop_database, "mára@bücher.example") == many[1]
    assert await addresses.change_address(shop_database, 3, email="noah@BÜCHER.example") == 1
    changed = Address(id=3, email="noah@xn--bcher-kva.example")
    assert await addresses.find_address(shop_database, "NOAH@bücher.example") == changed
    for taken in ("Mara@FAß.de", "MARA@xn--fa-hia.de"):
        with pytest.raises(UniqueViolation):
            await addresses.change_address(shop_database, 3, email=taken)
        with pytest.raises(UniqueViolation):
            await addresses.insert_addresses(shop_database, [Address(id=4, email=taken)])


async def test_an_address_of_a_bypassed_model_is_checked_and_kept_alike(shop_database: Database) -> None:
    given = Address(id=1, email="a@x").model_copy(update={"email": "mara@faß.de"})
    assert await addresses.insert_addresses(shop_database, [given]) == 1
    assert await addresses.find_address(shop_database, "mara@faß.de") == Address(id=1, email="mara@xn--fa-hia.de")


async def test_what_is_no_address_is_refused_in_each_way_in(shop_database: Database) -> None:
    wrong = Address(id=1, email="a@x").model_copy(update={"email": CIRCLED})
    for call in (
        addresses.insert_address(shop_database, wrong),
        addresses.insert_addresses(shop_database, [wrong]),
        addresses.change_address(shop_database, 1, email=CIRCLED),
        addresses.find_address(shop_database, CIRCLED),
    ):
        with pytest.raises(InvalidValue, match=r"^email: an e-mail address must not contain compatibility characters"):
            await call


def test_a_text_has_one_fold() -> None:
    with pytest.raises(UnsupportedType, match="derive the same `_fold`; keep one of them"):
        value_type(Annotated[str, CaseInsensitive, EmailAddress])
