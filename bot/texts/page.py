"""Sentences of the chat page's own: labels, hints, errors."""

from bot.sentence import EMPTY, Moment, Sentence, _, join, sentences, verbatim
from bot.texts.chat import DELETE, DELETE_ON_PAGE, KEEP, SEND_AGAIN
from bot.texts.phrases import shorten

UNREADABLE = {
    400: _("That didn't arrive whole. Please load the page again, and send it once more."),
    408: _("That took too long to arrive. Please send it again."),
    413: _("That is more than I can take in at once. Please send less."),
    415: _("I can't read what was sent. Please load the page again, and send it once more."),
}
"""Refusals of unreadable requests, by HTTP status."""

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
    "model": _("Model"),
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
    "order_lapsed": _(
        "This waits for an answer no longer: it was taken back, or an hour has passed. Nothing was spent."
    ),
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
"""Suggested camera moves; also rendered by the stand-in."""
EXAMPLES = ("wind in the hair", "rain begins to fall")
"""Suggested motion inside the photo; needs a real model."""
STAND_IN_PAGE = {
    "lead": _("Send a photo and a sentence. Moments later it answers as a video."),
    "words_example": _("What should happen? “Slow push in, gentle orbit”"),
}
"""Replacements in `PAGE` if only the stand-in makes clips."""
STAND_IN_SAMPLES = {
    "lake": "slow push in, over the water towards the boat",
    "portrait": "gentle orbit around her, moving closer",
    "street": "slow pan right past the lanterns",
}
"""Prompts of the samples if only the stand-in makes clips: it moves only the camera."""
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
    """Banner of the chat page if only the stand-in makes clips. `at_home`: the visitor is at the server's machine."""
    return sentences(
        _("This is a preview: a stand-in makes the clips, not the real model."),
        _("For real clips, put AIMLAPI_KEY into the file .env.") if at_home else EMPTY,
    )


def no_clips(words: str, favourites: bool) -> Sentence:
    """Empty history, or a search without results."""
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


def facts(seconds: int, at: float) -> Sentence:
    """Length and date of a clip, by the calendar of Greenwich."""
    return join(" · ", [_("{seconds}\u00a0s", seconds=seconds), verbatim(Moment(at, "short"))])


def alt(prompt: str) -> str:
    """Text alternative of a photo or clip."""
    return shorten(prompt, 200)
