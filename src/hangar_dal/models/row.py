"""The base class of all models, and the types that several domains share."""

from functools import cache
from typing import Annotated, Any, Final, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, Secret, SecretBytes, SecretStr, StringConstraints
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

from hangar_dal.sealing import Sealed

# The maximum number of rows in one page of a list, and of rows that one statement may change.
PageSize = Annotated[int, Field(ge=1, le=1000)]
BatchSize = Annotated[int, Field(ge=1, le=10_000)]

NotNegative = Annotated[int, Field(ge=0)]
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=50)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=200)]
# A name such as `visa`. It has no digits, so that it cannot contain a card or account number.
PlainName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,49}$")]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=2000)]

# An ISO 4217 code, such as EUR. The application must know how many minor units make a major unit.
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z][A-Z]$")]
# A positive number of minor units.
Amount = Annotated[int, Field(ge=1, le=10**15)]
Price = Annotated[int, Field(ge=0, le=10**15)]
TrialDays = Annotated[int, Field(ge=0, le=1000)]

# The stored part of a worker's error message.
MAX_ERROR_CHARACTERS: Final = 1000
LastError = Annotated[str, StringConstraints(max_length=MAX_ERROR_CHARACTERS)]

EveCharacterId = Annotated[int, Field(gt=0)]

# A SHA-256 hash as 64 lower-case hexadecimal digits, stored in place of a token, a code or a login.
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

# Where a request came from: usually an IP address.
Source = Annotated[str, StringConstraints(min_length=1, max_length=255)]
MAX_USER_AGENT_CHARACTERS: Final = 512
UserAgent = Annotated[str, StringConstraints(min_length=1, max_length=MAX_USER_AGENT_CHARACTERS)]


class Confidential:
    """Marks a field that must not leave the process as plain text, such as a password hash."""


class Row(BaseModel):
    """Base class for rows: frozen, rejects unknown fields, and keeps input values out of error messages.

    A model with secret fields (`Sealed`, `SecretStr` or `Confidential`) cannot be pickled, because the pickle would
    contain them as plain text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def __getstate__(self) -> dict[Any, Any]:
        if secrets := _secret_fields(type(self)):
            raise TypeError(
                f"{type(self).__name__} cannot be pickled: {', '.join(secrets)} would leave the process unencrypted. "
                "Pass the row's id, and read the row again where it is needed."
            )
        return super().__getstate__()


_SECRET_TYPES: Final = (SecretStr, SecretBytes, Secret, Confidential)


@cache
def _secret_fields(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the names of the fields that are secret or contain a model with secret fields."""
    return tuple(name for name, field in model.model_fields.items() if _is_secret(field))


def _is_secret(field: FieldInfo) -> bool:
    """Return whether the annotation, or a part of it such as a list item, union member, marker or model, is secret."""
    parts: list[Any] = [field.annotation, *field.metadata]
    for part in parts:  # the loop appends to this list
        if isinstance(part, Sealed) or (isinstance(part, type) and issubclass(part, _SECRET_TYPES)):
            return True
        if isinstance(part, type) and issubclass(part, BaseModel):
            inner = [each for found in part.model_fields.values() for each in (found.annotation, *found.metadata)]
        else:
            inner = [part.__value__] if isinstance(part, TypeAliasType) else [get_origin(part), *get_args(part)]
        parts += [each for each in inner if not any(each is known for known in parts)]
    return False
