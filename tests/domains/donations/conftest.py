"""These tests run with the catalog LIVESTREAMS."""

from streaming import catalog as catalog
from streaming import on_postgresql as on_postgresql
