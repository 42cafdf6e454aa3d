"""What people are called: text in which every character can be seen. Builds on `unicode14`."""

from pydantic_core import PydanticCustomError

from hangar_dal.unicode14 import invisible


def visible_name(text: str) -> str:
    """Return the name, or raise if two names could look the same because of invisible characters.

    Refused are the categories Cc, Cf, Zl and Zp, those of Zs but the ordinary space, what is Default_Ignorable (such as
    joiners, variation selectors and fillers), and spaces at the beginning or end.
    """
    if invisible().search(text):
        raise PydanticCustomError("hangar_name", "a name must not contain invisible characters or special spaces")
    if text[:1] == " " or text[-1:] == " ":
        raise PydanticCustomError("hangar_name", "a name must not begin or end with a space")
    return text
