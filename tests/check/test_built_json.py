"""The form in which SQLite writes fractions into JSON, which json-kind recommends, loses no digit."""

import json
import random
import sqlite3
from contextlib import closing


def test_printf_keeps_every_digit_of_a_fraction(seed: int) -> None:
    numbers = random.Random(seed)
    values = [numbers.uniform(-1, 1) * 10.0 ** numbers.uniform(-60, 60) for _ in range(5000)]
    values += [round(numbers.uniform(0, 1e6), numbers.randint(0, 12)) for _ in range(5000)]
    with closing(sqlite3.connect(":memory:")) as database:
        for value in [*values, 0.0, 0.1 + 0.2, 123456789.123456789, 1e22]:
            [(text,)] = database.execute("SELECT json_array(json(printf('%!.20g', ?)))", (value,))
            assert json.loads(text) == [value]
