"""Operations that use several domains of the catalog COMMERCE."""
