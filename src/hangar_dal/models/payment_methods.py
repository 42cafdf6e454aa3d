"""Payment methods of users: the provider's token, sealed, and details to display."""

import re
from datetime import datetime
from typing import Annotated, Self, TypedDict
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from hangar_dal.models.row import PlainName, Row
from hangar_dal.sealing import Sealed
from hangar_dal.values import uuid7

_CARD_NUMBER = re.compile(r"\s*[0-9](?:[ -]?[0-9]){13,18}\s*")


def _no_card_number(token: str) -> str:
    if _CARD_NUMBER.fullmatch(token):
        raise ValueError("this may be a card number; a provider gives a token for it")
    return token


SealedToken = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1000),
    AfterValidator(_no_card_number),
    Sealed("payment_methods", "token", bind=("id", "user_id")),
]
LastFour = Annotated[str, StringConstraints(pattern=r"^[0-9][0-9][0-9][0-9]$")]
Month = Annotated[int, Field(ge=1, le=12)]
Year = Annotated[int, Field(ge=2000, le=9999)]


class NewPaymentMethod(Row):
    """A method to store. `brand` is a name such as `visa` or `paypal`.

    Some brands have no last digits and no expiry.
    """

    id: UUID = Field(default_factory=uuid7)
    user_id: UUID
    provider: PlainName
    token: SealedToken = Field(repr=False)
    brand: PlainName
    last_four: LastFour | None = None
    expires_month: Month | None = None
    expires_year: Year | None = None

    @model_validator(mode="after")
    def _has_a_whole_expiry(self) -> Self:
        if (self.expires_month is None) != (self.expires_year is None):
            raise ValueError("expires_month and expires_year: give both or neither")
        return self


class PaymentMethodSummary(Row):
    """A method without its token, safe to display."""

    id: UUID
    user_id: UUID
    provider: str
    brand: str
    last_four: str | None
    expires_month: int | None
    expires_year: int | None
    created_at: datetime


class PaymentMethod(Row):
    """A method with its token. `model_dump` reveals the token, `repr` does not."""

    id: UUID
    user_id: UUID
    provider: str
    token: SealedToken = Field(repr=False)
    brand: str
    last_four: str | None
    expires_month: int | None
    expires_year: int | None
    created_at: datetime


class DefaultPaymentMethod(Row):
    """The default payment method of a user."""

    user_id: UUID
    payment_method_id: UUID
    chosen_at: datetime


class PaymentMethodChanges(TypedDict, total=False):
    """The details that change when a card is replaced. Pass month and year of the expiry together."""

    brand: PlainName
    last_four: LastFour | None
    expires_month: Month | None
    expires_year: Year | None
