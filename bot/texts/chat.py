"""Replies in a chat: help, refusals, questions about clips."""

from collections.abc import Sequence

from bot.sentence import EMPTY, Command, Listing, Sentence, _, _n, join, lines, sentences
from bot.texts.jobs import MADE_BY_AI
from bot.texts.options import EXAMPLES, FIRST_MODELS, MODEL, OF_THE_FIRST, duration_example
from bot.texts.phrases import credits_, shorten

NO_PHOTO = _("Send a photo together with what should happen in it, for example: “she puts on her glasses”.")
NO_WORDS = _("What should happen in the photo? A few words will do, for example: “she puts on her glasses”.")
WORDS_LOST = _("The words of that clip can't be decrypted any more. Please say anew what should happen.")
TRY_LATER = _("I can't take orders right now. Nothing was started or spent. Please try again in a few minutes.")
DISK_FULL = _(
    "My own storage is full, so I can't take orders right now. Nothing was started or spent, and the operator has been "
    "told. Please try again later."
)
NOT_SURE = _(
    "I couldn't make out whether your order was taken. If it was, the clip comes by itself; look under {/jobs} "
    "in a few "
    "minutes before you ask again."
)
NO_MASKS = _(
    "Masks and brushes can't reach the video service from here: it fetches them by link, and this installation has no "
    "public address. Please send the photo without them, or ask the operator to set PUBLIC_URL."
)
WRITE_AGAIN = _("Just write the words again as you mean them; the photo is here.")


def mended(meant: Sentence) -> Sentence:
    """Question whether an order with a wrong option is meant like this."""
    return _("Or do you mean this? {order}", order=meant)


YOUR_LAST = _("Your last ones: {/jobs}")
UNKNOWN_JOB = sentences(_("I don't know that clip."), YOUR_LAST)
NO_CLIP_YET = _("That clip isn't ready yet.")
ONLY_TALK = _(
    "All right. Nothing was made and nothing spent. For another clip, say in a few words what should happen in it."
)
PHOTO_GONE = _("I no longer have that photo. Please send it again.")
CLIP_GONE = _("I no longer have that clip.")
NOT_YOURS = _("Only the person who asked for that clip can do this.")
NO_JOBS = _(
    "No clips yet. Send a photo together with what should happen in it, for example: “she puts on her glasses”."
)
NO_JOBS_HERE = _("No clips of yours here yet. Make one with {/animate}.")
WHAT_I_CAN = _("Here is what I can do: {/help}")
WHAT_ELSE = _("What else I can do: {/help}")
_I_ANIMATE = _("Hello! I make photos move.")
HELLO = join(
    "\n\n",
    [
        sentences(
            _I_ANIMATE,
            _("Send me one with a few words about what should happen in it, for example: “she puts on her glasses”."),
            _("Some minutes later the clip comes back."),
        ),
        sentences(
            _("My first answer says what it costs and what you have left; a clip that fails costs nothing."), WHAT_ELSE
        ),
    ],
)
HELLO_HERE = sentences(_I_ANIMATE, WHAT_ELSE)


def no_jobs_with(words: str) -> Sentence:
    """Reply to /jobs with search words that no clip of the person has."""
    return sentences(_("None of your clips here has “{words}” in its words.", words=shorten(words, 60)), YOUR_LAST)


def unknown_command(name: str, nearest: str | None = None, *, pictured: bool = False) -> Sentence:
    """Refusal of an unknown command, with the likely one. `pictured`: the message has a picture."""
    return sentences(
        _("I don't know /{name}.", name=name),
        _("Did you mean {command}?", command=Command(nearest)) if nearest else EMPTY,
        _("Nothing was ordered. If it belongs to your words, write them without the slash.") if pictured else EMPTY,
        WHAT_I_CAN,
    )


ANIMATE_WHAT = _(
    "Which photo? Send one with {/animate} and a few words as its caption, or reply with {/animate} and the words to "
    "anybody's photo or clip."
)
WHAT_WORKS = _("That one I can't use. Send a photo with a few words about what should happen in it.")
FEW_WORDS = _("For that I need a few words, for example: “she puts on her glasses”.")
ALBUM_HIDDEN = _(
    "Of this album I can see one photo only: here I am shown nothing but what is said to me. Send the photos to me in "
    "private, or reply to one of them."
)
NOT_EDITED = _(
    "I work with your words as they were first sent. To change them, tap Cancel and send the photo again; "
    "while it is in line that costs nothing."
)
ONE_MOMENT = _("One moment, please …")
TAKEN_BACK = _("This clip was taken back.")
SENT_ALONE = _("I have written to you in private.")
NOT_FOR_ANONYMOUS = _("That is for you alone, and I don't know who you are. Turn off “remain anonymous” and ask again.")
AS_A_PERSON = _("I can't see who says that. Clips, hearts and reports are people's: please say it as yourself.")
PRIVACY_MODE = _(
    "Privacy mode is on in this group, and all of this works with it: I read nothing but what is said to me."
)
PRIVACY_MODE_OFF = _(
    "For admins: with privacy mode off (BotFather, /setprivacy, then add me again) or with me as an admin, people can "
    "also just write my name, without {/animate}. I would then be sent everything that is written here."
)
ASK_NEXT = _("What happens next? Reply with a few words; the clip goes on from its last frame.")
NEW_WORDS = _("New words")
CONTINUE = _("Continue")
JOIN = _("Join")
SEND_AGAIN = _("Send it again")
DELETE = _("Delete it")
DELETE_ONE = _("Delete one")
DELETE_WHICH = _("Which one shall I delete?")
DELETE_WHAT = _(
    "This deletes the clip for good, with its photo and its words, from galleries too, and my message with it where I "
    "may still delete that. It gives no credits back. Is that what you want?"
)
DELETE_ON_PAGE = _(
    "Delete this for good, with its photo and its words? It goes from galleries, too, and gives no credits back."
)
KEEP = _("Keep it")
KEPT = _("Nothing was deleted.")
DELETED = _("Deleted: the clip, its photo and its words.")
DELETED_ALREADY = _("That one is deleted already.")
DELETE_LATER = _("That clip is still on its way. It can be deleted once it is here; in line, it can be cancelled.")
NOTHING_TO_DELETE = _("There is no finished clip of yours here, so there is nothing to delete.")
NOTHING_TO_JOIN = _("That clip doesn't continue another one, so there is nothing to join.")
NOTHING_TO_CANCEL = _("Nothing of yours is in line, so there is nothing to cancel.")
CANCEL_WHICH = _("Which one shall I take back?")
WHICH_OF_THESE = _("Which of these do you mean?")
NO_SUCH_LINE = _("There is no line with that number. Which one do you mean?")
ONE_AT_A_TIME = _("One at a time, please. Which one first?")
NONE_OF_THEM = _("All right, everything stays as it is.")
UNSURE = _(
    "I sent this clip, but the chat didn't confirm that it arrived. If you can't see it, have it sent again; "
    "that costs nothing."
)
CLIP_ELSEWHERE = _(
    "Your clip is ready, but the chat where you asked for it is closed to me. Tap below, and it comes here."
)
CLIP_TOO_LARGE = _("The clip is too large to be sent here. It is kept; whoever runs this bot can get it for you.")


def not_here(username: str) -> Sentence:
    """Refusal of a reply in private: bots may not begin a conversation, and the person has not begun one."""
    return _(
        "That is for you alone. Write to me in private first, at https://t.me/{username}, then ask here again.",
        username=username,
    )


def no_videos(username: str) -> Sentence:
    """Refusal of an order in a group where members, and so the bot, may not send videos."""
    return _(
        "I may not send videos in this group, so there is no clip, and nothing is spent. An admin can allow "
        "it, in the group's permissions or by making me an admin; or send me the photo in private: "
        "https://t.me/{username}",
        username=username,
    )


def group_help(username: str) -> Sentence:
    """Syntax of an order in a group."""
    return _(
        "In a group: send a photo with {/animate}@{username} and a few words as its caption, or reply with "
        "{/animate}@{username} and the words to anybody's photo or clip.",
        username=username,
    )


def which_photo(username: str) -> Sentence:
    """Reply to an order without a picture in a group."""
    return _(
        "Which photo? Send one with {/animate}@{username} and a few words as its caption, or reply with "
        "{/animate}@{username} and the words to anybody's photo or clip.",
        username=username,
    )


def guest_help(username: str) -> Sentence:
    """Reply to an order without a picture in a chat that the bot is no member of."""
    return _(
        "Which photo? Reply to one with @{username} and a few words about what should happen in it, or send "
        "one with that as its caption.",
        username=username,
    )


def hello_group(username: str) -> Sentence:
    """Greeting of a group that the bot was added to."""
    return sentences(_I_ANIMATE, group_help(username), _("What else I can do: {/help}@{username}", username=username))


def ask_new_words(prompt: str) -> Sentence:
    """Question of the button “New words”."""
    return _("What should happen instead of “{prompt}”? Reply with the new words.", prompt=shorten(prompt, 120))


def stays(chosen: Sequence[Sentence], others: Sequence[str]) -> Sentence:
    """Options taken over from the earlier clip, and names of options (`others`) that change them."""
    return sentences(
        _("As before: {chosen}.", chosen=join(" · ", chosen)),
        _("To change that, add {options}.", options=Listing(tuple(others), "or")) if others else EMPTY,
    )


def again(price: int) -> Sentence:
    """Label of the button that orders a clip again, with its price in credits."""
    return _("Again · {price}", price=credits_(price))


def cancel_this(prompt: str) -> Sentence:
    """Label of a button that cancels one of several clips."""
    return _("Cancel “{prompt}”", prompt=shorten(prompt, 30))


def delete_this(prompt: str) -> Sentence:
    """Label of a button that deletes one of several clips."""
    return _("Delete “{prompt}”", prompt=shorten(prompt, 30))


def joined(count: int) -> Sentence:
    """Caption of a joined clip; `count`: its parts."""
    return lines(_n("{count} clip as one film", "{count} clips as one film", count), MADE_BY_AI)


def clip_waits(address: str) -> Sentence:
    """Link to a finished clip, for chats to which no file can be sent."""
    return _("Your clip is ready: {address}", address=address)


def clip_at(address: str) -> Sentence:
    """Link to a clip over the chat's size limit, in place of the file."""
    return _("The clip is too large to be sent here; it is yours at {address}", address=address)


def clip_refused(job_id: str, address: str) -> Sentence:
    """Link to a clip that the chat has refused; without an `address`, how to request it again."""
    if address:
        return _("Your clip is ready, but this chat didn't take it. It is yours at {address}", address=address)
    return _(
        "Your clip is ready, but this chat didn't take it. Have it sent again with the button below, or "
        "write to me in private: {/clip} {job_id}",
        job_id=job_id,
    )


WHICH_CLIP = _("Which clip? For example: {command}.")


def needs_job(name: str) -> Sentence:
    """Refusal of a command that needs a clip's name."""
    return sentences(WHICH_CLIP.fill(command=Command(f"{name} k7m2p9q4xw")), YOUR_LAST)


IN_COMMUNITIES = _("(in a community)")


def command_line(name: str, what: Sentence) -> Sentence:
    """Line of a list of commands."""
    return _("{command} – {what}", command=Command(name), what=what)


def help_(
    commands: Sequence[tuple[str, Sentence]],
    seconds: Sequence[int] = FIRST_MODELS,
    preset: int = 5,
    can: Sequence[str] = OF_THE_FIRST,
) -> Sentence:
    """Reply to /help: syntax of orders, and the commands. `can`: examples of the options that may be used."""
    other = next((example for example in can if example.startswith(MODEL)), "")
    told = {
        duration_example(seconds): _(
            "{option} (or --{seconds}s) – a clip of {seconds} seconds instead of {preset}",
            seconds=seconds[-1],
            preset=preset,
        ),
        EXAMPLES["no"]: _("{option} – what to avoid"),
        EXAMPLES["cfg"]: _("{option} – how strictly to follow the words, from 0 to 1"),
        other: _("{option} – another model; {/model} shows them, with what they cost"),
        EXAMPLES["sound"]: _("{option} – a clip with sound"),
    }
    return join(
        "\n\n",
        [
            lines(
                _("Send a photo with a few words about what should happen in it; the clip comes back as a reply."),
                _("Two photos at once are the first and the last frame."),
            ),
            lines(
                _("Options may stand anywhere in the words:"),
                *(told[example].fill(option=example) for example in can),
            ),
            lines(*(command_line(name, what) for name, what in commands)),
        ],
    )


HELP_MORE = _("The buttons under a clip do the rest. All that I can do: say {/help} to me in private.")


_HAVE = {
    "day": _("You have {left} left today."),
    "week": _("You have {left} left this week."),
    "month": _("You have {left} left this month."),
}
_HAVE_MORE = {
    "day": _("You have {left} left today, and {extra} that you were given."),
    "week": _("You have {left} left this week, and {extra} that you were given."),
    "month": _("You have {left} left this month, and {extra} that you were given."),
}


def allowance(left: int | None, refill: Sentence, span: str = "day", extra: int = 0) -> Sentence:
    """Reply to /quota: credits left (None: no limit), next refill; `extra` credits from grants."""
    if left is None:
        return _("Your clips are counted, but not limited.")
    have = _HAVE_MORE[span].fill(extra=credits_(extra)) if extra else _HAVE[span]
    return sentences(
        have.fill(left=credits_(left)),
        _("You get new ones {refill}.", refill=refill),
        _("A second of video costs one credit, or more with some models."),
    )


BROKE = _(
    "Something went wrong on my side, and it is written down for whoever runs me. Please try again; whether a clip is "
    "under way, {/jobs} says."
)
NOT_NOW = _("Something went wrong on my side. Nothing was started or spent. Please try again in a moment.")


TOLD = _("Still no, as I said a moment ago.")
NO_PRIVATE = _(
    "That answer is for you alone, and I can't write to you. Use the slash command: only you see what it says."
)
CUT_OFF = _(
    "I was interrupted while I did that. Please look into {/audit} whether it was done, and say it again if not."
)
