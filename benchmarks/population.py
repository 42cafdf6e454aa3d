"""A plausible database: few users have most followers, videos, views, likes, comments and donations.

Each table makes random choices of its own, so that the same seed gives the same rows. Keys are UUIDv7 of the instants
at which the rows came to be.
"""

from typing import Final

from benchmarks.advertisers import Advertisers
from benchmarks.customers import Customers
from benchmarks.streams import Streams

ROWS_PER_USER: Final = 60.0  # in all tables, roughly


class Population(Streams, Customers, Advertisers):
    """All rows of so many users."""
