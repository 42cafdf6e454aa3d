"""Settings of a session that change what a statement means or how the server writes a value.

The package reads and sends values in the way of PostgreSQL's defaults, so its sessions have these. Imports no driver,
because `migrations` uses it too. Below `session`.
"""

from collections.abc import Mapping
from typing import Final, LiteralString

# In the spelling of `pg_settings`, which SET accepts too.
MEANINGS: Final[Mapping[LiteralString, LiteralString]] = {
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "array_nulls": "on",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
    "transform_null_equals": "off",
}
SET_MEANINGS: Final[LiteralString] = "; ".join([f"SET {name} = {value}" for name, value in MEANINGS.items()])
