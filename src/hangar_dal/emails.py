"""E-mail addresses: what one may be, how it is kept, and the key under which two spellings of it are equal.

The domain is kept as IDNA A-labels (UTS #46, non-transitional), as mail is delivered: `faß.de` and `fass.de` are two
domains. The local part is kept as it is in NFC, and compared whatever its case. Builds on `values`.
"""

import unicodedata
from functools import lru_cache
from typing import Any, Final

import idna
from pydantic import GetCoreSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from hangar_dal.errors import InvalidValue
from hangar_dal.unicode14 import invisible, unassigned
from hangar_dal.values import check_text

# RFC 5321 as corrected by its erratum 1690. Only sending a message proves that the address works.
MAX_CHARACTERS: Final = 254


class EmailAddress:
    """Marks a text field or parameter that holds an e-mail address, whose `<name>_fold` the binder derives.

    `email: Annotated[str, EmailAddress]` lets SQL say `:email_fold`. The text is checked and its domain is kept as
    A-labels, both when a model is made and when a query is called.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(_validated, handler(source))


def is_email(text: str) -> bool:
    """Return whether the text can be an e-mail address of an account."""
    return not isinstance(_parts(text), str)


def may_be_email(login: str) -> bool:
    """Names and addresses are compared by different rules. A username contains no `@`, nor what folds to one."""
    if not isinstance(login, str):
        raise InvalidValue(f"login: expected str, got {type(login).__name__}")
    return "@" in check_text("login", login)


def keep_email(name: str, text: str) -> str:
    """Return the address as it is stored; `InvalidValue` if it is none that an account may have."""
    parts = _parts(text)
    if isinstance(parts, str):
        raise InvalidValue(f"{name}: {parts}")
    return "@".join(parts)


def fold_email(name: str, text: str) -> str:
    """Return the key under which two spellings of one address are equal; `InvalidValue` if it is no address.

    Case does not count in the local part, for characters with no case either: canonical caseless matching, as Unicode
    defines it. Unlike a username, it is not folded for compatibility: the check has refused what that would change.
    """
    local, _, domain = keep_email(name, text).rpartition("@")
    return f"{unicodedata.normalize('NFC', unicodedata.normalize('NFD', local).casefold())}@{domain}"


def _validated(text: str) -> str:
    parts = _parts(text)
    if isinstance(parts, str):
        raise PydanticCustomError("hangar_email", "{reason}", {"reason": parts})
    return "@".join(parts)


def _parts(text: str) -> tuple[str, str] | str:
    """Return the local part and the domain as they are kept, or the sentence that says what is wrong."""
    if len(text) > MAX_CHARACTERS:
        return f"an e-mail address must not have more than {MAX_CHARACTERS} characters"
    if invisible().search(text) or " " in text:
        return "an e-mail address must not contain spaces or invisible characters"
    if not text.isascii():
        if any("\ud800" <= character <= "\udfff" for character in text):
            return "text must not contain a lone surrogate"
        if unassigned().search(text):
            return "text must not contain characters newer than Unicode 14"
        # A letter and its accent may be two characters; no character may itself be another one.
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
        return f"an e-mail address must not have more than {MAX_CHARACTERS} characters, its domain in A-labels"
    return local, labels


@lru_cache(4096)
def _a_labels(domain: str) -> str | None:
    """The domain as it is looked up; None if there can be no such domain. Most accounts share a few domains."""
    # Each letter by itself: tables of different ages map some capitals (U+1E9E) to different letters.
    lower = "".join(character.lower() for character in domain)
    try:
        labels = idna.encode(lower, uts46=True, std3_rules=True, transitional=False).decode("ascii")
    except UnicodeError:
        return None
    return None if labels.endswith(".") else labels
