"""Python's search for objects that hold each other, which can wait while a paper is drawn."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Lets no search for cycles run meanwhile; whoever paused it lets it go on, also where something was raised.

    A typesetter makes hundreds of thousands of objects that it needs to the end. Every few hundred of them Python looks
    at those that there are, also at all that the program has loaded, and finds nothing to give back: a quarter to a
    third of the time of drawing a paper. What is to be given back after it stays for as long as one paper takes, some
    tens of megabytes. It is the process's collector: another thread goes without it too, or lets it go on earlier.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
