"""Seal values before they reach SQL, so that a stolen database, dump or log contains no credentials.

A sealed value is the text `v1.<key id>.<base64 of nonce and ciphertext>`: AES-256-GCM with a random 96-bit nonce. Its
associated data contains the table, the column and the bound fields of the row, so a sealed value can only be opened in
its original place. Uses no database and no files. Does not import `settings`.
"""

import re
import secrets
from base64 import b64encode
from binascii import a2b_base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from hangar_dal.errors import InvalidValue, SealError, SettingsError, raise_alone
from hangar_dal.extras import needing
from hangar_dal.sizes import MAX_JSON_BYTES

MAX_PLAINTEXT: Final = MAX_JSON_BYTES
MAX_SEALED_TEXT: Final = MAX_PLAINTEXT * 4 // 3 + 128  # base64 of the plaintext, plus header, nonce and tag

_FORMAT: Final = "v1"
HEADER_LENGTH: Final = len(f"{_FORMAT}..") + 32  # with the longest key id
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_LEAST_BYTES: Final = _NONCE_BYTES + 16  # the tag of AES-GCM
_KEY_ID: Final = re.compile(r"[a-z0-9_-]{1,32}")
_KEYS_HINT: Final = "HANGAR_SEALING_KEYS or the file that HANGAR_SEALING_KEY_FILE names"


@dataclass(frozen=True, slots=True)
class Sealed:
    """Marks a model field that is stored sealed, and names the fields of the same row to which it is bound.

    `cookies: Annotated[JsonObject, Sealed("session_cookies", "cookies", bind=("id", "user_id"))]`. A sealed value that
    is copied to another row, column or table cannot be opened there.
    """

    table: str
    column: str
    bind: tuple[str, ...]

    def __post_init__(self) -> None:
        _declared.setdefault((self.table, self.column), set()).add(self.bind)


# Filled when models are imported. A backup opens all sealed values without knowing the models.
_declared: Final[dict[tuple[str, str], set[tuple[str, ...]]]] = {}


def declared_bindings(table: str, column: str) -> tuple[tuple[str, ...], ...]:
    """Return the fields to which the imported models bind this column. Two models may bind it differently."""
    return tuple(_declared.get((table, column), ()))


def missing_key(key_id: str, *, table: str, column: str) -> SealError:
    """Return the error for a value whose key is not configured."""
    reason = f"sealed with key {key_id}, which is not configured. Add it to {_KEYS_HINT}."
    return SealError(reason, table=table, column=column, key_id=key_id)


class Keyring:
    """Seals with its first key and opens with any of them, so that keys can be replaced while the application runs.

    A random nonce is safe for 2**32 values per key. Create a new key long before that.
    """

    __slots__ = ("_altered", "_ciphers")

    def __init__(self, keys: Iterable[tuple[str, bytes]]) -> None:
        with needing("sealing"):  # a database without sealed columns does not need it
            from cryptography.exceptions import InvalidTag  # noqa: PLC0415
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415
        self._altered: type[Exception] = InvalidTag
        self._ciphers: dict[str, AESGCM] = {}
        for key_id, key in keys:
            if not _KEY_ID.fullmatch(key_id):
                raise SettingsError("a key id is 1 to 32 of a-z, 0-9, _ and -")
            if key_id in self._ciphers:
                raise SettingsError(f"key id {key_id} is defined twice")
            if len(key) != _KEY_BYTES:
                raise SettingsError(f"key {key_id} must be {_KEY_BYTES} bytes; see `hangar-dal keys new`")
            self._ciphers[key_id] = AESGCM(key)
        if not self._ciphers:
            raise SettingsError("there is no key; make one with `hangar-dal keys new`")

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the keys; the first one seals."""
        return tuple(self._ciphers)

    def seal(self, plaintext: bytes, *, table: str, column: str, bound: Sequence[str]) -> str:
        """Return the text to store in `column` of the row whose bound columns have the values `bound`."""
        if len(plaintext) > MAX_PLAINTEXT:
            raise InvalidValue(f"{table}.{column}: a value to seal must not be larger than {MAX_PLAINTEXT} bytes")
        key_id, cipher = next(iter(self._ciphers.items()))
        header = f"{_FORMAT}.{key_id}"
        nonce = secrets.token_bytes(_NONCE_BYTES)
        ciphertext = cipher.encrypt(nonce, plaintext, _associated_data(header, table, column, bound))
        return f"{header}.{b64encode(nonce + ciphertext).decode()}"

    def unseal(self, text: str, *, table: str, column: str, bound: Sequence[str]) -> bytes:
        """Return the plaintext. Raises `SealError` if the text was altered or moved, or its key is not configured."""
        if len(text) > MAX_SEALED_TEXT:
            raise SealError("the stored text is longer than any sealed value", table=table, column=column)
        version, _, rest = text.partition(".")
        key_id, _, body = rest.partition(".")
        if version != _FORMAT or not _KEY_ID.fullmatch(key_id):
            raise SealError(
                f"the stored text is not a sealed value; it must begin with {_FORMAT}.", table=table, column=column
            )
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise missing_key(key_id, table=table, column=column)
        sealed = _decoded(body)
        if len(sealed) < _LEAST_BYTES:
            reason = "the stored text is not a sealed value; it is cut short or not base64"
            raise SealError(reason, table=table, column=column, key_id=key_id)
        nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return cipher.decrypt(nonce, ciphertext, _associated_data(f"{_FORMAT}.{key_id}", table, column, bound))
        except self._altered:
            reason = (
                f"the stored text does not open with key {key_id} in this row. It was altered, or copied from "
                "another row or column, or this key id now belongs to another key."
            )
            raise_alone(SealError(reason, table=table, column=column, key_id=key_id))

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self.ids)})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Keyring cannot be pickled or copied: its keys would be stored unencrypted")


class NoKeyring(Keyring):
    """The keyring of a database that was opened without keys, because none of its catalogs had a sealed value then."""

    __slots__ = ()

    def __init__(self) -> None:
        self._ciphers = {}

    def seal(self, plaintext: bytes, *, table: str, column: str, bound: Sequence[str]) -> str:
        raise SettingsError(_NO_KEYRING.format(table=table, column=column))

    def unseal(self, text: str, *, table: str, column: str, bound: Sequence[str]) -> bytes:
        raise SettingsError(_NO_KEYRING.format(table=table, column=column))


_NO_KEYRING: Final = (
    "{table}.{column}: the database was opened without keys, because no query of its catalogs had a sealed value "
    "then. Import the module of this query before the database is opened."
)


def parse_keys(text: str) -> Keyring:
    """Return the keyring for `id:base64` entries, separated by commas or line breaks; `#` begins a comment.

    The first entry seals. Error messages refer to entries by number and never show them.
    """
    keys: list[tuple[str, bytes]] = []
    lines = (line.partition("#")[0] for line in text.splitlines())
    entries = [entry.strip() for line in lines for entry in line.split(",") if entry.strip()]
    for number, entry in enumerate(entries, start=1):
        key_id, colon, key = entry.partition(":")
        decoded = _decoded(key.strip())
        if not colon or not decoded:
            raise SettingsError(f"entry {number} is not of the form id:base64; see `hangar-dal keys new`")
        keys.append((key_id.strip(), decoded))
    return Keyring(keys)


def new_key() -> str:
    """Return a new random key with a new id, as an entry of HANGAR_SEALING_KEYS."""
    return f"k{secrets.token_hex(4)}:{b64encode(secrets.token_bytes(_KEY_BYTES)).decode()}"


def sealed_with(text: str) -> str | None:
    """Return the id of the key that a text was sealed with; None if the text is not a sealed value."""
    key_id, body = _header(text)
    return key_id if len(_decoded(body)) >= _LEAST_BYTES else None


def key_id_of(beginning: str) -> str | None:
    """Return the key id from the first `HEADER_LENGTH` characters of a sealed value; None for another text."""
    return _header(beginning)[0]


def _header(text: str) -> tuple[str | None, str]:
    version, _, rest = text.partition(".")
    key_id, dot, body = rest.partition(".")
    return (key_id, body) if version == _FORMAT and dot and _KEY_ID.fullmatch(key_id) else (None, "")


def _associated_data(header: str, table: str, column: str, bound: Sequence[str]) -> bytes:
    """Return all parts, each prefixed with its length, so that no two places give the same bytes."""
    parts = [part.encode(errors="surrogatepass") for part in (header, table, column, *bound)]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _decoded(text: str) -> bytes:
    """Return the bytes of canonical base64, else empty bytes.

    Each value has only one text, so altered texts are rejected.
    """
    try:
        decoded = a2b_base64(text, strict_mode=True)
    except ValueError:
        return b""
    # Strict mode does not check the unused bits of the last character.
    return decoded if text.endswith(b64encode(decoded[-(len(decoded) % 3 or 3) :]).decode()) else b""
