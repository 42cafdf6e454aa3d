"""Rules, each beside the code that finds its faults. `table` lists them all."""
