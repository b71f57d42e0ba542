"""A shared clip: which one is meant, who may have it, where it belongs, and how it looks."""

from bot import rights, texts
from bot.context import Context
from bot.errors import Refusal
from bot.gallery.model import Errand, Share
from bot.media.library import Media
from bot.model import ID, Address, Button, Film, Inbound, Job, Reply
from bot.quotas.rules import Rule
from storage import Store


async def rule_of(store: Store, scope: str) -> Rule:
    """What is set for a community."""
    return (await store.books.rules(scope)).get("", Rule())


def place_of(scope: str, place: str | None) -> Address:
    """`chat/thread` of a rule as an address on the community's platform."""
    chat, _, thread = (place or "").partition("/")
    return Address(scope.partition(":")[0], chat, thread=thread)


async def here(ctx: Context, inbound: Inbound, argument: str) -> Share | None:
    """A share of the community where this is said, in whatever state; of others nothing is known here."""
    name = argument.split(maxsplit=1)[0] if argument else ""
    if not inbound.scope or not ID.fullmatch(name):
        return None
    share = await ctx.store.gallery.share(name)
    return share if share and share.scope == inbound.scope else None


async def seen(ctx: Context, inbound: Inbound, argument: str, how: str) -> tuple[Share, str]:
    """A share that everybody in this community may see, and the words behind its name. Raises `Refusal`."""
    if not argument:
        raise Refusal(how)
    share = await here(ctx, inbound, argument)
    if share is None or share.state != "up":
        await _clear_away(ctx, inbound, argument)
        raise Refusal(texts.sharing.UNKNOWN_SHARE)
    return share, (*argument.split(maxsplit=1), "")[1].strip()


async def _clear_away(ctx: Context, inbound: Inbound, argument: str) -> None:
    """A post whose clip was taken back still stands, as a crash kept its message from us: it goes."""
    name = argument.split(maxsplit=1)[0]
    if not inbound.pressed or not ID.fullmatch(name) or await ctx.store.gallery.share(name):
        return
    # A forged tap may come from under any message: where a clip stands that is still somebody's, it stays.
    if await ctx.store.gallery.at(inbound.address) is None and await ctx.store.sent(inbound.address) is None:
        await ctx.store.outbox.put(Errand(ctx.ids.new(), "remove", inbound.address, ctx.clock()))
        ctx.wake.outbox()


async def original(store: Store, job: Job) -> Share | None:
    """The shared clip that a job is made after, while it is to be seen."""
    share = await store.gallery.share(job.remix_of) if job.remix_of else None
    return share if share and share.state == "up" else None


async def remixed(ctx: Context, inbound: Inbound, job: Job) -> Share | None:
    """The shared clip that a job is made after. Raises `Refusal` if it may not be remixed, or not any more."""
    if job.remix_of is None:
        return None
    share = await original(ctx.store, job)
    if share is None:
        raise Refusal(texts.sharing.UNKNOWN_SHARE)
    await check_remix(ctx, inbound, share)
    return share


async def check_remix(ctx: Context, inbound: Inbound, share: Share) -> None:
    """Raise `Refusal` if its maker forbids remixing to whoever asks."""
    if not share.remixes and not await rights.is_own(ctx, inbound, share.person):
        raise Refusal(texts.sharing.NO_REMIX)


def post(share: Share, after: str, film: Film | None) -> Reply:
    """A shared clip as it stands in the gallery; `after` is its line as a remix."""
    buttons = [Button(texts.sharing.heart(share.hearts), f"/heart {share.id}")]
    if share.remixes:
        buttons.append(Button(texts.sharing.REMIX, f"/remix {share.id}"))
    buttons.append(Button(texts.sharing.REPORT, f"/report {share.id}"))
    return Reply(texts.sharing.caption(share.prompt, share.name, after), tuple(buttons), film=film)


async def after(store: Store, share: Share) -> str:
    """After whose clip a share is made; empty if it is no remix."""
    if share.remix_of is None:
        return ""
    job = await store.job(share.job)
    return texts.sharing.remix_of(job.remix_after if job else "")


def film_of(media: Media, share: Share, *, missing: bool = False) -> Film | None:
    """The film of a share; None if the file is gone and its platform has no copy, unless it may be `missing`."""
    file = media.stored(share.clip.name)
    if not share.copy and not missing and not file.exists():
        return None
    return Film(file, share.clip, share.spoiler, None, media.poster(share.clip.name), share.copy)


def hall(web: str | None, rule: Rule) -> str:
    """The address of a community's gallery on the web; empty if it is not open."""
    return f"{web.rstrip('/')}/g/{rule.web}" if web and rule.web else ""


async def offered(store: Store, job: Job) -> bool:
    """Whether there is a gallery that this clip could go to."""
    if not job.scope:
        return False
    rule = await rule_of(store, job.scope)
    return bool(rule.gallery or rule.web)
