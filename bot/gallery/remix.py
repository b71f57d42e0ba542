"""Remixes of a shared clip: its first frame with new words, or one's own photo with its words.

The maker's photo itself is never used, only the shared clip.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial

from bot import texts
from bot.context import Context
from bot.conversation import Attachment, Inbound, Reply
from bot.errors import Refusal
from bot.gallery import age, lookup
from bot.gallery.model import Share
from bot.ordering import choosing, place, prompt, questions
from bot.ordering.place import Wish


async def remix(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Ask for words or a photo; with them, order."""
    share, words = await lookup.seen(ctx, inbound, argument, texts.sharing.REMIX_HOW)
    await lookup.check_remix(ctx, inbound, share)
    if job := await ctx.store.job(share.job):
        await age.check_place(ctx, inbound, job)
    if inbound.attachments:
        return await _own_photo(ctx, inbound, share, words)
    if not words:
        # A gallery topic is for shared clips, and members may be unable to write there.
        topic = lookup.place_of(share.scope, (await lookup.rule_of(ctx.store, share.scope)).gallery)
        apart = bool(topic.thread) and topic == replace(inbound.address, message="")
        return Reply(texts.sharing.ask_remix(share.prompt), ask=f"/remix {share.id}", private=apart)
    can = await choosing.offers(ctx, inbound)
    if prompt.wordless(words, can):
        return Reply(texts.sharing.REMIX_ASK_WORDS, refused=True, ask=f"/remix {share.id} {prompt.apart(words)}")

    async def frame() -> AsyncIterator[bytes]:
        yield await ctx.media.first_frame(share.clip)

    questions.check_talk(words)
    draft = prompt.read(words, inbound.options, can)
    inbound = replace(inbound, spoiler=share.spoiler)
    pictures = partial(ctx.media.keep, [Attachment(frame)], inbound.person)
    return await place.place(ctx, inbound, Wish(draft, ["photo"], pictures, can, remix=share))


async def _own_photo(ctx: Context, inbound: Inbound, share: Share, words: str) -> Reply:
    """Order with the asker's picture, and new words or the shared clip's."""
    roles = [attachment.role for attachment in inbound.attachments]
    if roles.count("photo") + roles.count("end") > 2:
        raise Refusal(texts.pictures.ONE_PHOTO)
    can = await choosing.offers(ctx, inbound)
    if prompt.wordless(words, can):
        if not share.prompt:
            return Reply(
                texts.sharing.REMIX_WORDS, refused=True, ask=f"/remix {share.id} {prompt.apart(words)}".rstrip()
            )
        words = f"{share.prompt} {words}"
    elif questions.is_missing(words, can):
        return Reply(texts.chat.NO_WORDS, refused=True, ask=f"/remix {share.id} {prompt.apart(words)}".rstrip())
    for attachment in inbound.attachments:
        if attachment.role == "brush":
            prompt.check_path(attachment.path)
    draft = prompt.read(words, inbound.options, can)
    pictures = partial(ctx.media.keep, inbound.attachments, inbound.person)
    return await place.place(ctx, inbound, Wish(draft, roles, pictures, can, remix=share))
