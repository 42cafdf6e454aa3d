"""Read the variables in a file `.env`. A fault is an error here: dotenv would skip the line and go on."""

from io import StringIO
from pathlib import Path
from typing import Final

from hangar_dal.errors import SettingsError, raise_alone

_MAX_BYTES: Final = 1 << 20
_ENCODING: Final = "utf-8-sig"  # UTF-8 with or without the byte order mark that Windows editors add


def read_env_file(path: Path) -> dict[str, str]:
    """Return the variables in the file that are not empty. Raises `SettingsError` if it cannot be read.

    Without the error, data could silently go to the default database.
    """
    text = _text_of(path)
    if not text:
        return {}
    # Imported only here: without a file, dotenv is not needed, and importing it takes long.
    from dotenv import dotenv_values  # noqa: PLC0415
    from dotenv.parser import parse_stream  # noqa: PLC0415

    if broken := [binding.original.line for binding in parse_stream(StringIO(text)) if binding.error]:
        raise SettingsError(f"{path}: line {broken[0]} is not of the form NAME=value, or a quote is not closed")
    return {name: value for name, value in dotenv_values(stream=StringIO(text)).items() if value}


def _text_of(path: Path) -> str:
    """Return the text of the file; an empty text if there is none."""
    try:
        if path.is_fifo():
            raise SettingsError(f"{path}: a pipe, and reading it could wait for ever. Use a regular file.")
        if not path.is_file():  # a folder with this name is often a virtual environment
            return ""
        if path.stat().st_size > _MAX_BYTES:
            raise SettingsError(f"{path}: larger than {_MAX_BYTES} bytes, which is too large for a file of settings")
        return path.read_text(encoding=_ENCODING)
    except (OSError, UnicodeDecodeError):
        raise_alone(SettingsError(f"{path}: the file cannot be read; it must be readable and UTF-8"))
