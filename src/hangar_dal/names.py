"""Names of people: text without invisible characters."""

from pydantic_core import PydanticCustomError

from hangar_dal.unicode14 import invisible


def visible_name(text: str) -> str:
    """Return the name, or raise an error if it contains invisible characters, which make different names look the same.

    Rejects the categories Cc, Cf, Zl and Zp, all of Zs except the ordinary space, Default_Ignorable characters (such as
    joiners, variation selectors and fillers), and leading or trailing spaces.
    """
    if invisible().search(text):
        raise PydanticCustomError("hangar_name", "a name must not contain invisible characters or special spaces")
    if text[:1] == " " or text[-1:] == " ":
        raise PydanticCustomError("hangar_name", "a name must not begin or end with a space")
    return text
