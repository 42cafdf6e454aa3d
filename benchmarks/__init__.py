"""How fast the package is: each case as a ratio to the raw driver doing the same by hand, in the same run."""
