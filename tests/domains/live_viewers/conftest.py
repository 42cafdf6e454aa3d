"""These tests run with the catalog LIVESTREAMS."""

from tests.helpers.streaming import catalog as catalog
from tests.helpers.streaming import on_postgresql as on_postgresql
