"""E-mail addresses: validation, the stored form, and the key that is equal for two spellings of one address.

The domain is stored as IDNA A-labels (UTS #46, non-transitional), as mail servers use it: `faß.de` and `fass.de` are
two domains. The local part is stored in NFC and compared without regard to case.
"""

import unicodedata
from functools import lru_cache
from typing import Any, Final

from pydantic import GetCoreSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from hangar_dal.errors import InvalidValue
from hangar_dal.unicode14 import invisible, unassigned
from hangar_dal.values import Marker, check_text

# RFC 5321 as corrected by its erratum 1690. Only sending a message proves that the address works.
MAX_CHARACTERS: Final = 254


class EmailAddress(Marker):
    """Marks a text field or parameter as an e-mail address; the binder derives `<name>_fold` from it.

    `email: Annotated[str, EmailAddress]` lets SQL use `:email_fold`. The text is checked and its domain converted to
    A-labels, both when a model is created and when a query is called.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(
            _validated, super().__get_pydantic_core_schema__(source, handler)
        )


def is_email(text: str) -> bool:
    """Return whether the text can be an e-mail address of an account."""
    return not isinstance(_parts(text), str)


def may_be_email(login: str) -> bool:
    """Return whether a login contains `@`. Usernames never do, so such a login is an address or unknown."""
    if not isinstance(login, str):
        raise InvalidValue(f"login: expected str, got {type(login).__name__}")
    return "@" in check_text("login", login)


def keep_email(name: str, text: str) -> str:
    """Return the address in its stored form. Raises `InvalidValue` if an account may not have it."""
    parts = _parts(text)
    if isinstance(parts, str):
        raise InvalidValue(f"{name}: {parts}")
    return "@".join(parts)


def fold_email(name: str, text: str) -> str:
    """Return the key that is equal for two spellings of one address. Raises `InvalidValue` if it is not an address.

    The local part is compared by canonical caseless matching, as Unicode defines it. Unlike a username, it needs no
    compatibility folding: the check rejects compatibility characters.
    """
    local, _, domain = keep_email(name, text).rpartition("@")
    return f"{unicodedata.normalize('NFC', unicodedata.normalize('NFD', local).casefold())}@{domain}"


def _validated(text: str) -> str:
    parts = _parts(text)
    if isinstance(parts, str):
        raise PydanticCustomError("hangar_email", "{reason}", {"reason": parts})
    return "@".join(parts)


def _parts(text: str) -> tuple[str, str] | str:
    """Return the local part and the domain in their stored form, or a sentence that says what is wrong."""
    if len(text) > MAX_CHARACTERS:
        return f"an e-mail address must not have more than {MAX_CHARACTERS} characters"
    if invisible().search(text) or " " in text:
        return "an e-mail address must not contain spaces or invisible characters"
    if not text.isascii():
        if any("\ud800" <= character <= "\udfff" for character in text):
            return "text must not contain a lone surrogate"
        if unassigned().search(text):
            return "text must not contain characters newer than Unicode 14"
        # Decomposed accents are accepted and composed by NFC. Compatibility characters are rejected.
        parts, text = text, unicodedata.normalize("NFC", text)
        if any(unicodedata.normalize("NFKC", part) != part for part in (text, *parts)):
            return "an e-mail address must not contain compatibility characters, such as circled or wide letters"
    local, at, domain = text.partition("@")
    if not local or not domain or "@" in domain:
        return "an e-mail address needs one @, with text before and after it"
    labels = _a_labels(domain)
    if labels is None:
        return "the domain of the e-mail address is not allowed by IDNA 2008"
    if len(local) + len(at) + len(labels) > MAX_CHARACTERS:
        return f"an e-mail address must not have more than {MAX_CHARACTERS} characters, with its domain as A-labels"
    return local, labels


@lru_cache(4096)
def _a_labels(domain: str) -> str | None:
    """Return the domain as A-labels; None if IDNA does not allow it.

    Cached, because most accounts share a few domains.
    """
    import idna  # noqa: PLC0415 - its tables are large, and not every application has addresses

    # Lower each character separately: Unicode versions map some capitals (U+1E9E) to different letters.
    lower = "".join(character.lower() for character in domain)
    try:
        labels = idna.encode(lower, uts46=True, std3_rules=True, transitional=False).decode("ascii")
    except UnicodeError:
        return None
    return None if labels.endswith(".") else labels
