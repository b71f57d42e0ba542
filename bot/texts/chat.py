"""Every sentence that people are told, in plain words: what happened, what it cost, what to do next."""

from collections.abc import Sequence

from bot.model import Wait

# ── Pictures ─────────────────────────────────────────────────────────────────────────────────────────────────────────

NOT_A_PICTURE = "That file isn't a picture I can read. Send a JPEG, PNG, WebP, HEIC, AVIF, GIF or BMP."
NOT_A_VIDEO = "I can't read that video. Send an MP4, or a photo."
BROKEN_PICTURE = "That picture is damaged or only half arrived. Please send it again."
EMPTY_PICTURE = "That file is empty. Please send the picture again."
PICTURE_UNREACHABLE = "I couldn't fetch that picture. Please send it again."
ONE_PHOTO = (
    "Send one photo, or two for the first and the last frame. More than two, or a video among them, "
    "can't become one clip."
)
ONE_STATIC_MASK = "Only one static mask fits into a clip. Please paint everything that should stay still into one."
EMPTY_MASK = "Nothing in that mask is white, so it selects nothing. Paint white what it should be about."
NOT_A_MASK = "A mask must be a PNG file as large as the photo: white where it counts, black elsewhere."


def too_heavy(limit_mb: int) -> str:
    """A file over the byte limit."""
    return f"That file is too large. Pictures of up to {limit_mb} MB work; a smaller copy will do fine."


def too_many_pixels(width: int, height: int, limit: int) -> str:
    """Over the pixel limit."""
    return (
        f"That picture is {width} × {height} pixels, more than I can open safely. "
        f"Please scale it down to at most {limit // 1_000_000} megapixels."
    )


def too_small(width: int, height: int, least: int) -> str:
    """A side under the least length."""
    return f"That picture is {width} × {height} pixels. Both sides need at least {least}; please send a larger one."


def too_long(width: int, height: int) -> str:
    """An aspect ratio outside 1:2.5 to 2.5:1, of a picture with masks, which would not fit any more."""
    return (
        f"That picture is {width} × {height} pixels: too long and narrow. The longer side may be at most "
        "two and a half times the shorter one, so please crop it first, and the masks with it."
    )


TOO_LONG = (
    "That picture is long and narrow: one side may be at most two and a half times the other. Shall I take its middle? "
    "It waits here for an hour, and nothing is spent before you say so."
)
TOO_LONG_SHELL = (
    "That picture is long and narrow: one side may be at most two and a half times the other. Nothing was ordered. "
    "With --crop I take its middle."
)
CROP = "Crop to the middle"


def mask_size(mask: tuple[int, int], photo: tuple[int, int]) -> str:
    """A mask that does not fit its photo."""
    return (
        f"The mask is {mask[0]} × {mask[1]} pixels, but the photo is {photo[0]} × {photo[1]}. "
        "A mask must have exactly the photo's size."
    )


def brush_points(count: int) -> str:
    """A trajectory with too few or too many points."""
    return f"A brush path needs 2 to 77 points, and this one has {count}. For example: --brush mask.png:100,200;300,200"


def brush_outside(x: int, y: int, width: int, height: int) -> str:
    """A trajectory that leaves the photo."""
    return f"The brush point {x},{y} lies outside the photo, which is {width} × {height} pixels."


def too_many_brushes(limit: int) -> str:
    """Over the number of moving parts."""
    return f"At most {limit} brushes fit into one clip."


# ── Options ──────────────────────────────────────────────────────────────────────────────────────────────────────────

DURATION_EXAMPLE = "--duration 10"
_EXAMPLES = {"duration": DURATION_EXAMPLE, "no": "--no blurry, extra hands", "cfg": "--cfg 0.7"}


def option_unknown(name: str, known: Sequence[str], nearest: str | None = None) -> str:
    """An option that does not exist, and the one that may be meant."""
    examples, said = ", ".join(_EXAMPLES[k] for k in known), shorten(name, 32)
    if nearest:
        return f"I don't know the option --{said}. Did you mean --{nearest}? These work: {examples}."
    return (
        f"“--{said}” looks like an option, and I have none of that name. If it belongs to the sentence, write it "
        f"without the dashes, or with one and a blank on both sides: “- {said}”. The options are: {examples}."
    )


def option_unclear(found: str) -> str:
    """A dash and a name that may be an option, or a dash and a word."""
    return (
        f"I can't tell whether “{shorten(found, 60)}” is an option. If it is, begin it with a blank and two hyphens, "
        f"as in {_EXAMPLES['no']}. If it belongs to the sentence, leave a blank on both sides of the dash."
    )


def option_malformed(name: str, value: str) -> str:
    """An option whose value cannot be used."""
    rule = {
        "duration": "--duration can be 5 or 10 seconds",
        "no": "--no needs the things to avoid",
        "cfg": "--cfg takes a number from 0 (loosely) to 1 (strictly)",
    }[name]
    got = f", not “{value}”" if value else ""
    return f"{rule}{got}. For example: {_EXAMPLES[name]}"


def option_twice(name: str, first: str, second: str) -> str:
    """The same option given two times, as it was written."""
    first, second = shorten(first, 40), shorten(second, 40)
    both = f"“{first}” stands there twice" if first == second else f"“{first}” and “{second}” are the same option"
    return f"{both}. Please keep one, for example: {_EXAMPLES[name]}"


def option_elsewhere(names: Sequence[str]) -> str:
    """Other options where only what to avoid is asked for."""
    said = " and ".join(f"--{name}" for name in names)
    return (
        f"What to avoid is a list like “blurry, extra hands”; {said} has a place of its own. Please take it out there."
    )


def too_wordy(length: int, limit: int, what: str) -> str:
    """A prompt over the provider's limit."""
    return f"{what} may have up to {limit:,} characters, and this has {length:,}. Please shorten it."


ONLY_FIVE = "An end picture, masks and brushes work only with 5-second clips. Make it 5 seconds, or leave them out."
END_OR_MASKS = "An end picture can't be combined with masks or brushes. Please choose one of the two."

# ── Asking ───────────────────────────────────────────────────────────────────────────────────────────────────────────

NO_PHOTO = "Send a photo together with what should happen in it, for example: “she puts on her glasses”."
NO_WORDS = "What should happen in the photo? A few words will do, for example: “she puts on her glasses”."
TRY_LATER = "I can't take orders right now. Nothing was started or spent. Please try again in a few minutes."
NOT_SURE = (
    "I couldn't make out whether your order was taken. If it was, the clip comes by itself; look under /jobs in a few "
    "minutes before you ask again."
)
NO_MASKS = (
    "Masks and brushes can't reach the video service from here: it fetches them by link, and this installation has no "
    "public address. Please send the photo without them, or ask the operator to set PUBLIC_URL."
)
UNKNOWN_JOB = "I don't know that clip. Your last ones: /jobs"
NO_CLIP_YET = "That clip isn't ready yet."
ONLY_TALK = (
    "All right. Nothing was made and nothing spent. For another clip, say in a few words what should happen in it."
)
PHOTO_GONE = "I no longer have that photo. Please send it again."
CLIP_GONE = "I no longer have that clip."
NOT_YOURS = "Only the person who asked for that clip can do this."
NO_JOBS = "No clips yet. " + NO_PHOTO
NO_JOBS_HERE = "No clips of yours here yet. Make one with /animate."
HELLO = (
    "Hello! I make photos move. Send me one with a few words about what should happen in it, for example: “she puts on "
    "her glasses”. Some minutes later the clip comes back.\n\n"
    "My first answer says what it costs and what you have left; a clip that fails costs nothing. "
    "What else I can do: /help"
)
HELLO_HERE = "Hello! I make photos move. What else I can do: /help"


def no_jobs_with(words: str) -> str:
    """A search that found nothing."""
    return f"None of your clips here has “{shorten(words, 60)}” in its words. Your last ones: /jobs"


def unknown_command(name: str, nearest: str | None = None, *, pictured: bool = False) -> str:
    """A command that does not exist, and the one that may be meant; `pictured`: a picture came with it."""
    meant = f" Did you mean /{nearest}?" if nearest else ""
    nothing = " Nothing was ordered. If it belongs to your words, write them without the slash." if pictured else ""
    return f"I don't know /{name}.{meant}{nothing} Here is what I can do: /help"


ANIMATE_WHAT = (
    "Which photo? Send one with /animate and a few words as its caption, or reply with /animate and the words to "
    "anybody's photo or clip."
)
WHAT_WORKS = "That one I can't use. Send a photo with a few words about what should happen in it."
FEW_WORDS = "For that I need a few words, for example: “she puts on her glasses”."
ALBUM_HIDDEN = (
    "Of this album I can see one photo only: here I am shown nothing but what is said to me. Send the photos to me in "
    "private, or reply to one of them."
)
NOT_EDITED = (
    "I work with your words as they were first sent. To change them, tap Cancel and send the photo again; "
    "while it is in line that costs nothing."
)
ONE_MOMENT = "One moment, please …"
TAKEN_BACK = "This clip was taken back."
SENT_ALONE = "I have written to you in private."
NOT_FOR_ANONYMOUS = "That is for you alone, and I don't know who you are. Turn off “remain anonymous” and ask again."
AS_A_PERSON = "I can't see who says that. Clips, hearts and reports are people's: please say it as yourself."
PRIVACY_MODE = "Privacy mode is on in this group, and all of this works with it: I read nothing but what is said to me."
PRIVACY_MODE_OFF = (
    "For admins: with privacy mode off (BotFather, /setprivacy, then add me again) or with me as an admin, people can "
    "also just write my name, without /animate. I would then be sent everything that is written here."
)
ASK_NEXT = "What happens next? Reply with a few words; the clip goes on from its last frame."
NEW_WORDS = "New words"
CONTINUE = "Continue"
JOIN = "Join"
SEND_AGAIN = "Send it again"
DELETE = "Delete it"
DELETE_ONE = "Delete one"
DELETE_WHICH = "Which one shall I delete?"
DELETE_WHAT = (
    "This deletes the clip for good, with its photo and its words, from galleries too, and my message with it where I "
    "may still delete that. It gives no credits back. Is that what you want?"
)
DELETE_ON_PAGE = (
    "Delete this for good, with its photo and its words? It goes from galleries, too, and gives no credits back."
)
KEEP = "Keep it"
KEPT = "Nothing was deleted."
DELETED = "Deleted: the clip, its photo and its words."
DELETED_ALREADY = "That one is deleted already."
DELETE_LATER = "That clip is still on its way. It can be deleted once it is here; in line, it can be cancelled."
NOTHING_TO_DELETE = "There is no finished clip of yours here, so there is nothing to delete."
NOTHING_TO_JOIN = "That clip doesn't continue another one, so there is nothing to join."
NOTHING_TO_CANCEL = "Nothing of yours is in line, so there is nothing to cancel."
CANCEL_WHICH = "Which one shall I take back?"
UNSURE = (
    "I sent this clip, but the chat didn't confirm that it arrived. If you can't see it, have it sent again; "
    "that costs nothing."
)
CLIP_ELSEWHERE = (
    "Your clip is ready, but the chat where you asked for it is closed to me. Tap below, and it comes here."
)
CLIP_TOO_LARGE = "The clip is too large to be sent here. It is kept; whoever runs this bot can get it for you."


def not_here(username: str) -> str:
    """What is for the asker alone has nowhere to go: a bot may not begin a conversation."""
    return f"That is for you alone. Write to me in private first, at https://t.me/{username}, then ask here again."


def no_videos(username: str) -> str:
    """A group whose members, and with them the bot, may not send videos."""
    return (
        "I may not send videos in this group, so there is no clip, and nothing is spent. An admin can allow it, in the "
        f"group's permissions or by making me an admin; or send me the photo in private: https://t.me/{username}"
    )


def group_help(username: str) -> str:
    """How to ask in a group."""
    return (
        f"In a group: send a photo with /animate@{username} and a few words as its caption, or reply with "
        f"/animate@{username} and the words to anybody's photo or clip."
    )


def which_photo(username: str) -> str:
    """Somebody in a group asks for a clip of nothing."""
    return (
        f"Which photo? Send one with /animate@{username} and a few words as its caption, or reply with "
        f"/animate@{username} and the words to anybody's photo or clip."
    )


def guest_help(username: str) -> str:
    """Somebody called us where we are no member, about nothing."""
    return (
        f"Which photo? Reply to one with @{username} and a few words about what should happen in it, or send one with "
        "that as its caption."
    )


def hello_group(username: str) -> str:
    """The first message in a group."""
    return f"Hello! I make photos move. {group_help(username)} What else I can do: /help@{username}"


def ask_new_words(prompt: str) -> str:
    """The question behind “New words”."""
    return f"What should happen instead of “{shorten(prompt, 120)}”? Reply with the new words."


def stays(chosen: Sequence[str], others: Sequence[str]) -> str:
    """What is taken over from the clip before, and options that change it."""
    how = f" To change that, add {' or '.join(others)}." if others else ""
    return f"As before: {' · '.join(chosen)}.{how}"


def again(price: int) -> str:
    """The button that orders the same once more."""
    return f"Again · {credits_(price)}"


def cancel_this(prompt: str) -> str:
    """The button that cancels one of several."""
    return f"Cancel “{shorten(prompt, 30)}”"


def delete_this(prompt: str) -> str:
    """The button that deletes one of several."""
    return f"Delete “{shorten(prompt, 30)}”"


def joined(count: int) -> str:
    """Several clips as one."""
    return f"{count} clips as one film\n{MADE_BY_AI}"


def clip_waits(address: str) -> str:
    """Where a clip can be had that cannot be shown in this place."""
    return f"Your clip is ready: {address}"


def clip_at(address: str) -> str:
    """Where a clip can be had that is too large for the chat."""
    return f"The clip is too large to be sent here; it is yours at {address}"


def clip_refused(job_id: str, address: str) -> str:
    """Where a clip can be had that the chat does not take."""
    if address:
        return f"Your clip is ready, but this chat didn't take it. It is yours at {address}"
    return (
        "Your clip is ready, but this chat didn't take it. Have it sent again with the button below, or write to me in "
        f"private: /clip {job_id}"
    )


def needs_job(name: str) -> str:
    """A command that is about one clip came without saying which."""
    return f"Which clip? For example: /{name} k7m2p9q4xw. Your last ones: /jobs"


IN_COMMUNITIES = "(in a community)"


def help_(commands: Sequence[tuple[str, str]]) -> str:
    """What can be done here."""
    lines = [f"/{name} – {what}" for name, what in commands]
    return "\n".join(
        [
            "Send a photo with a few words about what should happen in it; the clip comes back as a reply.",
            "Two photos at once are the first and the last frame.",
            "",
            "Options may stand anywhere in the words:",
            f"{_EXAMPLES['duration']} (or --10s) – a clip of 10 seconds instead of 5",
            f"{_EXAMPLES['no']} – what to avoid",
            f"{_EXAMPLES['cfg']} – how strictly to follow the words, from 0 to 1",
            "",
            *lines,
        ]
    )


HELP_MORE = "The buttons under a clip do the rest. All that I can do: say /help to me in private."


def allowance(left: int | None, refill: str, span: str = "day", extra: int = 0) -> str:
    """What a person may still spend."""
    if left is None:
        return "Your clips are counted, but not limited."
    more = f", and {credits_(extra)} that you were given" if extra else ""
    have = f"You have {credits_(left)} left {SPANS[span]}{more}."
    return f"{have} You get new ones {refill}. One credit is one second of video."


# ── The status line ──────────────────────────────────────────────────────────────────────────────────────────────────

STAND_IN = "Local preview: the stand-in on this machine makes it, not the real model."
MADE_BY_AI = "AI-generated"
CANCEL = "Cancel"
SENDING = "Asking the video service …"
HALTED = (
    "On hold: Photoplay was restored from a backup, and I don't want to buy this one twice. The operator will decide; "
    "if you cancel it, you have your credits back at once."
)
PAUSED = "In line. Whoever runs this bot has paused it; your place is kept, and it goes on by itself after that."
RENDERED = "Ready, on its way to you."
LONGER = "This takes longer than usual. Still waiting; nothing is lost."
DONE = "Done."
TOO_LATE = "That clip is being made already, so it can't be cancelled any more."
OVER = "That one is over already."
CANCELLED = "Taken out of the line."

FAILED = {
    "cancelled": "Cancelled.",
    "expired": "This clip took too long, and I gave it up. If you still want it, please ask again.",
    "lost": (
        "The connection broke just as your order went out, and nobody can say whether it arrived. "
        "It is not sent twice; if you still want the clip, please ask again."
    ),
    "unknown_job": "The video service lost this clip. Please ask again.",
    "moderation": (
        "The video service's content filter stopped this one; it can be touchy. Other words or another photo may pass."
    ),
    "image": "The video service can't work with this photo. Please try another one, or a different crop.",
    "rejected": "The video service didn't accept this order. Other words, fewer options or another photo may help.",
    "busy": "The video service has no room at the moment. Please try again in a little while.",
    "unavailable": "The video service can't be used right now; the operator has been told. Please try again later.",
    "failed": "The video service tried, but couldn't make this clip. Trying again often helps.",
    "restored": (
        "Photoplay was restored from a backup while this one was in line, and it was not bought again. "
        "If you still want the clip, please ask again."
    ),
    "broken_clip": "The video service says the clip is ready, but it can't be fetched. Please ask again.",
}


def credits_(amount: int) -> str:
    """An amount with its unit."""
    return "1 credit" if amount == 1 else f"{amount} credits"


def options(seconds: int, negative: str, cfg: float | None, extras: Sequence[str]) -> list[str]:
    """What was chosen besides the words."""
    parts = [f"{seconds} s", *extras]
    if negative:
        parts.append(f"without {shorten(negative, 40)}")
    if cfg is not None:
        parts.append(f"words followed at {cfg:g}")
    return parts


def understood(prompt: str, options: Sequence[str]) -> str:
    """The order in one line."""
    return f"“{shorten(prompt, 120)}” · {' · '.join(options)}"


END = "with an end picture"
HELD = "parts held still"


def moving(count: int) -> str:
    """How many parts move along a path."""
    return "1 moving part" if count == 1 else f"{count} moving parts"


SPANS = {"day": "today", "week": "this week", "month": "this month"}


def price(amount: int, left: int | None, span: str = "day", extra: int = 0) -> str:
    """What it costs and what remains."""
    if left is None:
        return credits_(amount)
    return f"{credits_(amount)}, {left} left {SPANS[span]}" + (f" and {extra} given to you" if extra else "")


def queued(ahead: int, wait: str) -> str:
    """Not yet with the provider."""
    return f"{place(ahead)} · ready in {wait}"


def place(ahead: int) -> str:
    """Where in the queue."""
    return f"{ahead} before you" if ahead else NEXT


NEXT = "Next in line"
RENDERING = "Rendering"


WAITS: dict[Wait, str] = {
    "room": "The video service has no room just now.",
    "account": "The video service takes no orders from us until the operator has seen to it; they have been told.",
    "silence": "The video service doesn't answer just now.",
    "link": "The video service says your clip is ready, but not yet where it is.",
    "clip": "Your clip is ready, but it can't be fetched just now.",
    "disk": "My own storage has trouble just now.",
}


def waiting_again(waits: Wait, wait: str) -> str:
    """In the queue after nobody took it; `wait` until the next try."""
    return f"{WAITS[waits]} Your place is kept, and I try again in {wait}."


def looking_again(waits: Wait) -> str:
    """With the provider, and the looks go wrong."""
    return f"{WAITS[waits]} I keep trying; nothing is lost."


def rendering(left: str) -> str:
    """With the provider."""
    return f"Rendering, {left} left"


def failed(reason: str, price: int) -> str:
    """No clip, and what became of the credits."""
    return f"{FAILED[reason]} You were not charged: {_back(price)}."


def _back(price: int) -> str:
    return "your credit is back" if price == 1 else f"your {price} credits are back"


def about(seconds: float) -> str:
    """A span in a person's terms."""
    if seconds < 10:
        return "a few seconds"
    if seconds < 50:
        return f"about {round(seconds / 10) * 10} s"
    if seconds < 5400:
        minutes = max(1, round(seconds / 60))
        return f"about {minutes} min"
    if seconds < 2 * 86_400:
        return f"about {round(seconds / 3600)} h"
    return f"about {round(seconds / 86_400)} days"


def refill(seconds: float, span: str = "day", zone: str = "UTC") -> str:
    """When the allowance is full again."""
    day = {"day": "", "week": "on Monday ", "month": "on the 1st "}[span]
    return f"{day}at midnight {zone}, in {about(seconds)}"


def shorten(text: str, length: int) -> str:
    """At most `length` characters, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


# ── Commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────

STATES = {
    "queued": "in line",
    "submitting": "being ordered",
    "running": "rendering",
    "delivering": "on its way",
    "clip": "ready",
    "failed": "not made, not charged",
    "cancelled": "cancelled, not charged",
}


def job_line(number: int, job_id: str, state: str, prompt: str, seconds: int, price: int, age: float) -> str:
    """One line of /jobs."""
    costs = "" if state in ("failed", "cancelled") else f" · {credits_(price)}"
    return f"{number}. {STATES[state]} · “{shorten(prompt, 60)}” · {seconds} s{costs} · {ago(age)} · {job_id}"


def ago(age: float) -> str:
    """How long ago, of an age in seconds."""
    return f"{about(age).removeprefix('about ')} ago"


def apart(labels: Sequence[str], ages: Sequence[float]) -> list[str]:
    """What buttons say; where two would say the same, with the age of what they are about."""
    return [
        f"{label} · {ago(age)}" if labels.count(label) > 1 else label for label, age in zip(labels, ages, strict=True)
    ]


def clip_number(number: int) -> str:
    """The button that sends the clip of a line of /jobs."""
    return f"▶ {number}"


# ── Discord ──────────────────────────────────────────────────────────────────────────────────────────────────────────

DISCORD_WHICH = (
    "Which picture? Use /animate and attach one, mention me in a message that has one, or open the menu of anybody's "
    "message with a picture or clip: Apps, “Animate this”."
)
ANIMATE_THIS = "Animate this"
GET_CLIP = "Get the clip"
ADD_WORDS = "Add words"
FORM_ANIMATE = "Animate a photo"
FORM_CONTINUE = "What happens next?"
FORM_PHOTO = "Photo"
FORM_PHOTO_HINT = "A second picture becomes the last frame."
FORM_OWN_PHOTO = "A photo of your own"
FORM_OWN_PHOTO_HINT = "Without one, the shared clip's first picture is used."
FORM_WORDS = "What should happen?"
FORM_WORDS_HINT = "She puts on her glasses"
NO_POSTS_THERE = "Nobody can write there. Choose a text channel, a thread, or one post of a forum."
AGE_RESTRICTED = "That clip is from an age-restricted channel, so it stays there. You can have it in private: write me."
FORM_GONE = "I no longer know what this was about. Please ask again."
BROKE = (
    "Something went wrong on my side, and it is written down for whoever runs me. Please try again; whether a clip is "
    "under way, /jobs says."
)
NOT_NOW = "Something went wrong on my side. Nothing was started or spent. Please try again in a moment."
DISCORD_OPTIONS = {
    "image": "the photo; without one you are asked for it",
    "prompt": "what should happen in it",
    "duration": "how long the clip is",
    "negative": "what to avoid",
    "strength": "how strictly to follow the words, from 0 to 1",
    "end_image": "the last frame; for clips of 5 seconds",
    "clip": "the clip's name, as /jobs shows it",
    "mine": "the clip's name, as /jobs shows it; without one, your latest",
    "shared": "the shared clip's name",
    "words": "what should happen",
    "sought": "words that a clip was made with; without them, your last ten",
}
DURATIONS = {5: "5 seconds", 10: "10 seconds"}
PERMISSIONS = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "attach_files": "Attach Files",
}


def may_not(permissions: Sequence[str]) -> str:
    """The bot lacks what a delivery needs."""
    names = " and ".join(f"“{PERMISSIONS[name]}”" for name in permissions)
    what = "permission" if len(permissions) == 1 else "permissions"
    return (
        f"I could not post a clip here: I lack the {what} {names}. Ask an admin for it; nothing was started or spent."
    )


def ready(countdown: str) -> str:
    """When the clip is expected, where the client counts down by itself."""
    return f"Ready {countdown}"


# ── The chat page ────────────────────────────────────────────────────────────────────────────────────────────────────

UNREADABLE = {
    400: "That didn't arrive whole. Please load the page again, and send it once more.",
    408: "That took too long to arrive. Please send it again.",
    413: "That is more than I can take in at once. Please send less.",
    415: "I can't read what was sent. Please load the page again, and send it once more.",
}
"""What is said of a request that cannot be read, by its HTTP status."""

PAGE = {
    "lang": "en",
    "title": "Photoplay",
    "description": "A photo and a sentence go in; a video comes back.",
    "noscript": "This page needs JavaScript.",
    "off": "The chat page is off here. Whoever runs Photoplay can turn it on by setting PLAYGROUND_PASSWORD.",
    "password": "Password, from whoever gave you the link",
    "enter": "Enter",
    "password_wrong": "That isn't the password. Please try again.",
    "password_wait": "Too many tries. Please wait a minute.",
    "not_found": "There is nothing here",
    "not_found_lead": "The link may be mistyped, or its time is over.",
    "broken": "That didn't work",
    "broken_lead": "Something went wrong on our side. Please try again in a moment.",
    "resting": "One moment, please",
    "resting_lead": "I can't reach my records just now. Nothing is lost; please try again in a minute.",
    "to_start": "Open the chat",
    "reload": "This page is out of date. Please load it again.",
    "one_by_one": "I'm still taking in what you sent. One moment, please.",
    "form": "The description",
    "greeting": "Which photo should come alive?",
    "lead": "Send a photo and a sentence. A few minutes later it answers as a video.",
    "samples": "Samples to try",
    "conversation": "Conversation",
    "message": "You: “{words}”",
    "answer": "Answer to “{words}”",
    "photo_alt": "Your photo for “{words}”",
    "end_alt": "The last frame for “{words}”",
    "progress": "How far the clip is",
    "clip_ready": "Your clip “{words}” is ready.",
    "composer": "New message",
    "words": "What should happen in the photo?",
    "words_example": "What should happen? “She puts on her glasses”",
    "add_photo": "Photo",
    "moves": "Words to add",
    "options": "Options",
    "chosen": "Chosen options",
    "send": "Send",
    "drop": "Drop your photo here",
    "start": "Start",
    "end": "End",
    "start_preview": "The first frame",
    "end_preview": "The last frame",
    "remove_start": "Remove the photo",
    "remove_end": "Remove the last frame",
    "swap": "Swap start and end",
    "crop_hint": "This one is long, so a part of it is used. Drag the frame, or its ends.",
    "crop_start": "Where the part that is used begins",
    "crop_middle": "The part that is used",
    "crop_end": "Where the part that is used ends",
    "duration": "Length",
    "five": "5 s",
    "ten": "10 s",
    "seconds": "{seconds} s",
    "avoid": "What to avoid",
    "avoid_example": "blurry, extra hands",
    "without": "without {what}",
    "strictness": "How closely to follow your words",
    "loosely": "loosely",
    "strictly": "strictly",
    "automatic": "automatic",
    "followed": "words followed at {value}",
    "last_frame": "Last frame",
    "add_last_frame": "Add a photo",
    "ten_excluded": "With a last frame the clip is 5 s long.",
    "five_then": "With a last frame, it becomes a clip of 5 s.",
    "end_or_ten": "A last frame works only with 5 s. Take the last frame out, or the 10 s out of your words.",
    "end_kept": "For a last frame, start from a photo of your own.",
    "written": "Taken from your words.",
    "cancel": "Cancel",
    "notify": "Tell me when it's ready",
    "again": "Again",
    "new_words": "New words",
    "go_on": "Continue",
    "download": "Download",
    "play": "Play",
    "pause": "Pause",
    "mute": "Sound off",
    "unmute": "Sound on",
    "full_screen": "Full screen",
    "new_words_for": "New words for “{words}”",
    "continue_of": "Continue “{words}”",
    "dismiss": "Start from another photo",
    "need_photo": "Add a photo first: choose “Photo” below, or drop or paste one here.",
    "need_words": "What should happen in the photo? A few words will do.",
    "too_heavy": "That file is too large. Pictures of up to {mb} MB work; a smaller copy will do fine.",
    "join": "Join",
    "send_again": SEND_AGAIN,
    "delete": DELETE,
    "delete_clip": "Delete this clip",
    "delete_what": DELETE_ON_PAGE,
    "keep": KEEP,
    "menu": "Menu",
    "history": "History",
    "clips": "All my clips",
    "back": "Back to the chat",
    "find": "Words to find",
    "search": "Find",
    "favourites": "Favourites only",
    "favourite": "Favourite",
    "choose": "Choose",
    "choose_none": "Choose none",
    "more": "More",
    "not_marked": "That didn't get through. Please tap once more.",
    "too_many": "That is more than one file can hold. Please choose fewer clips.",
    "none_left": "None of those clips are there any more.",
    "credits": "Credits",
    "mydata": "My data",
    "privacy": "Privacy",
    "help": "Help",
    "drop_order": "Take it back",
    "order_lapsed": "An hour has passed without an answer, so this was taken back. Nothing was spent.",
    "unreached": "That didn't get through. Try again: nothing is made or paid twice.",
    "offline_now": "You're offline. What is under way goes on, and this page catches up by itself.",
    "server_away": "Photoplay doesn't answer right now. This page tries again by itself, and nothing is lost.",
}

MOVES = ("slow push in", "pull back", "pan left", "pan right", "tilt up", "gentle orbit", "handheld")
"""Words for the camera: every model understands them, and the stand-in shows them."""
EXAMPLES = ("wind in the hair", "rain begins to fall")
"""Words for what is in a photo, which only a real model moves."""
STAND_IN_PAGE = {
    "lead": "Send a photo and a sentence. Moments later it answers as a video.",
    "words_example": "What should happen? “Slow push in, gentle orbit”",
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
        "alt": "A drawn lake at dawn: a small boat, misty mountains, dark pines on both sides",
    },
    "portrait": {
        "prompt": "she puts on her glasses, gentle orbit",
        "alt": "A drawn portrait of a calm woman with a pair of glasses in her hands",
    },
    "street": {
        "prompt": "rain falls, slow pan right past the lanterns",
        "alt": "A drawn street on a rainy evening: lanterns, wet stones, a cat under a red umbrella",
    },
}


def preview(*, at_home: bool) -> str:
    """Over the chat page, where the stand-in makes the clips; only whoever sits there can change that."""
    how = " For real clips, put AIMLAPI_KEY into the file .env." if at_home else ""
    return f"This is a preview: a stand-in makes the clips, not the real model.{how}"


def no_clips(words: str, favourites: bool) -> str:
    """A history without clips, or a search in it that found none."""
    if words.strip():
        where = "favourites" if favourites else "clips"
        return f"None of your {where} has “{shorten(words, 60)}” in its words."
    if favourites:
        return "No favourites yet. Tap the star on a clip that you like."
    return "No clips yet. Send a photo in the chat, and what comes of it shows up here."


def alt(prompt: str) -> str:
    """What a screen reader says of a photo or clip."""
    return shorten(prompt, 200)


# ── The console ──────────────────────────────────────────────────────────────────────────────────────────────────────

TIMELINE = {
    "created": "asked: photo checked, credits set aside, order kept",
    "started": "order sent",
    "settled": "clip seen ready, credits settled",
    "done": "delivered",
}


def taken_by(host: str) -> str:
    """A step of the timeline."""
    return f"taken by {host}"


def no_file(path: str) -> str:
    """A file that is not there."""
    return f"There is no file {path}."


def not_a_file(path: str) -> str:
    """A folder, or something else that holds no picture."""
    return f"{path} is not a file. I need a picture, such as photo.jpg."


def no_place(path: str) -> str:
    """A place where no file can be written."""
    return f"I can't write to {path}, so I did nothing."


def would_overwrite(path: str) -> str:
    """The clip would take the place of a photo or mask it is made from."""
    return f"{path} is one of the pictures themselves. Please choose another name for the clip."


def not_saved(path: str, why: str, job_id: str) -> str:
    """The clip is there, but its file could not be written."""
    return f"I couldn't write {path}: {why}. Your clip is kept; get it with: photoplay fetch {job_id} -o FILE"


def brush_malformed(value: str) -> str:
    """A brush that cannot be read."""
    return f"A brush is a mask and the way it moves, not “{value}”. For example: --brush mask.png:100,200;300,200"


def saved(path: str, width: int, height: int, seconds: float) -> str:
    """Where the clip is."""
    return f"{path}: {width} × {height}, {seconds:.0f} s"


STOPPING = "Stopping …"
STOPPED = "Stopped before anything was ordered."
SEE_CHECK = "Run photoplay check to see why."


def store_down(detail: str) -> str:
    """The database takes nothing."""
    return (
        f"The database can't be used right now ({detail}); nothing was ordered or spent. "
        "If another process holds it, try again in a minute."
    )


def left_alone(job_id: str) -> str:
    """Ctrl-C while a clip is being made."""
    return (
        "Your order is safe, and goes on when Photoplay runs again. "
        f"Get the clip with: photoplay fetch {job_id} -o FILE\nAll your clips: photoplay jobs"
    )
