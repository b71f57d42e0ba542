"""/privacy, /forgetme, /mydata: information, erasure and export for a person."""

import hashlib
import hmac
import json
from functools import partial

from bot import idempotency, offers, platforms, texts
from bot.context import Context
from bot.conversation import SHELL, Button, Inbound, Paper, Reply
from bot.errors import Refusal, StoreDown
from bot.gallery import moderation, notices
from bot.privacy import export, retention
from bot.quotas import linking
from bot.sentence import EMPTY, Sentence

CONFIRM = 600.0
"""Seconds in which a confirmation is valid."""
HOUR = 3600.0
"""Seconds between exports."""
KEPT = 24 * 3600.0
"""Seconds for which an export is kept."""
PATIENCE = 900.0
"""Seconds after which an unfinished export counts as aborted."""
HEAVIEST_PAPER = 8 * 1024**2
"""Bytes up to which an export is sent to a chat as a file."""
CODES = "forgetme"
"""Name of the notes with confirmation codes."""
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


async def privacy(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """What is stored, where, for how long, and who sees it."""
    platform = inbound.address.platform
    alone, kept = ctx.only_on(platform), ctx.kept
    text = texts.privacy.privacy(
        platform, ctx.provider.hosts(), kept.photos, kept.clips, alone=alone, sealed=ctx.media.vault.seals
    )
    return Reply(text, (Button(texts.privacy.FORGET_FIRST, "/forgetme"),) if platforms.kind(platform) == "page" else ())


async def forgetme(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Ask for confirmation; then erase the person's whole account."""
    word, code = (*argument.split(maxsplit=1), "", "")[:2]
    inbox, now = ctx.store.inbox, ctx.clock()
    platform, linked = inbound.address.platform, len(await ctx.store.accounts.people(inbound.person))
    if word.lower() == "no":
        await inbox.forget(CODES, inbound.person, "code")
        return Reply(texts.privacy.KEPT, private=True)
    if word.lower() != "yes":
        people = await ctx.store.accounts.people(inbound.person)
        if await _nothing(ctx, inbound, await export.gather(ctx.store, ctx.media, inbound.person, people), people):
            return Reply(texts.privacy.MYDATA_NOTHING, private=True)
        code = idempotency.code(ctx, inbound, _LETTERS, 10)
        asked = _hash(inbound, code)
        if await inbox.recall(CODES, inbound.person, "code", now) != asked:
            await inbox.remember(CODES, inbound.person, "code", asked, now + CONFIRM)
        buttons = (
            Button(texts.privacy.FORGET, f"/forgetme yes {code}"),
            Button(texts.privacy.KEEP, "/forgetme no"),
        )
        return Reply(texts.privacy.forget_what(platform, linked), buttons, private=True, chooser=inbound.person)
    known = await inbox.recall(CODES, inbound.person, "code", now)
    if known is None:
        since = dict(await ctx.store.retention.forgetting()).get(inbound.person)
        if since is not None and now - since < CONFIRM:  # a double tap, or the same one after a crash
            return Reply(texts.privacy.FORGOTTEN_ALREADY, private=True)
        raise Refusal(texts.privacy.CODE_OVER)
    if not hmac.compare_digest(known, _hash(inbound, code)):
        await inbox.forget(CODES, inbound.person, "code")  # a single attempt per code
        raise Refusal(texts.privacy.CODE_OVER)
    try:
        reported = await ctx.store.gallery.reported(inbound.person)
        for share in reported:  # before the erasure, as a crash after it would lose the notices
            await notices.dismiss(ctx.store, share, now)
        gone = await retention.forget(ctx.store, ctx.media, inbound.person, now)
        for share in reported:
            await moderation.tell_again(ctx, share)
    except StoreDown:
        if inbound.person not in dict(await ctx.store.retention.forgetting()):
            raise
        return Reply(texts.privacy.FORGET_GOES_ON, private=True)
    ctx.wake.worker()
    ctx.wake.outbox()
    words = texts.privacy.forgotten(
        gone.clips,
        gone.photos,
        gone.shares,
        gone.waiting,
        gone.under_way,
        alone=not inbound.shared,
        unreached=texts.privacy.unreached(platform, linked, ctx.provider.hosts()),
    )
    return Reply(words, private=True)


async def _nothing(ctx: Context, inbound: Inbound, found: export.Bundle, people: tuple[str, ...]) -> bool:
    """Whether no data is stored about a person, who is known as `people`: `found` or any other."""
    if not found.empty:
        return False
    preferences = await ctx.store.gallery.preferences(inbound.person)
    if len(people) > 1 or preferences.agreed_at is not None or preferences.model:
        return False
    return not await ctx.store.operator_sessions.acted(people)


async def mydata(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Export the whole account as a file, available for a day."""
    if inbound.shared and not inbound.scope:  # a guest there, without private replies
        raise Refusal(texts.privacy.MYDATA_ALONE)
    people = await ctx.store.accounts.people(inbound.person)
    earlier = []
    for person in people:
        note = await ctx.store.inbox.recall(retention.EXPORTS, person, "file", ctx.clock())
        if note is None:
            continue
        (name, at), ready = retention.export_of(note), json.loads(note)[2]
        age = ctx.clock() - at
        if ready and 0 <= age < HOUR and ctx.media.has(name):
            return await _handed(ctx, inbound, name, 0)
        if not ready and 0 <= age < PATIENCE:
            raise Refusal(texts.privacy.MYDATA_SOON)
        earlier.append(name)
    return await _made(ctx, inbound, people, earlier)


async def _made(ctx: Context, inbound: Inbound, people: tuple[str, ...], earlier: list[str]) -> Reply:
    found = await export.gather(ctx.store, ctx.media, inbound.person, people)
    if await _nothing(ctx, inbound, found, people):
        return Reply(texts.privacy.MYDATA_NOTHING, private=True)
    if ctx.links.clip is None and not _links_itself(inbound) and found.size > HEAVIEST_PAPER:
        raise Refusal(texts.privacy.MYDATA_NO_LINK)
    await ctx.media.discard(earlier)
    name, now = f"{ctx.ids.new()}.zip", ctx.clock()
    # Recorded before it exists, so that an erasure meanwhile, or after a crash, removes it.
    await _note(ctx, inbound.person, name, now, ready=False)
    about = (await _about(ctx, inbound, people, found)).into(inbound.language)
    await ctx.media.write_export(name, partial(export.write, found, about), inbound.person)
    if await ctx.store.inbox.recall(retention.EXPORTS, inbound.person, "file", ctx.clock()) is None:
        await ctx.media.discard([name])  # erased meanwhile
        return Reply(texts.privacy.MYDATA_NOTHING, private=True)
    await _note(ctx, inbound.person, name, now, ready=True)
    return await _handed(ctx, inbound, name, found.left_out)


async def unlink(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """As `linking.unlink`. Deletes a joint export, which neither person alone could have removed later."""
    people = await ctx.store.accounts.people(inbound.person)
    reply = await linking.unlink(ctx, inbound, argument)
    await retention.drop_exports(ctx.store, ctx.media, people, ctx.clock())
    return reply


def _links_itself(inbound: Inbound) -> bool:
    """Whether files are reachable without a public URL: on the chat page, whose server is ours, and in a shell."""
    return platforms.kind(inbound.address.platform) == "page" or inbound.address.chat == SHELL


async def _handed(ctx: Context, inbound: Inbound, name: str, left_out: int) -> Reply:
    if _links_itself(inbound):
        return Reply(texts.privacy.mydata_file(left_out), file=name, private=True, secret=True)
    if ctx.links.clip:
        return Reply(texts.privacy.mydata_link(ctx.links.clip(name), left_out), private=True, secret=True)
    data = await ctx.media.read(name)
    return Reply(texts.privacy.MYDATA_PAPER, papers=(Paper("photoplay.zip", data),), private=True, secret=True)


async def _note(ctx: Context, person: str, name: str, at: float, *, ready: bool) -> None:
    value = json.dumps([name, at, ready])
    await ctx.store.inbox.remember(retention.EXPORTS, person, "file", value, at + KEPT)


async def _about(ctx: Context, inbound: Inbound, people: tuple[str, ...], found: export.Bundle) -> Sentence:
    preferences = await ctx.store.gallery.preferences(inbound.person)
    return texts.privacy.about(
        texts.privacy.moment(ctx.clock()),
        people,
        preferences.named,
        preferences.worded,
        preferences.remixes,
        texts.privacy.moment(preferences.agreed_at) if preferences.agreed_at else EMPTY,
        ctx.kept.photos,
        ctx.kept.clips,
        found.left_out,
        offers.said_title(preferences.model) if preferences.model else EMPTY,
        acted=await ctx.store.operator_sessions.acted(people),
    )


def _hash(inbound: Inbound, code: str) -> str:
    """The hash under which a person's code is stored."""
    return hashlib.sha256(f"{inbound.person} {code.strip().lower()}".encode()).hexdigest()
