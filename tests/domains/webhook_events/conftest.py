"""These tests run with the catalog COMMERCE."""

from commerce import catalog as catalog
