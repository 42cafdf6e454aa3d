"""Commerce: the work that touches several domains of the catalog COMMERCE."""
