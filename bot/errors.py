"""Every error of ours, in one tree; the type says who must act.

PhotoplayError
├── Refusal            the person: its message is the sentence to tell them, nothing was spent
│   └── Denial         a limit is reached
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
from bot.sentence import Sentence


class PhotoplayError(Exception):
    """Base of all our errors."""


class Refusal(PhotoplayError):
    """The request cannot be fulfilled; `sentence` is for the person. `mend`: what was written, and what would do."""

    def __init__(self, sentence: Sentence, mend: tuple[str, str] = ("", "")) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.mend = mend


class Denial(Refusal):
    """A limit is reached; `cause` identifies it, so that repeated denials can be suppressed."""

    def __init__(self, sentence: Sentence, cause: str) -> None:
        super().__init__(sentence)
        self.cause = cause


class ProviderError(PhotoplayError):
    """A call to a provider had no conclusive answer."""


class NotSent(ProviderError):
    """The provider took nothing; `retry_after` is in seconds, `waits` is the reason for the status line."""

    def __init__(self, detail: str, retry_after: float = 30.0, waits: Wait = "room") -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.waits = waits


class Ambiguous(ProviderError):
    """The provider may have taken the order; the outcome is unknown. `host`: the one that may have; None: unknown."""

    host: str | None = None


class BrokenClip(ProviderError):
    """A clip reported as finished is missing or not playable."""


class Unreachable(ProviderError):
    """A finished clip cannot be downloaded now: network, name lookup, or one of our settings."""


class ChatError(PhotoplayError):
    """A platform did not accept a message."""


class Flood(ChatError):
    """A rate limit of the platform; retry after `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"wait {retry_after:g} s")
        self.retry_after = retry_after


class Gone(ChatError):
    """The chat is closed to the bot permanently."""


class Unshowable(Gone):
    """The chat accepts no clips, or not this one; texts may be accepted."""


class TooLarge(ChatError):
    """The clip exceeds the chat's `limit` in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"at most {limit} bytes")
        self.limit = limit


class Unconfirmed(ChatError):
    """The request was sent, without an answer: the message may have been posted."""


class StoreDown(PhotoplayError):
    """The database or the disk is unavailable; nothing was changed."""

    told = False
    """It was logged before."""


class Misconfigured(PhotoplayError):
    """A setting is missing or wrong; the message names it and says what to set."""


class Illegal(PhotoplayError):
    """The job machine has no such transition."""


class Stale(PhotoplayError):
    """The job was claimed by another worker, or has changed."""
