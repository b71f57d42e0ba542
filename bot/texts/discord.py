"""Sentences that only Discord shows: forms, options of slash commands, permissions."""

from collections.abc import Sequence

from bot.sentence import Listing, Sentence, _, _n

DISCORD_WHICH = _(
    "Which picture? Use {/animate} and attach one, mention me in a message that has one, or open the menu of anybody's "
    "message with a picture or clip: Apps, “Animate this”."
)
ANIMATE_THIS = _("Animate this")
GET_CLIP = _("Get the clip")
ADD_WORDS = _("Add words")
FORM_ANIMATE = _("Animate a photo")
FORM_CONTINUE = _("What happens next?")
FORM_PHOTO = _("Photo")
FORM_PHOTO_HINT = _("A second picture becomes the last frame.")
FORM_OWN_PHOTO = _("A photo of your own")
FORM_OWN_PHOTO_HINT = _("Without one, the shared clip's first picture is used.")
FORM_WORDS = _("What should happen?")
FORM_WORDS_HINT = _("She puts on her glasses")
NO_POSTS_THERE = _("Nobody can write there. Choose a text channel, a thread, or one post of a forum.")
AGE_RESTRICTED = _(
    "That clip is from an age-restricted channel, so it stays there. You can have it in private: write me."
)
FORM_GONE = _("I no longer know what this was about. Please ask again.")


DISCORD_OPTIONS = {
    "image": _("the photo; without one you are asked for it"),
    "prompt": _("what should happen in it"),
    "duration": _("how long the clip is"),
    "model": _("what makes it, with its price; choose one of the list, or type a name"),
    "sound": _("with sound, made by With sound unless a model is named"),
    "negative": _("what to avoid"),
    "strength": _("how strictly to follow the words, from 0 to 1"),
    "end_image": _("the last frame; for clips of 5 seconds"),
    "clip": _("the clip's name, as {/jobs} shows it"),
    "mine": _("the clip's name, as {/jobs} shows it; without one, your latest"),
    "shared": _("the shared clip's name"),
    "words": _("what should happen"),
    "sought": _("words that a clip was made with; without them, your last ten"),
}


def length(seconds: int) -> Sentence:
    """A choice of a clip's length."""
    return _("{seconds} seconds", seconds=seconds)


PERMISSIONS = {
    "view_channel": _("View Channel"),
    "send_messages": _("Send Messages"),
    "send_messages_in_threads": _("Send Messages in Threads"),
    "attach_files": _("Attach Files"),
}


def may_not(permissions: Sequence[str]) -> Sentence:
    """Refusal of an order in a channel where the bot lacks permissions to deliver."""
    return _n(
        "I could not post a clip here: I lack the permission {names}. Ask an admin for it; nothing was started "
        "or spent.",
        "I could not post a clip here: I lack the permissions {names}. Ask an admin for it; nothing was started "
        "or spent.",
        len(permissions),
        names=Listing(tuple(_("“{name}”", name=PERMISSIONS[name]) for name in permissions)),
    )


def ready(countdown: str) -> Sentence:
    """Expected time of a clip; the client renders `countdown` as a relative time."""
    return _("Ready {countdown}", countdown=countdown)


OPTIONS = {
    "user": _("who it is about"),
    "who": _("a person or a role; without one it is you, or everyone"),
    "amount": _("an allowance, like 30 a day; without “who”: default 30 a day"),
    "until": _("a time like 2 weeks, or a day like Friday or 24 December; without it: for good"),
    "because": _("the reason; the person and the audit log see it"),
    "code": _("the code that {/link} gave you on the other platform"),
    "change": _("what to set, like flight 2, longest 5, who tiers, confirm 20; without it, what is set is shown"),
    "channel": _("the channel that it is about"),
    "name": _("the list's name"),
    "verb": _("put somebody on the list, or take them off; without it the list is shown"),
    "setting": _("here, off, review, approve on, web on, public, name, best week; without it, what is set is shown"),
    "word": _("add …, remove …, house on or house off; without it the list is shown"),
    "span": _("how far back; a week unless you say so"),
    "order": _("pause, resume, release, return, cap 1000 or flights 10; without it, how all is"),
}
"""Descriptions of the other options."""
