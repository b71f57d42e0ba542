"""Personal data: information, erasure, export."""

from collections.abc import Sequence

from bot import platforms
from bot.sentence import EMPTY, Listing, Moment, Sentence, _, _n, join, lines, sentences, verbatim
from bot.texts.page import PAGE

HOSTS = {
    "local": _("a stand-in for the video service, which runs on this server"),
    "aimlapi": verbatim("AI/ML API (aimlapi.com)"),
    "apilaplas": verbatim("Apilaplas (apilaplas.com)"),
}

FORGET = _("Remove all of it")
KEEP = _("Keep all of it")
KEPT = _("Nothing was removed.")
FORGET_FIRST = _("Remove all of it…")
"""Label of the button that asks for confirmation of the erasure."""
BY_COMMAND = _(
    "What you can do: {/delete} removes one clip, with its photo and words. {/sharing} says how you share and changes "
    "it. {/mydata} gives you all of it as one file. {/forgetme} removes it."
)
ON_PAGE = _(
    "What you can do: the bin beside your words removes the clip that they became, with its photo and words; older "
    "ones are under “{history}” in the menu. “{mydata}” there gives you all of it as one file. The button below "
    "removes it, once you have been asked.",
    history=PAGE["history"],
    mydata=PAGE["mydata"],
)
ASK_AGAIN = _("To be asked again: {/forgetme}")
CODE_OVER = sentences(_("That button was somebody else's, or its time is over. Nothing was removed."), ASK_AGAIN)
FORGOTTEN_ALREADY = _("That was done a moment ago.")
FORGET_GOES_ON = _(
    "It has begun. Some of it could not be removed at this moment; that goes on by itself, and you need to do nothing."
)
MYDATA_SOON = _("Your file is being made. Say {/mydata} again in a few minutes.")
MYDATA_ALONE = _("Here others could read along. Say {/mydata} to me in private.")
MYDATA_NOTHING = _("Nothing is kept of you: no photo, no clip, no credits.")
MYDATA_NO_LINK = _(
    "Your things are too large to be sent here, and I have no public address from which you could fetch them. "
    "Please ask whoever runs this bot to set PUBLIC_URL."
)
KEPT_A_DAY = _("The file is kept for 24 hours.")
MYDATA_PAPER = _("This is all that is kept of you. about.txt in it says what is what.")


def span(seconds: float) -> Sentence:
    """A retention period in hours or days."""
    hours = seconds / 3600
    number = round(hours if hours < 48 else hours / 24, 1)
    whole = int(number) if number == int(number) else number
    plural = 1 if number == 1 else 2
    if hours < 48:
        return _n("{hours} hour", "{hours} hours", plural, hours=whole)
    return _n("{days} day", "{days} days", plural, days=whole)


def privacy(
    platform: str, hosts: Sequence[str], photos: float, clips: float, *, alone: bool = False, sealed: bool = False
) -> Sentence:
    """Reply to /privacy: data, hosts, retention (`photos`, `clips`: seconds), readers.

    `alone`: the only platform; `sealed`: files are encrypted.
    """
    traits = platforms.of(platform)
    chat = traits.label if traits.kind == "chat" else ""
    if chat:
        kept = _(
            "What is kept: your photos without their place and camera data, your words, your clips, what you are "
            "called "
            "on {chat}, what your clips cost, what you share, and your hearts and reports.",
            chat=chat,
        )
    else:
        kept = _(
            "What is kept: your photos without their place and camera data, your words, your clips, what your "
            "clips cost, "
            "what you share, and your hearts and reports."
        )
    if alone and not chat:
        seen = _("Who sees it: you, and whoever runs the bot.")
    else:
        seen = _(
            "Who sees it: you; in a group whoever reads there, what was made there, and its admins, what you used; "
            "whoever runs the bot; and whoever sees a gallery, what you shared there."
        )
    how_long = _(
        "How long: photos until {photos} after their clip is done, clips until {clips} after; what you share until you "
        "take it back; the rest until you have it removed. What is removed is gone from the disk and the database at "
        "once; from backups it goes as newer ones replace them, and one that is put back loses it again.",
        photos=span(photos),
        clips=span(clips),
    )
    if sealed:
        kept = sentences(
            kept,
            _(
                "Photos, clips and words are encrypted on the disk, with a key of your own, which is thrown away when "
                "you have all of it removed."
            ),
        )
    return join("\n\n", [kept, _where(chat, hosts), how_long, seen, ON_PAGE if traits.kind == "page" else BY_COMMAND])


def _where(chat: str, hosts: Sequence[str]) -> Sentence:
    train = _("This bot uses nothing to train anything.")
    if tuple(hosts) == ("local",):
        return sentences(
            _("Where: on this bot's server, where a stand-in makes the clips, too."),
            _("What is said on {chat} is kept there by rules of its own.", chat=chat) if chat else EMPTY,
            train,
        )
    return sentences(
        _(
            "Where: on this bot's server. Photo and words also go to whoever makes the clip: {services}.",
            services=Listing(tuple(HOSTS.get(host, host) for host in hosts), "or"),
        ),
        _("What they get, and what is said on {chat}, is kept there by rules of their own.", chat=chat)
        if chat
        else _("What they get is kept there by rules of their own."),
        train,
    )


def forget_what(platform: str, linked: int) -> Sentence:
    """Question of /forgetme: what is erased, on how many `linked` platforms."""
    if _chats(platform, linked):
        goes = _(
            "This removes for good: your photos, clips and words; what you share, and the posts of it in "
            "galleries; your "
            "hearts and reports; your name; credits you were given; and my messages with your clips, where I may still "
            "delete them."
        )
    else:
        goes = _(
            "This removes for good: your photos, clips and words; what you share, and the posts of it in "
            "galleries; your "
            "hearts and reports; and credits you were given."
        )
    return sentences(
        goes,
        _("What is still in line is taken back."),
        _n(
            "You are linked on {count} platform: it goes on all of them.",
            "You are linked on {count} platforms: it goes on all of them.",
            linked,
        )
        if linked > 1
        else EMPTY,
        _("It can't be undone. Is that what you want?"),
    )


def forgotten(
    clips: int, photos: int, shares: int, waiting: int, under_way: int, *, alone: bool, unreached: Sentence
) -> Sentence:
    """Confirmation of /forgetme: what was erased, and what stays. Not `alone`: others read it, so it has no numbers."""
    counted = join(
        ", ",
        [
            _n("{count} clip", "{count} clips", clips) if clips else EMPTY,
            _n("{count} photo", "{count} photos", photos) if photos else EMPTY,
            _n("{count} share", "{count} shares", shares) if shares else EMPTY,
            _n("{count} order in line", "{count} orders in line", waiting) if waiting else EMPTY,
        ],
    )
    removed = (
        _("Removed: {counted}; and your words and names.", counted=counted)
        if alone and counted
        else _("Removed: all that was kept of you.")
    )
    still = _n(
        "{count} clip is still being made and can't be called back. It is removed, with its message, once it has "
        "arrived.",
        "{count} clips are still being made and can't be called back. "
        "They are removed, with their messages, once they have arrived.",
        under_way,
    )
    stays = _(
        "What stays: how many credits you used of the present day, week and month, as numbers under your id for 32 "
        "days, so that nobody gets fresh credits by this; a ban, if you have one; sums without a name; and what others "
        "made after your clips, without your name."
    )
    return join("\n\n", [removed, still if under_way else EMPTY, sentences(stays, unreached)])


def unreached(platform: str, linked: int, hosts: Sequence[str]) -> Sentence:
    """Data beyond our reach; empty without a chat platform and with the stand-in alone."""
    parts: list[Sentence] = []
    if _chats(platform, linked):
        parts = [_("your own messages"), _("older messages that the chat no longer lets me delete")]
    if tuple(hosts) != ("local",):
        parts.append(_("what the video service keeps"))
    return _("I can't reach {what}.", what=Listing(tuple(parts))) if parts else EMPTY


def _chats(platform: str, linked: int) -> bool:
    return platforms.kind(platform) == "chat" or linked > 1


def mydata_file(left_out: int) -> Sentence:
    """Caption of an export sent as a file; `left_out`: number of omitted files."""
    return lines(sentences(MYDATA_PAPER, KEPT_A_DAY), _left_out(left_out))


def mydata_link(link: str, left_out: int) -> Sentence:
    """Link to an export; `left_out`: number of omitted files."""
    return lines(
        sentences(MYDATA_PAPER, _("The link works for 24 hours, for whoever has it: {link}", link=link)),
        _left_out(left_out),
    )


def _left_out(count: int) -> Sentence:
    if not count:
        return EMPTY
    return _("Of your files, {count} did not fit into 2 GB; the newest are in it.", count=count)


# ── about.txt ────────────────────────────────────────────────────────────────────────────────────────────────────────


def moment(at: float) -> Sentence:
    """A point in time, in UTC."""
    return _("{day}, {time} UTC", day=Moment(at, "date"), time=Moment(at, "time"))


def about(
    when: str,
    people: Sequence[str],
    named: bool | None,
    worded: bool | None,
    remixes: bool,
    agreed: str,
    photos: float,
    clips: float,
    left_out: int,
    model: Sentence = EMPTY,
    *,
    acted: bool = False,
) -> Sentence:
    """`about.txt` of an export: its contents, and preferences that no table has; `photos` and `clips` in seconds."""
    found = join(
        "\n\n",
        [
            _("All that Photoplay kept of you on {when}.", when=when),
            lines(
                _("photos/      the pictures you sent, and masks, as far as they are still here"),
                _("clips/       your clips, as far as they are still here"),
                _(
                    "clips.json   every clip you asked for: when, with which words and options, what it cost, "
                    "what became of it"
                ),
                _("credits.csv  every movement of your credits"),
                _("shared.json  what you share, the hearts you gave, what you reported"),
            ),
            lines(
                _("You are known as: {people}", people=join(", ", people)),
                _("Shared with your name: {answer}", answer=_yes(named)),
                _("Shared with your words: {answer}", answer=_yes(worded)),
                _("Others may remix what you share: {answer}", answer=_yes(remixes)),
                _("You said that those in your photos agree: {answer}", answer=agreed or _yes(None)),
                _("Your clips are made by: {model}", model=model) if model else EMPTY,
            ),
            _(
                "What you did as an admin or operator (when, where and why) stands in the audit log, which is not in "
                "this file;\nwhen you have all of this removed, your name is taken out of it, and you are logged out "
                "of the operator's page."
            )
            if acted
            else EMPTY,
            lines(
                _(
                    "Photos are kept until {photos} after their clip is done, clips until {clips} after; what you\n"
                    "share until you take it back; the rest until you have it removed. This file is kept for 24 hours.",
                    photos=span(photos),
                    clips=span(clips),
                ),
                _left_out(left_out),
            ),
        ],
    )
    return join("", [found, "\n"])


def _yes(value: bool | None) -> Sentence:
    return _("not asked yet") if value is None else _("yes") if value else _("no")
