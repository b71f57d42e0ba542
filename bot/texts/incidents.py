"""Reports of incidents to the operator. Details in a provider's or a library's own words are `verbatim`."""

from bot.sentence import Sentence, _, _n, sentences

ORDER_REFUSED = _("an order was refused")
TAKEN_LATE = _("an order was taken after it had been given up; its clip is paid for")
GENERATION_FAILED = _("a generation failed")
CLIP_NOT_KEPT = _("a clip could not be kept")
CLIP_NOT_FETCHED = _("a clip cannot be fetched")
CLIP_BROKEN = _("a clip is broken")
NEVER_ENDED = _("a generation never ended")
NO_LINK = _("a generation is called done, and there is no link to its clip")
NO_ANSWER = _("an order may have been taken, and its answer never came")
CHAT_TAKES_NO_CLIP = _("a chat takes no clip")
CLIP_GONE = _("a finished clip is gone from the disk")
CLIP_UNREADABLE = _("a finished clip cannot be decrypted; it is tried again")
ORDER_UNREADABLE = _("an order was given back, as its words cannot be decrypted: are the keys in DATA_DIR missing?")
BUYING_STOPPED = _("buying has stopped")
UNKNOWN_FILES = _("most files in DATA_DIR are unknown to the database, so none was swept: is it the right one?")
NO_POSTS = _("nothing can be posted where a community wants its gallery or its reports")
NO_PLATFORM = _("a job was given up, as nothing runs its platform")
RESTORED = _("the database came back from a copy")
DISK_FULL = _("the disk is full: no order is taken or bought")
NO_BACKUP = _("the scheduled backup could not be made")
DIFFERENCES = {
    "undelivered": _("the host took money for an order that was given up or failed here"),
    "unpaid": _("a clip was delivered, and the host lists no charge for it"),
    "unknown": _("the host took money for a clip that is not known here"),
}
"""What does not fit in a comparison of charges with jobs."""
NOT_REMOVED = _("a message could not be taken away")
NOT_CHANGED = _("a message could not be changed: it may show a name that should go")


def orders_in_line(why: str, count: int) -> Sentence:
    """Queued jobs halted after a restore of the database; `why`: the evidence of the restore."""
    if not count:
        return _("{why}; no orders in line", why=why)
    return _n("{why}; {count} order in line", "{why}; {count} orders in line", count, why=why)


def out_of_use(host: str, fault: Sentence, minutes: int) -> Sentence:
    """A host that takes no orders from us, and the interval of retries in minutes."""
    return sentences(
        fault.fill(host=host),
        _n(
            "It is out of use, and tried again every {count} minute.",
            "It is out of use, and tried again every {count} minutes.",
            minutes,
        ),
    )


SENDS_ELSEWHERE = _("{host} sends us elsewhere: check its URL.")
USED_UP = _("{host} cannot work: its own account upstream is suspended or used up.")
_NO_CREDITS = _("{host} says that our credits ran out, or that the key may not do this.")
_NO_ENDPOINT = _("{host} has no such endpoint: check its URL.")
FAULTS = {
    401: _("{host} does not accept our key."),
    402: _NO_CREDITS,
    403: _NO_CREDITS,
    404: _NO_ENDPOINT,
    405: _NO_ENDPOINT,
    407: _("{host} is behind a proxy that does not let us through."),
    410: _("{host} has no such endpoint any more: check its URL."),
}
"""Causes by HTTP status, for `out_of_use`."""
