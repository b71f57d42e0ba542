"""What people are told about what is kept of them."""

from collections.abc import Sequence

from bot import platforms
from bot.texts.chat import PAGE

HOSTS = {
    "local": "a stand-in for the video service, which runs on this server",
    "aimlapi": "AI/ML API (aimlapi.com)",
    "apilaplas": "Apilaplas (apilaplas.com)",
}

FORGET = "Remove all of it"
KEEP = "Keep all of it"
KEPT = "Nothing was removed."
FORGET_FIRST = "Remove all of it…"
"""The button that leads to the question whether to."""
BY_COMMAND = (
    "/delete removes one clip, with its photo and words. /sharing says how you share and changes it. /mydata gives you "
    "all of it as one file. /forgetme removes it."
)
ON_PAGE = (
    f"the bin beside your words removes the clip that they became, with its photo and words; older ones are under "
    f"“{PAGE['history']}” in the menu. “{PAGE['mydata']}” there gives you all of it as one file. The button below "
    "removes it, once you have been asked."
)
CODE_OVER = "That button was somebody else's, or its time is over. Nothing was removed. To be asked again: /forgetme"
FORGOTTEN_ALREADY = "That was done a moment ago."
FORGET_GOES_ON = (
    "It has begun. Some of it could not be removed at this moment; that goes on by itself, and you need to do nothing."
)
MYDATA_SOON = "Your file is being made. Say /mydata again in a few minutes."
MYDATA_ALONE = "Here others could read along. Say /mydata to me in private."
MYDATA_NOTHING = "Nothing is kept of you: no photo, no clip, no credits."
MYDATA_NO_LINK = (
    "Your things are too large to be sent here, and I have no public address from which you could fetch them. "
    "Please ask whoever runs this bot to set PUBLIC_URL."
)
MYDATA_PAPER = "This is all that is kept of you. about.txt in it says what is what."


def span(seconds: float) -> str:
    """A length of time, in hours or days."""
    hours = seconds / 3600
    number, unit = (hours, "hour") if hours < 48 else (hours / 24, "day")
    return f"{number:g} {unit}{'' if number == 1 else 's'}" if number == round(number) else f"{number:.1f} {unit}s"


def privacy(platform: str, hosts: Sequence[str], photos: float, clips: float, *, alone: bool = False) -> str:
    """What is kept, where, how long, and who sees it; `alone`: there is no other platform."""
    traits = platforms.of(platform)
    chat = traits.label if traits.kind == "chat" else ""
    called = f"what you are called on {chat}, " if chat else ""
    if tuple(hosts) == ("local",):
        where = "on this bot's server, where a stand-in makes the clips, too."
        outside = f" What is said on {chat} is kept there by rules of its own." if chat else ""
    else:
        services = " or ".join(HOSTS.get(host, host) for host in hosts)
        where = f"on this bot's server. Photo and words also go to whoever makes the clip: {services}."
        said = f", and what is said on {chat}," if chat else ""
        outside = f" What they get{said} is kept there by rules of their own."
    seen = (
        "you, and whoever runs the bot."
        if alone and not chat
        else "you; in a group whoever reads there, what was made there, and its admins, what you used; "
        "whoever runs the bot; and whoever sees a gallery, what you shared there."
    )
    return "\n\n".join(
        (
            "What is kept: your photos without their place and camera data, your words, your clips, "
            f"{called}what your clips cost, what you share, and your hearts and reports.",
            f"Where: {where}{outside} This bot uses nothing to train anything.",
            f"How long: photos until {span(photos)} after their clip is done, clips until {span(clips)} after; what "
            "you share until you take it back; the rest until you have it removed. What is removed is gone from the "
            "disk and the database at once, and from backups with the next one.",
            f"Who sees it: {seen}",
            f"What you can do: {ON_PAGE if traits.kind == 'page' else BY_COMMAND}",
        )
    )


def forget_what(platform: str, linked: int) -> str:
    """What goes, before it does."""
    chats = (
        "; your name; credits you were given; and my messages with your clips, where I may still delete them"
        if _chats(platform, linked)
        else "; and credits you were given"
    )
    account = f" You are linked on {linked} platforms: it goes on all of them." if linked > 1 else ""
    return (
        "This removes for good: your photos, clips and words; what you share, and the posts of it in galleries; your "
        f"hearts and reports{chats}. "
        f"What is still in line is taken back.{account} It can't be undone. Is that what you want?"
    )


def forgotten(
    clips: int, photos: int, shares: int, waiting: int, under_way: int, *, alone: bool, unreached: str
) -> str:
    """What was removed, what stays and why. Not `alone`: others read it, so nothing is counted."""
    found = [
        _count(clips, "clip"),
        _count(photos, "photo"),
        _count(shares, "share"),
        f"{_count(waiting, 'order')} in line" if waiting else "",
    ]
    counted = ", ".join(part for part in found if part)
    removed = (
        f"Removed: {counted}; and your words and names." if alone and counted else "Removed: all that was kept of you."
    )
    parts = [removed]
    if under_way:
        them = (
            "1 clip is still being made and can't be called back. It is removed, with its message, once it has arrived."
            if under_way == 1
            else f"{under_way} clips are still being made and can't be called back. "
            "They are removed, with their messages, once they have arrived."
        )
        parts.append(them)
    parts.append(
        "What stays: how many credits you used of the present day, week and month, as numbers under your id for 32 "
        "days, so that nobody gets fresh credits by this; a ban, if you have one; sums without a name; and what others "
        f"made after your clips, without your name.{unreached}"
    )
    return "\n\n".join(parts)


def unreached(platform: str, linked: int, hosts: Sequence[str]) -> str:
    """What stays elsewhere; nothing where there is no chat, and the clips are made here."""
    found = ["your own messages", "older messages that the chat no longer lets me delete"]
    parts = found if _chats(platform, linked) else []
    if tuple(hosts) != ("local",):
        parts = [*parts, "what the video service keeps"]
    *most, last = parts or [""]
    return f" I can't reach {', '.join(most)}{' and ' if most else ''}{last}." if parts else ""


def _chats(platform: str, linked: int) -> bool:
    return platforms.kind(platform) == "chat" or linked > 1


def mydata_file(left_out: int) -> str:
    """Over the button that brings the file."""
    return f"{MYDATA_PAPER} The file is kept for 24 hours.{_left_out(left_out)}"


def mydata_link(link: str, left_out: int) -> str:
    """Where the file is."""
    return f"{MYDATA_PAPER} The link works for 24 hours, for whoever has it: {link}{_left_out(left_out)}"


def _left_out(count: int) -> str:
    return f"\nOf your files, {count} did not fit into 2 GB; the newest are in it." if count else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}" if number else ""


# ── about.txt ────────────────────────────────────────────────────────────────────────────────────────────────────────


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
) -> str:
    """What is in the file, and what stands in no table."""
    asked = "not asked yet"
    lines = (
        f"All that Photoplay kept of you on {when}.",
        "",
        "photos/      the pictures you sent, and masks, as far as they are still here",
        "clips/       your clips, as far as they are still here",
        "clips.json   every clip you asked for: when, with which words and options, what it cost, what became of it",
        "credits.csv  every movement of your credits",
        "shared.json  what you share, the hearts you gave, what you reported",
        "",
        f"You are known as: {', '.join(people)}",
        f"Shared with your name: {_yes(named, asked)}",
        f"Shared with your words: {_yes(worded, asked)}",
        f"Others may remix what you share: {_yes(remixes, asked)}",
        f"You said that those in your photos agree: {agreed or asked}",
        "",
        f"Photos are kept until {span(photos)} after their clip is done, clips until {span(clips)} after; what you",
        "share until you take it back; the rest until you have it removed. This file is kept for 24 hours.",
        *([_left_out(left_out).strip()] if left_out else []),
    )
    return "\n".join(lines) + "\n"


def _yes(value: bool | None, asked: str) -> str:
    return asked if value is None else "yes" if value else "no"
