"""Every error of ours, in one tree; the type says who must act.

PhotoplayError
├── Refusal            the person: its message is the sentence to tell them, nothing was spent
│   └── Denial         a limit stands in the way
├── ProviderError      the worker
│   ├── NotSent        provably nothing was taken: try again later
│   ├── Ambiguous      it may have been taken and billed: never send it again
│   ├── BrokenClip     a finished clip is not there, or does not play: look again a few times
│   └── Unreachable    a finished clip cannot be fetched from here just now: look again for as long as it takes
├── ChatError          the worker
│   ├── Flood          the platform asks to wait
│   ├── Gone           the chat, or the right to write there, no longer exists
│   │   └── Unshowable the chat takes no clips, or not this one; words it may take
│   ├── TooLarge       the clip is larger than the platform takes there
│   └── Unconfirmed    it may have arrived: do not send it again unasked
├── StoreDown          the operator: the database or the disk takes nothing now; nothing was changed
├── Misconfigured      the operator: a setting is missing or wrong; the message says which
├── Illegal            nobody: the job is past the point where this could happen to it; nothing was changed
└── Stale              nobody: another worker owns the job now, drop it
"""

from bot.model import Wait


class PhotoplayError(Exception):
    """Anything Photoplay raises on purpose."""


class Refusal(PhotoplayError):
    """What was asked cannot be done; the message is for the person who asked."""


class Denial(Refusal):
    """A limit stands in the way; `cause` names it, so that the same denial is told once and not at every try."""

    def __init__(self, sentence: str, cause: str) -> None:
        super().__init__(sentence)
        self.cause = cause


class ProviderError(PhotoplayError):
    """A call to a provider did not lead to an answer that settles anything."""


class NotSent(ProviderError):
    """The provider took nothing; `retry_after` is in seconds, `waits` says why for those who wait."""

    def __init__(self, detail: str, retry_after: float = 30.0, waits: Wait = "room") -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.waits = waits


class Ambiguous(ProviderError):
    """The provider may have taken the order, and nothing can tell us."""


class BrokenClip(ProviderError):
    """The clip that a provider calls finished is not there, or is not a video."""


class Unreachable(ProviderError):
    """The way to a finished clip is closed: the network, a name lookup, or a setting of ours."""


class ChatError(PhotoplayError):
    """A platform did not take a message."""


class Flood(ChatError):
    """The platform wants silence for `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"wait {retry_after:g} s")
        self.retry_after = retry_after


class Gone(ChatError):
    """The chat is closed to us for good."""


class Unshowable(Gone):
    """The chat takes no clips, or never this one; words it may take."""


class TooLarge(ChatError):
    """The platform takes clips of up to `limit` bytes there."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"at most {limit} bytes")
        self.limit = limit


class Unconfirmed(ChatError):
    """The message went out, and its answer never came."""


class StoreDown(PhotoplayError):
    """The database or the disk cannot take a change now; nothing of it was made."""

    told = False
    """It stands in the log already."""


class Misconfigured(PhotoplayError):
    """A setting is missing or wrong; the message names it and says what to set."""


class Illegal(PhotoplayError):
    """The job machine has no such transition."""


class Stale(PhotoplayError):
    """The job was claimed by someone else, or has moved on."""
