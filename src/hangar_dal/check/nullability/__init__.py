"""Which columns of a result are never NULL."""
