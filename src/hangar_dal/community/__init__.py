"""Community: the work that touches several domains of the catalog COMMUNITY."""
