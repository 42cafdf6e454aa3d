"""What all models have in common, and the types that queries of several domains share."""

from functools import cache
from typing import Annotated, Any, Final, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, Secret, SecretBytes, SecretStr, StringConstraints
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

from hangar_dal.sealing import Sealed

# How many rows one page of a list may have, and how many one statement may change.
PageSize = Annotated[int, Field(ge=1, le=1000)]
BatchSize = Annotated[int, Field(ge=1, le=10_000)]

NotNegative = Annotated[int, Field(ge=0)]
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=50)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=200)]
# A name in code, such as `visa`: it has no digits, so that no number of a card or of an account fits into it.
PlainName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,49}$")]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=2000)]

# The letters of ISO 4217, such as EUR. How many minor units make a major one is the application's affair.
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z][A-Z]$")]
# A positive number of minor units.
Amount = Annotated[int, Field(ge=1, le=10**15)]
Price = Annotated[int, Field(ge=0, le=10**15)]
TrialDays = Annotated[int, Field(ge=0, le=1000)]

# What is stored of an error of a worker.
MAX_ERROR_CHARACTERS: Final = 1000
LastError = Annotated[str, StringConstraints(max_length=MAX_ERROR_CHARACTERS)]

EveCharacterId = Annotated[int, Field(gt=0)]

# A SHA-256 as 64 lower-case hexadecimal digits: what is stored of a token, a code or a login.
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

# Where a request came from: usually an IP address.
Source = Annotated[str, StringConstraints(min_length=1, max_length=255)]
MAX_USER_AGENT_CHARACTERS: Final = 512
UserAgent = Annotated[str, StringConstraints(min_length=1, max_length=MAX_USER_AGENT_CHARACTERS)]


class Confidential:
    """Marks a field that must not leave the process in clear, such as the hash of a password."""


class Row(BaseModel):
    """One row, or the values for one: frozen, nothing unknown accepted, and no input in the text of an error.

    A model with secrets (fields that are `Sealed`, `SecretStr` or `Confidential`) cannot be pickled: the pickle would
    hold them in clear.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def __getstate__(self) -> dict[Any, Any]:
        if secrets := _secret_fields(type(self)):
            raise TypeError(
                f"{type(self).__name__} cannot be pickled: {', '.join(secrets)} would leave the process in clear. "
                "Pass the row's id, and read the row again where it is needed."
            )
        return super().__getstate__()


_SECRET_TYPES: Final = (SecretStr, SecretBytes, Secret, Confidential)


@cache
def _secret_fields(model: type[BaseModel]) -> tuple[str, ...]:
    """The fields that are secret, or hold a model with such fields."""
    return tuple(name for name, field in model.model_fields.items() if _is_secret(field))


def _is_secret(field: FieldInfo) -> bool:
    """Looks at the annotation and all that it is made of: items of lists, arms of unions, markers, models."""
    parts: list[Any] = [field.annotation, *field.metadata]
    for part in parts:  # which grows meanwhile
        if isinstance(part, Sealed) or (isinstance(part, type) and issubclass(part, _SECRET_TYPES)):
            return True
        if isinstance(part, type) and issubclass(part, BaseModel):
            inner = [each for found in part.model_fields.values() for each in (found.annotation, *found.metadata)]
        else:
            inner = [part.__value__] if isinstance(part, TypeAliasType) else [get_origin(part), *get_args(part)]
        parts += [each for each in inner if not any(each is known for known in parts)]
    return False
