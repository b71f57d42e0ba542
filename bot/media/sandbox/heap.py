"""The heap of a worker, from which its forks take memory (glibc on Linux; elsewhere nothing is changed)."""

import ctypes
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of <malloc.h>
_HEAVIEST = 2**25  # bytes of a piece on the heap; Pillow's pictures are in pieces of half of it
_NEVER = 2**30
_LARGE_PAGE = 2**21  # bytes


def give_back() -> None:
    """Return freed memory to the system: a fork that wrote there would copy it page by page."""
    with suppress(AttributeError):  # a C library that has no such function
        ctypes.CDLL(None).malloc_trim(0)


def begin_at_large_page() -> None:
    """Have the pictures of forks fill large pages, which they take from the system with one fault instead of 512.

    The heap ends where a large page does, as `hugetlb` is on. With a gap behind it, the next large piece begins there
    and not in what is left of the last page. A piece of its own (mmap) would begin anywhere.
    """
    with suppress(AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, _HEAVIEST)
        library.mallopt(_TRIM_THRESHOLD, _NEVER)  # a fork ends soon, and glibc would trim what it is about to use
        library.sbrk(ctypes.c_ssize_t(_LARGE_PAGE))
