"""A clip after a shared one: its first picture with one's own words, or one's own photo with the same words.

The maker's photo itself is never used: only what was shared is.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING

from bot import texts
from bot.errors import Refusal
from bot.gallery import lookup
from bot.gallery.model import Share
from bot.model import Attachment, Inbound, Reply
from bot.ordering import prompt

if TYPE_CHECKING:
    from bot.core import Core


async def remix(core: "Core", inbound: Inbound, argument: str) -> Reply:
    """Ask for words or a photo; with them, order."""
    share, words = await lookup.seen(core, inbound, argument, texts.sharing.REMIX_HOW)
    await lookup.check_remix(core, inbound, share)
    if inbound.attachments:
        return await _own_photo(core, inbound, share, words)
    if not words:
        # A topic that is the gallery is for what people share; and members may not be let write there.
        place = lookup.place_of(share.scope, (await lookup.rule_of(core.store, share.scope)).gallery)
        apart = bool(place.thread) and place == replace(inbound.address, message="")
        return Reply(texts.sharing.ask_remix(share.prompt), ask=f"/remix {share.id}", private=apart)
    if prompt.wordless(words):
        return Reply(texts.sharing.REMIX_ASK_WORDS, refused=True, ask=f"/remix {share.id} {prompt.apart(words)}")

    async def frame() -> AsyncIterator[bytes]:
        yield await core.media.first_frame(share.clip)

    draft = prompt.read(words, inbound.options)
    inbound = replace(inbound, spoiler=share.spoiler)
    return await core.place(
        inbound, draft, ["photo"], lambda: core.media.keep([Attachment(frame)], inbound.person), remix=share
    )


async def _own_photo(core: "Core", inbound: Inbound, share: Share, words: str) -> Reply:
    """The asker's picture, with new words or with those of the shared clip."""
    roles = [attachment.role for attachment in inbound.attachments]
    if roles.count("photo") + roles.count("end") > 2:
        raise Refusal(texts.chat.ONE_PHOTO)
    if prompt.wordless(words):
        if not share.prompt:
            return Reply(
                texts.sharing.REMIX_WORDS, refused=True, ask=f"/remix {share.id} {prompt.apart(words)}".rstrip()
            )
        words = f"{share.prompt} {words}"
    for attachment in inbound.attachments:
        if attachment.role == "brush":
            prompt.check_path(attachment.path)
    draft = prompt.read(words, inbound.options)
    return await core.place(
        inbound, draft, roles, lambda: core.media.keep(inbound.attachments, inbound.person), remix=share
    )
