"""Bounds the processor time of a block: a decoder that runs in circles does not come back to be asked."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Let the kernel end this process if the block takes more seconds of processor time. Not nested."""
    if sys.platform == "win32":
        yield
        return
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
