"""These tests run with the catalog COMMUNITY."""

from community import catalog as catalog
