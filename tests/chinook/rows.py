"""Rows for the tables of Chinook: few, seeded, with NULL in every column that allows it."""

from random import Random

DAY = "2026-01-{:02}T00:00:00+00:00"


def statements(seed: int) -> list[str]:
    """INSERT statements that both databases take."""
    random = Random(seed)

    def maybe(value: object) -> object:
        return None if random.random() < 0.3 else value

    tables: dict[str, list[tuple[object, ...]]] = {
        "artist": [(at, maybe(f"artist {at}")) for at in range(1, 6)],
        "album": [(at, f"album {at}", random.randint(1, 4)) for at in range(1, 9)],
        "genre": [(at, f"genre {at}") for at in range(1, 5)],
        "media_type": [(1, "file")],
        "track": [
            (at, f"track {at}", maybe(random.randint(1, 8)), 1, maybe(random.randint(1, 3)), maybe("x"),
             random.randint(1, 600_000), maybe(1), random.randint(0, 199))
            for at in range(1, 31)
        ],
        "playlist": [(1, None), (2, "loud")],
        "playlist_track": [(1, 1), (1, 2), (2, 1)],
        "employee": [(1, "Adams", "A", None, None), (2, "Edwards", "N", "x", 1), (3, "Peacock", "J", None, 2)],
        "customer": [
            (at, f"first {at}", f"last {at}", maybe("NL"), f"c{at}@example.org", maybe(random.randint(1, 3)))
            for at in range(1, 6)
        ],
        "invoice": [
            (at, random.randint(1, 4), DAY.format(random.randint(1, 28)), maybe("NL"), random.randint(0, 999))
            for at in range(1, 16)
        ],
        "invoice_line": [
            (at, random.randint(1, 15), random.randint(1, 25), random.randint(0, 199), random.randint(1, 3))
            for at in range(1, 41)
        ],
    }  # fmt: skip
    return [
        f"INSERT INTO {table} VALUES ({', '.join(map(_literal, row))})"
        for table, rows in tables.items()
        for row in rows
    ]


def _literal(value: object) -> str:
    return "NULL" if value is None else str(value) if isinstance(value, int) else f"'{value}'"
