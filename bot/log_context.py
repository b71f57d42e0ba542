"""What a line of the log is about besides its words: a job, a platform. Never a person."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_ABOUT: ContextVar[Mapping[str, str]] = ContextVar("about", default={})  # noqa: B039  # never changed in place


@contextmanager
def about(*, platform: str, job: str = "") -> Iterator[None]:
    """Lines that are logged inside, also by tasks that begin there, are about these."""
    token = _ABOUT.set({"job": job, "platform": platform} if job else {"platform": platform})
    try:
        yield
    finally:
        _ABOUT.reset(token)


def current() -> Mapping[str, str]:
    """What a line logged now is about, by `job` and `platform`; empty if it is about neither."""
    return _ABOUT.get()
