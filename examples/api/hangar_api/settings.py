"""What the application itself needs from the environment, or from `.env`. `hangar_dal.Settings` reads the rest."""

import base64
import binascii
from functools import cached_property
from pathlib import Path

from pydantic import AnyHttpUrl, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from hangar_dal.commerce.billing import InvoiceTerms

_LEAST_KEY_BYTES = 32  # what HS256 needs


class ApiSettings(BaseSettings):
    """Each field is the variable of its name with `API_` in front: `token_keys` is API_TOKEN_KEYS."""

    model_config = SettingsConfigDict(
        env_prefix="API_", env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    token_keys: SecretStr
    """`id:base64` entries, separated by commas. The first key signs access tokens, all of them verify."""

    issuer: str = "hangar-api"
    audience: str = "hangar-api"
    access_token_seconds: int = Field(1800, ge=1, le=86_400)
    platforms: dict[str, AnyHttpUrl] = Field(default_factory=dict)
    """The address of each platform that stored cookies may be sent to, as a JSON object."""

    webhook_secrets: dict[str, SecretStr] = Field(default_factory=dict)
    """What each payment provider signs its events with, as a JSON object."""

    seller: str = Field("hangar", min_length=1, max_length=50)
    """Whose invoices have numbers without gaps in each year."""

    tax_rate: int = Field(0, ge=0, le=10_000)
    """On invoices, in basis points: 1900 is 19 %."""

    mail_folder: Path | None = None
    """Where messages to users are written, unless `create_app` is given a function that sends them."""

    workers: bool = True
    """Whether this process does the work in the background. False if another process of the application does it."""

    poll_seconds: float = Field(1, gt=0, le=60)
    """How often the worker looks for messages when nothing wakes it."""

    upkeep_seconds: float = Field(300, gt=0)
    """How often the trends are refreshed, and what is no longer needed is deleted."""

    @cached_property
    def keys(self) -> dict[str, bytes]:
        """The keys of access tokens by their ids, the one that signs first."""
        return _parse_keys(self.token_keys)

    @property
    def invoice_terms(self) -> InvoiceTerms:
        return InvoiceTerms(seller=self.seller, tax_rate=self.tax_rate)

    @field_validator("token_keys")
    @classmethod
    def _check_keys(cls, given: SecretStr) -> SecretStr:
        _parse_keys(given)
        return given


def _parse_keys(given: SecretStr) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for entry in given.get_secret_value().split(","):
        key_id, _, encoded = entry.strip().partition(":")
        if not key_id or key_id in keys:
            raise ValueError("each key needs an id of its own, as in id:base64")
        try:
            keys[key_id] = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise ValueError(f"key {key_id}: not base64") from None
        if len(keys[key_id]) < _LEAST_KEY_BYTES:
            raise ValueError(f"key {key_id}: must have at least {_LEAST_KEY_BYTES} bytes")
    return keys
