"""Every sentence that people are told, in plain words: what happened, what it cost, what to do next."""

from collections.abc import Sequence
from typing import Literal

from bot.model import Wait
from bot.sentence import EMPTY, Command, Listing, Number, Sentence, _, _n, join, lines, sentences, verbatim

# ── Pictures ─────────────────────────────────────────────────────────────────────────────────────────────────────────

NOT_A_PICTURE = _("That file isn't a picture I can read. Send a JPEG, PNG, WebP, HEIC, AVIF, GIF or BMP.")
NOT_A_VIDEO = _("I can't read that video. Send an MP4, or a photo.")
BROKEN_PICTURE = _("That picture is damaged or only half arrived. Please send it again.")
EMPTY_PICTURE = _("That file is empty. Please send the picture again.")
PICTURE_UNREACHABLE = _("I couldn't fetch that picture. Please send it again.")
ONE_PHOTO = _(
    "Send one photo, or two for the first and the last frame. More than two, or a video among them, "
    "can't become one clip."
)
ONE_STATIC_MASK = _("Only one static mask fits into a clip. Please paint everything that should stay still into one.")
EMPTY_MASK = _("Nothing in that mask is white, so it selects nothing. Paint white what it should be about.")
NOT_A_MASK = _("A mask must be a PNG file as large as the photo: white where it counts, black elsewhere.")


def too_heavy(limit_mb: int) -> Sentence:
    """A file over the byte limit."""
    return _(
        "That file is too large. Pictures of up to {limit_mb} MB work; a smaller copy will do fine.", limit_mb=limit_mb
    )


def too_many_pixels(width: int, height: int, limit: int) -> Sentence:
    """Over the pixel limit."""
    return _(
        "That picture is {width} × {height} pixels, more than I can open safely. "
        "Please scale it down to at most {megapixels} megapixels.",
        width=width,
        height=height,
        megapixels=limit // 1_000_000,
    )


TOO_SMALL = _("That picture is {width} × {height} pixels. Both sides need at least {least}; please send a larger one.")


def too_small(width: int, height: int, least: int) -> Sentence:
    """A side under the least length."""
    return TOO_SMALL.fill(width=width, height=height, least=least)


def too_long(width: int, height: int) -> Sentence:
    """An aspect ratio outside 1:2.5 to 2.5:1, of a picture with masks, which would not fit any more."""
    return _(
        "That picture is {width} × {height} pixels: too long and narrow. The longer side may be at most two "
        "and a half times the shorter one, so please crop it first, and the masks with it.",
        width=width,
        height=height,
    )


TOO_LONG = _(
    "That picture is long and narrow: one side may be at most two and a half times the other. Shall I take its middle? "
    "It waits here for an hour, and nothing is spent before you say so."
)
TOO_LONG_SHELL = _(
    "That picture is long and narrow: one side may be at most two and a half times the other. Nothing was ordered. "
    "With --crop I take its middle."
)
CROP = _("Crop to the middle")


def mask_size(mask: tuple[int, int], photo: tuple[int, int]) -> Sentence:
    """A mask that does not fit its photo."""
    return _(
        "The mask is {mask_width} × {mask_height} pixels, but the photo is {width} × {height}. "
        "A mask must have exactly the photo's size.",
        mask_width=mask[0],
        mask_height=mask[1],
        width=photo[0],
        height=photo[1],
    )


def brush_points(count: int) -> Sentence:
    """A trajectory with too few or too many points."""
    return _(
        "A brush path needs 2 to 77 points, and this one has {count}. For example: --brush mask.png:100,200;300,200",
        count=count,
    )


def brush_outside(x: int, y: int, width: int, height: int) -> Sentence:
    """A trajectory that leaves the photo."""
    return _(
        "The brush point {x},{y} lies outside the photo, which is {width} × {height} pixels.",
        x=x,
        y=y,
        width=width,
        height=height,
    )


def too_many_brushes(limit: int) -> Sentence:
    """Over the number of moving parts."""
    return _("At most {limit} brushes fit into one clip.", limit=limit)


# ── Options ──────────────────────────────────────────────────────────────────────────────────────────────────────────

DURATION_EXAMPLE = "--duration 10"
_EXAMPLES = {"duration": DURATION_EXAMPLE, "no": "--no blurry, extra hands", "cfg": "--cfg 0.7"}


def option_unknown(name: str, known: Sequence[str], nearest: str | None = None) -> Sentence:
    """An option that does not exist, and the one that may be meant."""
    examples, said = ", ".join(_EXAMPLES[k] for k in known), shorten(name, 32)
    if nearest:
        return _(
            "I don't know the option --{said}. Did you mean --{nearest}? These work: {examples}.",
            said=said,
            nearest=nearest,
            examples=examples,
        )
    return _(
        "“--{said}” looks like an option, and I have none of that name. If it belongs to the sentence, write "
        "it without the dashes, or with one and a blank on both sides: “- {said}”. The options are: "
        "{examples}.",
        said=said,
        examples=examples,
    )


def option_unclear(found: str) -> Sentence:
    """A dash and a name that may be an option, or a dash and a word."""
    return _(
        "I can't tell whether “{found}” is an option. If it is, begin it with a blank and two hyphens, as in "
        "{example}. If it belongs to the sentence, leave a blank on both sides of the dash.",
        found=shorten(found, 60),
        example=_EXAMPLES["no"],
    )


def option_malformed(name: str, value: str) -> Sentence:
    """An option whose value cannot be used."""
    example = _EXAMPLES[name]
    if value:
        return {
            "duration": _("--duration can be 5 or 10 seconds, not “{value}”. For example: {example}"),
            "no": _("--no needs the things to avoid, not “{value}”. For example: {example}"),
            "cfg": _("--cfg takes a number from 0 (loosely) to 1 (strictly), not “{value}”. For example: {example}"),
        }[name].fill(value=value, example=example)
    return {
        "duration": _("--duration can be 5 or 10 seconds. For example: {example}"),
        "no": _("--no needs the things to avoid. For example: {example}"),
        "cfg": _("--cfg takes a number from 0 (loosely) to 1 (strictly). For example: {example}"),
    }[name].fill(example=example)


def option_twice(name: str, first: str, second: str) -> Sentence:
    """The same option given two times, as it was written."""
    first, second, example = shorten(first, 40), shorten(second, 40), _EXAMPLES[name]
    if first == second:
        return _(
            "“{option}” stands there twice. Please keep one, for example: {example}", option=first, example=example
        )
    return _(
        "“{first}” and “{second}” are the same option. Please keep one, for example: {example}",
        first=first,
        second=second,
        example=example,
    )


def option_elsewhere(names: Sequence[str]) -> Sentence:
    """Other options where only what to avoid is asked for."""
    return _(
        "What to avoid is a list like “blurry, extra hands”; {options} has a place of its own. Please take it "
        "out there.",
        options=Listing(tuple(f"--{name}" for name in names)),
    )


DESCRIPTION = _("The description")
TO_AVOID = _("The list of things to avoid")
MESSAGE = _("A message")


def too_wordy(length: int, limit: int, what: Sentence) -> Sentence:
    """A prompt over the provider's limit."""
    return _(
        "{what} may have up to {limit} characters, and this has {length}. Please shorten it.",
        what=what,
        limit=Number(limit),
        length=Number(length),
    )


ONLY_FIVE = _("An end picture, masks and brushes work only with 5-second clips. Make it 5 seconds, or leave them out.")
END_OR_MASKS = _("An end picture can't be combined with masks or brushes. Please choose one of the two.")

# ── Asking ───────────────────────────────────────────────────────────────────────────────────────────────────────────

NO_PHOTO = _("Send a photo together with what should happen in it, for example: “she puts on her glasses”.")
NO_WORDS = _("What should happen in the photo? A few words will do, for example: “she puts on her glasses”.")
TRY_LATER = _("I can't take orders right now. Nothing was started or spent. Please try again in a few minutes.")
NOT_SURE = _(
    "I couldn't make out whether your order was taken. If it was, the clip comes by itself; look under {/jobs} "
    "in a few "
    "minutes before you ask again."
)
NO_MASKS = _(
    "Masks and brushes can't reach the video service from here: it fetches them by link, and this installation has no "
    "public address. Please send the photo without them, or ask the operator to set PUBLIC_URL."
)
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
    """A search that found nothing."""
    return sentences(_("None of your clips here has “{words}” in its words.", words=shorten(words, 60)), YOUR_LAST)


def unknown_command(name: str, nearest: str | None = None, *, pictured: bool = False) -> Sentence:
    """A command that does not exist, and the one that may be meant; `pictured`: a picture came with it."""
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
UNSURE = _(
    "I sent this clip, but the chat didn't confirm that it arrived. If you can't see it, have it sent again; "
    "that costs nothing."
)
CLIP_ELSEWHERE = _(
    "Your clip is ready, but the chat where you asked for it is closed to me. Tap below, and it comes here."
)
CLIP_TOO_LARGE = _("The clip is too large to be sent here. It is kept; whoever runs this bot can get it for you.")


def not_here(username: str) -> Sentence:
    """What is for the asker alone has nowhere to go: a bot may not begin a conversation."""
    return _(
        "That is for you alone. Write to me in private first, at https://t.me/{username}, then ask here again.",
        username=username,
    )


def no_videos(username: str) -> Sentence:
    """A group whose members, and with them the bot, may not send videos."""
    return _(
        "I may not send videos in this group, so there is no clip, and nothing is spent. An admin can allow "
        "it, in the group's permissions or by making me an admin; or send me the photo in private: "
        "https://t.me/{username}",
        username=username,
    )


def group_help(username: str) -> Sentence:
    """How to ask in a group."""
    return _(
        "In a group: send a photo with {/animate}@{username} and a few words as its caption, or reply with "
        "{/animate}@{username} and the words to anybody's photo or clip.",
        username=username,
    )


def which_photo(username: str) -> Sentence:
    """Somebody in a group asks for a clip of nothing."""
    return _(
        "Which photo? Send one with {/animate}@{username} and a few words as its caption, or reply with "
        "{/animate}@{username} and the words to anybody's photo or clip.",
        username=username,
    )


def guest_help(username: str) -> Sentence:
    """Somebody called us where we are no member, about nothing."""
    return _(
        "Which photo? Reply to one with @{username} and a few words about what should happen in it, or send "
        "one with that as its caption.",
        username=username,
    )


def hello_group(username: str) -> Sentence:
    """The first message in a group."""
    return sentences(_I_ANIMATE, group_help(username), _("What else I can do: {/help}@{username}", username=username))


def ask_new_words(prompt: str) -> Sentence:
    """The question behind “New words”."""
    return _("What should happen instead of “{prompt}”? Reply with the new words.", prompt=shorten(prompt, 120))


def stays(chosen: Sequence[Sentence], others: Sequence[str]) -> Sentence:
    """What is taken over from the clip before, and options that change it."""
    return sentences(
        _("As before: {chosen}.", chosen=join(" · ", chosen)),
        _("To change that, add {options}.", options=Listing(tuple(others), "or")) if others else EMPTY,
    )


def again(price: int) -> Sentence:
    """The button that orders the same once more."""
    return _("Again · {price}", price=credits_(price))


def cancel_this(prompt: str) -> Sentence:
    """The button that cancels one of several."""
    return _("Cancel “{prompt}”", prompt=shorten(prompt, 30))


def delete_this(prompt: str) -> Sentence:
    """The button that deletes one of several."""
    return _("Delete “{prompt}”", prompt=shorten(prompt, 30))


def joined(count: int) -> Sentence:
    """Several clips as one."""
    return lines(_n("{count} clip as one film", "{count} clips as one film", count), MADE_BY_AI)


def clip_waits(address: str) -> Sentence:
    """Where a clip can be had that cannot be shown in this place."""
    return _("Your clip is ready: {address}", address=address)


def clip_at(address: str) -> Sentence:
    """Where a clip can be had that is too large for the chat."""
    return _("The clip is too large to be sent here; it is yours at {address}", address=address)


def clip_refused(job_id: str, address: str) -> Sentence:
    """Where a clip can be had that the chat does not take."""
    if address:
        return _("Your clip is ready, but this chat didn't take it. It is yours at {address}", address=address)
    return _(
        "Your clip is ready, but this chat didn't take it. Have it sent again with the button below, or "
        "write to me in private: {/clip} {job_id}",
        job_id=job_id,
    )


WHICH_CLIP = _("Which clip? For example: {command}.")


def needs_job(name: str) -> Sentence:
    """A command that is about one clip came without saying which."""
    return sentences(WHICH_CLIP.fill(command=Command(f"{name} k7m2p9q4xw")), YOUR_LAST)


IN_COMMUNITIES = _("(in a community)")


def command_line(name: str, what: Sentence) -> Sentence:
    """A command in a list."""
    return _("{command} – {what}", command=Command(name), what=what)


def help_(commands: Sequence[tuple[str, Sentence]]) -> Sentence:
    """What can be done here."""
    return join(
        "\n",
        [
            _("Send a photo with a few words about what should happen in it; the clip comes back as a reply."),
            _("Two photos at once are the first and the last frame."),
            _("\nOptions may stand anywhere in the words:"),
            _("{option} (or --10s) – a clip of 10 seconds instead of 5", option=_EXAMPLES["duration"]),
            _("{option} – what to avoid", option=_EXAMPLES["no"]),
            _("{option} – how strictly to follow the words, from 0 to 1\n", option=_EXAMPLES["cfg"]),
            *(command_line(name, what) for name, what in commands),
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
    """What a person may still spend."""
    if left is None:
        return _("Your clips are counted, but not limited.")
    have = _HAVE_MORE[span].fill(extra=credits_(extra)) if extra else _HAVE[span]
    return sentences(
        have.fill(left=credits_(left)),
        _("You get new ones {refill}.", refill=refill),
        _("One credit is one second of video."),
    )


# ── The status line ──────────────────────────────────────────────────────────────────────────────────────────────────

STAND_IN = _("Local preview: the stand-in on this machine makes it, not the real model.")
MADE_BY_AI = _("AI-generated")
CANCEL = _("Cancel")
SENDING = _("Asking the video service …")
HALTED = _(
    "On hold: Photoplay was restored from a backup, and I don't want to buy this one twice. The operator will decide; "
    "if you cancel it, you have your credits back at once."
)
PAUSED = _("In line. Whoever runs this bot has paused it; your place is kept, and it goes on by itself after that.")
RENDERED = _("Ready, on its way to you.")
LONGER = _("This takes longer than usual. Still waiting; nothing is lost.")
DONE = _("Done.")
TOO_LATE = _("That clip is being made already, so it can't be cancelled any more.")
OVER = _("That one is over already.")
CANCELLED = _("Taken out of the line.")

FAILED = {
    "cancelled": _("Cancelled."),
    "expired": _("This clip took too long, and I gave it up. If you still want it, please ask again."),
    "lost": _(
        "The connection broke just as your order went out, and nobody can say whether it arrived. "
        "It is not sent twice; if you still want the clip, please ask again."
    ),
    "unknown_job": _("The video service lost this clip. Please ask again."),
    "moderation": _(
        "The video service's content filter stopped this one; it can be touchy. Other words or another photo may pass."
    ),
    "image": _("The video service can't work with this photo. Please try another one, or a different crop."),
    "rejected": _("The video service didn't accept this order. Other words, fewer options or another photo may help."),
    "busy": _("The video service has no room at the moment. Please try again in a little while."),
    "unavailable": _("The video service can't be used right now; the operator has been told. Please try again later."),
    "failed": _("The video service tried, but couldn't make this clip. Trying again often helps."),
    "restored": _(
        "Photoplay was restored from a backup while this one was in line, and it was not bought again. "
        "If you still want the clip, please ask again."
    ),
    "broken_clip": _("The video service says the clip is ready, but it can't be fetched. Please ask again."),
}


def credits_(amount: int) -> Sentence:
    """An amount with its unit."""
    return _n("{count} credit", "{count} credits", amount)


def options(seconds: int, negative: str, cfg: float | None, extras: Sequence[Sentence]) -> list[Sentence]:
    """What was chosen besides the words."""
    parts = [_("{seconds} s", seconds=seconds), *extras]
    if negative:
        parts.append(_("without {what}", what=shorten(negative, 40)))
    if cfg is not None:
        parts.append(_("words followed at {value}", value=cfg))
    return parts


def quoted(words: str, length: int) -> Sentence:
    """People's words, at most `length` characters of them; nothing without words."""
    return _("“{words}”", words=shorten(words, length)) if words else EMPTY


def understood(prompt: str, options: Sequence[Sentence]) -> Sentence:
    """The order in one line."""
    return join(" · ", [_("“{words}”", words=shorten(prompt, 120)), *options])


END = _("with an end picture")
HELD = _("parts held still")


def moving(count: int) -> Sentence:
    """How many parts move along a path."""
    return _n("{count} moving part", "{count} moving parts", count)


SPANS = {"day": _("today"), "week": _("this week"), "month": _("this month")}


_PRICE = {
    "day": _("{price}, {left} left today"),
    "week": _("{price}, {left} left this week"),
    "month": _("{price}, {left} left this month"),
}
_PRICE_MORE = {
    "day": _("{price}, {left} left today and {extra} given to you"),
    "week": _("{price}, {left} left this week and {extra} given to you"),
    "month": _("{price}, {left} left this month and {extra} given to you"),
}


def price(amount: int, left: int | None, span: str = "day", extra: int = 0) -> Sentence:
    """What it costs and what remains."""
    if left is None:
        return credits_(amount)
    found = _PRICE_MORE[span].fill(extra=extra) if extra else _PRICE[span]
    return found.fill(price=credits_(amount), left=left)


def queued(ahead: int, wait: Sentence) -> Sentence:
    """Not yet with the provider."""
    return join(" · ", [place(ahead), _("ready in {wait}", wait=wait)])


def place(ahead: int) -> Sentence:
    """Where in the queue."""
    return _n("{count} before you", "{count} before you", ahead) if ahead else NEXT


NEXT = _("Next in line")
RENDERING = _("Rendering")


WAITS: dict[Wait, Sentence] = {
    "room": _("The video service has no room just now."),
    "account": _("The video service takes no orders from us until the operator has seen to it; they have been told."),
    "silence": _("The video service doesn't answer just now."),
    "link": _("The video service says your clip is ready, but not yet where it is."),
    "clip": _("Your clip is ready, but it can't be fetched just now."),
    "disk": _("My own storage has trouble just now."),
}


def waiting_again(waits: Wait, wait: Sentence) -> Sentence:
    """In the queue after nobody took it; `wait` until the next try."""
    return sentences(WAITS[waits], _("Your place is kept, and I try again in {wait}.", wait=wait))


def looking_again(waits: Wait) -> Sentence:
    """With the provider, and the looks go wrong."""
    return sentences(WAITS[waits], _("I keep trying; nothing is lost."))


def rendering(left: Sentence) -> Sentence:
    """With the provider."""
    return _("Rendering, {left} left", left=left)


def failed(reason: str, price: int) -> Sentence:
    """No clip, and what became of the credits."""
    return sentences(
        FAILED[reason],
        _n("You were not charged: your credit is back.", "You were not charged: your {count} credits are back.", price),
    )


def _span(seconds: float) -> tuple[Literal["few", "s", "min", "h", "day"], int]:
    if seconds < 10:
        return "few", 0
    if seconds < 50:
        return "s", round(seconds / 10) * 10
    if seconds < 5400:
        return "min", max(1, round(seconds / 60))
    if seconds < 2 * 86_400:
        return "h", round(seconds / 3600)
    return "day", round(seconds / 86_400)


def about(seconds: float) -> Sentence:
    """A span in a person's terms."""
    unit, count = _span(seconds)
    return {
        "few": _("a few seconds"),
        "s": _("about {count} s", count=count),
        "min": _("about {count} min", count=count),
        "h": _("about {count} h", count=count),
        "day": _n("about {count} day", "about {count} days", count),
    }[unit]


def refill(seconds: float, span: str = "day", zone: str = "UTC") -> Sentence:
    """When the allowance is full again."""
    return {
        "day": _("at midnight {zone}, in {wait}"),
        "week": _("on Monday at midnight {zone}, in {wait}"),
        "month": _("on the 1st at midnight {zone}, in {wait}"),
    }[span].fill(zone=zone, wait=about(seconds))


def shorten(text: str, length: int) -> str:
    """At most `length` characters, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


# ── Commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────

STATES = {
    "queued": _("in line"),
    "submitting": _("being ordered"),
    "running": _("rendering"),
    "delivering": _("on its way"),
    "clip": _("ready"),
    "failed": _("not made, not charged"),
    "cancelled": _("cancelled, not charged"),
}


def job_line(
    number: int,
    job_id: str,
    state: str,
    prompt: str,
    seconds: int,
    price: int,
    age: float,
    after: Sentence = EMPTY,
) -> Sentence:
    """One line of /jobs."""
    return join(
        " · ",
        [
            _("{number}. {state}", number=number, state=STATES[state]),
            _("“{words}”", words=shorten(prompt, 60)),
            _("{seconds} s", seconds=seconds),
            EMPTY if state in ("failed", "cancelled") else credits_(price),
            ago(age),
            job_id,
            after,
        ],
    )


def ago(age: float) -> Sentence:
    """How long ago, of an age in seconds."""
    unit, count = _span(age)
    return {
        "few": _("a few seconds ago"),
        "s": _("{count} s ago", count=count),
        "min": _("{count} min ago", count=count),
        "h": _("{count} h ago", count=count),
        "day": _n("{count} day ago", "{count} days ago", count),
    }[unit]


def apart(labels: Sequence[Sentence], ages: Sequence[float]) -> list[Sentence]:
    """What buttons say; where two would say the same, with the age of what they are about."""
    return [
        join(" · ", [label, ago(age)]) if labels.count(label) > 1 else label
        for label, age in zip(labels, ages, strict=True)
    ]


def clip_number(number: int) -> Sentence:
    """The button that sends the clip of a line of /jobs."""
    return verbatim(f"▶ {number}")


# ── Discord ──────────────────────────────────────────────────────────────────────────────────────────────────────────

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
BROKE = _(
    "Something went wrong on my side, and it is written down for whoever runs me. Please try again; whether a clip is "
    "under way, {/jobs} says."
)
NOT_NOW = _("Something went wrong on my side. Nothing was started or spent. Please try again in a moment.")
DISCORD_OPTIONS = {
    "image": _("the photo; without one you are asked for it"),
    "prompt": _("what should happen in it"),
    "duration": _("how long the clip is"),
    "negative": _("what to avoid"),
    "strength": _("how strictly to follow the words, from 0 to 1"),
    "end_image": _("the last frame; for clips of 5 seconds"),
    "clip": _("the clip's name, as {/jobs} shows it"),
    "mine": _("the clip's name, as {/jobs} shows it; without one, your latest"),
    "shared": _("the shared clip's name"),
    "words": _("what should happen"),
    "sought": _("words that a clip was made with; without them, your last ten"),
}
DURATIONS = {5: _("5 seconds"), 10: _("10 seconds")}
PERMISSIONS = {
    "view_channel": _("View Channel"),
    "send_messages": _("Send Messages"),
    "send_messages_in_threads": _("Send Messages in Threads"),
    "attach_files": _("Attach Files"),
}


def may_not(permissions: Sequence[str]) -> Sentence:
    """The bot lacks what a delivery needs."""
    return _n(
        "I could not post a clip here: I lack the permission {names}. Ask an admin for it; nothing was started "
        "or spent.",
        "I could not post a clip here: I lack the permissions {names}. Ask an admin for it; nothing was started "
        "or spent.",
        len(permissions),
        names=Listing(tuple(_("“{name}”", name=PERMISSIONS[name]) for name in permissions)),
    )


def ready(countdown: str) -> Sentence:
    """When the clip is expected, where the client counts down by itself."""
    return _("Ready {countdown}", countdown=countdown)


# ── The chat page ────────────────────────────────────────────────────────────────────────────────────────────────────

UNREADABLE = {
    400: _("That didn't arrive whole. Please load the page again, and send it once more."),
    408: _("That took too long to arrive. Please send it again."),
    413: _("That is more than I can take in at once. Please send less."),
    415: _("I can't read what was sent. Please load the page again, and send it once more."),
}
"""What is said of a request that cannot be read, by its HTTP status."""

PAGE = {
    "title": verbatim("Photoplay"),
    "description": _("A photo and a sentence go in; a video comes back."),
    "noscript": _("This page needs JavaScript."),
    "off": _("The chat page is off here. Whoever runs Photoplay can turn it on by setting PLAYGROUND_PASSWORD."),
    "password": _("Password, from whoever gave you the link"),
    "enter": _("Enter"),
    "password_wrong": _("That isn't the password. Please try again."),
    "password_wait": _("Too many tries. Please wait a minute."),
    "not_found": _("There is nothing here"),
    "not_found_lead": _("The link may be mistyped, or its time is over."),
    "broken": _("That didn't work"),
    "broken_lead": _("Something went wrong on our side. Please try again in a moment."),
    "resting": _("One moment, please"),
    "resting_lead": _("I can't reach my records just now. Nothing is lost; please try again in a minute."),
    "to_start": _("Open the chat"),
    "reload": _("This page is out of date. Please load it again."),
    "one_by_one": _("I'm still taking in what you sent. One moment, please."),
    "form": DESCRIPTION,
    "greeting": _("Which photo should come alive?"),
    "lead": _("Send a photo and a sentence. A few minutes later it answers as a video."),
    "samples": _("Samples to try"),
    "conversation": _("Conversation"),
    "message": _("You: “{words}”"),
    "answer": _("Answer to “{words}”"),
    "photo_alt": _("Your photo for “{words}”"),
    "end_alt": _("The last frame for “{words}”"),
    "progress": _("How far the clip is"),
    "clip_ready": _("Your clip “{words}” is ready."),
    "composer": _("New message"),
    "words": _("What should happen in the photo?"),
    "words_example": _("What should happen? “She puts on her glasses”"),
    "add_photo": _("Photo"),
    "moves": _("Words to add"),
    "options": _("Options"),
    "chosen": _("Chosen options"),
    "send": _("Send"),
    "drop": _("Drop your photo here"),
    "start": _("Start"),
    "end": _("End"),
    "start_preview": _("The first frame"),
    "end_preview": _("The last frame"),
    "remove_start": _("Remove the photo"),
    "remove_end": _("Remove the last frame"),
    "swap": _("Swap start and end"),
    "crop_hint": _("This one is long, so a part of it is used. Drag the frame, or its ends."),
    "crop_start": _("Where the part that is used begins"),
    "crop_middle": _("The part that is used"),
    "crop_end": _("Where the part that is used ends"),
    "duration": _("Length"),
    "five": _("5 s"),
    "ten": _("10 s"),
    "seconds": _("{seconds} s"),
    "avoid": _("What to avoid"),
    "avoid_example": _("blurry, extra hands"),
    "without": _("without {what}"),
    "strictness": _("How closely to follow your words"),
    "loosely": _("loosely"),
    "strictly": _("strictly"),
    "automatic": _("automatic"),
    "followed": _("words followed at {value}"),
    "last_frame": _("Last frame"),
    "add_last_frame": _("Add a photo"),
    "ten_excluded": _("With a last frame the clip is 5 s long."),
    "five_then": _("With a last frame, it becomes a clip of 5 s."),
    "end_or_ten": _("A last frame works only with 5 s. Take the last frame out, or the 10 s out of your words."),
    "end_kept": _("For a last frame, start from a photo of your own."),
    "written": _("Taken from your words."),
    "cancel": _("Cancel"),
    "notify": _("Tell me when it's ready"),
    "again": _("Again"),
    "new_words": _("New words"),
    "go_on": _("Continue"),
    "download": _("Download"),
    "play": _("Play"),
    "pause": _("Pause"),
    "mute": _("Sound off"),
    "unmute": _("Sound on"),
    "full_screen": _("Full screen"),
    "new_words_for": _("New words for “{words}”"),
    "continue_of": _("Continue “{words}”"),
    "dismiss": _("Start from another photo"),
    "need_photo": _("Add a photo first: choose “Photo” below, or drop or paste one here."),
    "need_words": _("What should happen in the photo? A few words will do."),
    "too_heavy": _("That file is too large. Pictures of up to {mb} MB work; a smaller copy will do fine."),
    "join": _("Join"),
    "send_again": SEND_AGAIN,
    "delete": DELETE,
    "delete_clip": _("Delete this clip"),
    "delete_what": DELETE_ON_PAGE,
    "keep": KEEP,
    "menu": _("Menu"),
    "history": _("History"),
    "clips": _("All my clips"),
    "back": _("Back to the chat"),
    "find": _("Words to find"),
    "search": _("Find"),
    "favourites": _("Favourites only"),
    "favourite": _("Favourite"),
    "choose": _("Choose"),
    "choose_none": _("Choose none"),
    "more": _("More"),
    "not_marked": _("That didn't get through. Please tap once more."),
    "too_many": _("That is more than one file can hold. Please choose fewer clips."),
    "none_left": _("None of those clips are there any more."),
    "credits": _("Credits"),
    "mydata": _("My data"),
    "privacy": _("Privacy"),
    "help": _("Help"),
    "drop_order": _("Take it back"),
    "order_lapsed": _("An hour has passed without an answer, so this was taken back. Nothing was spent."),
    "unreached": _("That didn't get through. Try again: nothing is made or paid twice."),
    "offline_now": _("You're offline. What is under way goes on, and this page catches up by itself."),
    "server_away": _("Photoplay doesn't answer right now. This page tries again by itself, and nothing is lost."),
}

MOVES = (
    "slow push in",
    "pull back",
    "pan left",
    "pan right",
    "tilt up",
    "gentle orbit",
    "handheld",
)
"""Words for the camera: every model understands them, and the stand-in shows them."""
EXAMPLES = ("wind in the hair", "rain begins to fall")
"""Words for what is in a photo, which only a real model moves."""
STAND_IN_PAGE = {
    "lead": _("Send a photo and a sentence. Moments later it answers as a video."),
    "words_example": _("What should happen? “Slow push in, gentle orbit”"),
}
"""What the page says otherwise where the stand-in alone makes the clips."""
STAND_IN_SAMPLES = {
    "lake": "slow push in, over the water towards the boat",
    "portrait": "gentle orbit around her, moving closer",
    "street": "slow pan right past the lanterns",
}
"""Words of samples where the stand-in alone makes the clips: it moves the camera, and nothing in the photo."""
SAMPLES = {
    "lake": {
        "prompt": "slow push in while the boat drifts across the lake",
        "alt": _("A drawn lake at dawn: a small boat, misty mountains, dark pines on both sides"),
    },
    "portrait": {
        "prompt": "she puts on her glasses, gentle orbit",
        "alt": _("A drawn portrait of a calm woman with a pair of glasses in her hands"),
    },
    "street": {
        "prompt": "rain falls, slow pan right past the lanterns",
        "alt": _("A drawn street on a rainy evening: lanterns, wet stones, a cat under a red umbrella"),
    },
}


def preview(*, at_home: bool) -> Sentence:
    """Over the chat page, where the stand-in makes the clips; only whoever sits there can change that."""
    return sentences(
        _("This is a preview: a stand-in makes the clips, not the real model."),
        _("For real clips, put AIMLAPI_KEY into the file .env.") if at_home else EMPTY,
    )


def no_clips(words: str, favourites: bool) -> Sentence:
    """A history without clips, or a search in it that found none."""
    if words.strip():
        found = (
            _("None of your favourites has “{words}” in its words.")
            if favourites
            else _("None of your clips has “{words}” in its words.")
        )
        return found.fill(words=shorten(words, 60))
    if favourites:
        return _("No favourites yet. Tap the star on a clip that you like.")
    return _("No clips yet. Send a photo in the chat, and what comes of it shows up here.")


def alt(prompt: str) -> str:
    """What a screen reader says of a photo or clip."""
    return shorten(prompt, 200)


# ── The console ──────────────────────────────────────────────────────────────────────────────────────────────────────

TIMELINE = {
    "created": _("asked: photo checked, credits set aside, order kept"),
    "started": _("order sent"),
    "settled": _("clip seen ready, credits settled"),
    "done": _("delivered"),
}


def taken_by(host: str) -> Sentence:
    """A step of the timeline."""
    return _("taken by {host}", host=host)


def no_file(path: str) -> Sentence:
    """A file that is not there."""
    return _("There is no file {path}.", path=path)


def not_a_file(path: str) -> Sentence:
    """A folder, or something else that holds no picture."""
    return _("{path} is not a file. I need a picture, such as photo.jpg.", path=path)


def no_place(path: str) -> Sentence:
    """A place where no file can be written."""
    return _("I can't write to {path}, so I did nothing.", path=path)


def would_overwrite(path: str) -> Sentence:
    """The clip would take the place of a photo or mask it is made from."""
    return _("{path} is one of the pictures themselves. Please choose another name for the clip.", path=path)


def not_saved(path: str, why: str, job_id: str) -> Sentence:
    """The clip is there, but its file could not be written."""
    return _(
        "I couldn't write {path}: {why}. Your clip is kept; get it with: photoplay fetch {job_id} -o FILE",
        path=path,
        why=why,
        job_id=job_id,
    )


def brush_malformed(value: str) -> Sentence:
    """A brush that cannot be read."""
    return _(
        "A brush is a mask and the way it moves, not “{value}”. For example: --brush mask.png:100,200;300,200",
        value=value,
    )


def saved(path: str, width: int, height: int, seconds: float) -> Sentence:
    """Where the clip is."""
    return _("{path}: {width} × {height}, {seconds} s", path=path, width=width, height=height, seconds=round(seconds))


STOPPING = _("Stopping …")
STOPPED = _("Stopped before anything was ordered.")
SEE_CHECK = _("Run photoplay check to see why.")


def store_down(detail: str) -> Sentence:
    """The database takes nothing."""
    return _(
        "The database can't be used right now ({detail}); nothing was ordered or spent. If another process "
        "holds it, try again in a minute.",
        detail=detail,
    )


def left_alone(job_id: str) -> Sentence:
    """Ctrl-C while a clip is being made."""
    return _(
        "Your order is safe, and goes on when Photoplay runs again. Get the clip with: photoplay fetch "
        "{job_id} -o FILE\nAll your clips: photoplay jobs",
        job_id=job_id,
    )
