"""How much longer queries take among a million rows than among ten thousand: `python -m benchmarks.growth --help`."""
