"""The model of model.ts, for servers in Python: 5 ms a batch, and 0.1 ms an item."""

import time

LAUNCH_S = 0.005
ITEM_S = 0.0001
MOST_ITEMS = 64
SPIN_S = 0.0002  # the system wakes nobody more exactly


def run_model(items: int) -> None:
    """Holds its thread for as long as the model would; the lock of the interpreter is free meanwhile, as with real ones."""
    end = time.perf_counter() + LAUNCH_S + ITEM_S * items
    time.sleep(max(0, end - time.perf_counter() - SPIN_S))
    while time.perf_counter() < end:
        time.sleep(0)
