"""Lookup of shared clips: by name, by message, by job; their visibility, place and appearance."""

from bot import rights, texts
from bot.context import Context
from bot.conversation import Button, Inbound, Reply, ShownClip
from bot.errors import Refusal
from bot.gallery.model import OutboxEntry, Share
from bot.media.library import Media
from bot.model import ID, Address, Job
from bot.quotas.rules import Rule
from bot.sentence import Sentence
from storage import Store


async def rule_of(store: Store, scope: str) -> Rule:
    """A community's rule."""
    return (await store.quotas.rules(scope)).get("", Rule())


def place_of(scope: str, place: str | None) -> Address:
    """A rule's `chat/thread` as an address on the community's platform."""
    chat, _, thread = (place or "").partition("/")
    return Address(scope.partition(":")[0], chat, thread=thread)


async def here(ctx: Context, inbound: Inbound, argument: str) -> Share | None:
    """A share of the asker's community, in any state; other communities' shares are not found."""
    name = argument.split(maxsplit=1)[0] if argument else ""
    if not inbound.scope or not ID.fullmatch(name):
        return None
    share = await ctx.store.gallery.share(name)
    return share if share and share.scope == inbound.scope else None


async def seen(ctx: Context, inbound: Inbound, argument: str, how: Sentence) -> tuple[Share, str]:
    """A visible share of this community, and the words after its name. Raises `Refusal`, without a name `how`."""
    if not argument:
        raise Refusal(how)
    share = await here(ctx, inbound, argument)
    if share is None or share.state != "up":
        await _remove_orphan(ctx, inbound, argument)
        raise Refusal(texts.sharing.UNKNOWN_SHARE)
    return share, (*argument.split(maxsplit=1), "")[1].strip()


async def _remove_orphan(ctx: Context, inbound: Inbound, argument: str) -> None:
    """Remove the tapped post of an unshared clip, left behind by a crash before its id was recorded."""
    name = argument.split(maxsplit=1)[0]
    if not inbound.pressed or not ID.fullmatch(name) or await ctx.store.gallery.share(name):
        return
    # A forged tap may name any message: the post of an existing share stays.
    if await ctx.store.gallery.at(inbound.address) is None and await ctx.store.sent(inbound.address) is None:
        await ctx.store.outbox.put(OutboxEntry(ctx.ids.new(), "remove", inbound.address, ctx.clock()))
        ctx.wake.outbox()


async def original(store: Store, job: Job) -> Share | None:
    """The share that a job remixes, if visible."""
    share = await store.gallery.share(job.remix_of) if job.remix_of else None
    return share if share and share.state == "up" else None


async def remixed(ctx: Context, inbound: Inbound, job: Job) -> Share | None:
    """The share that a job remixes. Raises `Refusal` if it must not be remixed, or is no longer visible."""
    if job.remix_of is None:
        return None
    share = await original(ctx.store, job)
    if share is None:
        raise Refusal(texts.sharing.UNKNOWN_SHARE)
    await check_remix(ctx, inbound, share)
    return share


async def check_remix(ctx: Context, inbound: Inbound, share: Share) -> None:
    """Raise `Refusal` if the maker forbids remixes and the asker is another person."""
    if not share.remixes and not await rights.is_own(ctx, inbound, share.person):
        raise Refusal(texts.sharing.NO_REMIX)


def post(share: Share, after: str, shown: ShownClip | None) -> Reply:
    """A shared clip's post in the gallery; `after` is its line as a remix."""
    buttons = [Button(texts.sharing.heart(share.hearts), f"/heart {share.id}")]
    if share.remixes:
        buttons.append(Button(texts.sharing.REMIX, f"/remix {share.id}"))
    buttons.append(Button(texts.sharing.REPORT, f"/report {share.id}"))
    return Reply(texts.sharing.caption(share.prompt, share.name, after), tuple(buttons), clip=shown)


async def after(store: Store, share: Share) -> str:
    """The name of the maker of the original; empty if the share is no remix."""
    if share.remix_of is None:
        return ""
    job = await store.job(share.job)
    return texts.sharing.remix_of(job.remix_after if job else "")


def shown_clip(media: Media, share: Share, *, missing: bool = False) -> ShownClip | None:
    """A share's clip; None without file and platform copy, unless it may be `missing`."""
    file = media.stored(share.clip.name)
    if not share.copy_id and not missing and not file.exists():
        return None
    return ShownClip(file, share.clip, share.spoiler, None, media.poster(share.clip.name), share.copy_id)


def gallery_link(web: str | None, rule: Rule) -> str:
    """URL of a community's web gallery; empty if it is off."""
    return f"{web.rstrip('/')}/g/{rule.web}" if web and rule.web else ""


async def offered(store: Store, job: Job) -> bool:
    """Whether the clip's community has a gallery."""
    if not job.scope:
        return False
    rule = await rule_of(store, job.scope)
    return bool(rule.gallery or rule.web)
