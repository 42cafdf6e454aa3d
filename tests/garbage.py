"""The garbage collector need not look at more than ten thousand tests again and again."""

import gc

# Python's own, but for the last: collections of all objects took 5 % of the processor time of a run.
THRESHOLDS = (700, 10, 100)


def pytest_collection() -> None:
    gc.disable()


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    gc.enable()
