"""A CPU time limit for a block: a decoder in an endless loop never returns to a check."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Have the kernel end this process if the block uses more seconds of CPU time. Not nestable."""
    if sys.platform == "win32":
        yield
        return
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
