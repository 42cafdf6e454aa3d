"""Query plans, the tables that they read as a whole, and the indexes that would serve."""
