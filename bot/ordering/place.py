"""An order's straight path: words, rules, price, questions, pictures, purchase.

Parked orders are below (`waiting`), the answers that resume them above (`answers`).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import ceil

from bot import catalogue, idempotency, platforms, texts
from bot.context import Context
from bot.conversation import Inbound, Reply
from bot.errors import Refusal, StoreDown
from bot.gallery import lookup
from bot.gallery.model import Share
from bot.jobs.machine import hold
from bot.media import library
from bot.media.uploads import Pictures
from bot.model import Job, Order, Role
from bot.offers import Offers
from bot.ordering import choosing, mending, prompt, questions, status_line, waiting, wordlist
from bot.ordering.prompt import Draft
from bot.ports import Submission
from bot.quotas import pricing, quote
from bot.quotas.rules import Denied, Quote
from bot.sentence import EMPTY, Sentence, lines


@dataclass(frozen=True, slots=True)
class Wish:
    """A clip to be made. `pictures` fetches and stores its pictures; it is awaited after all other checks.

    `can`: what the person may order in this place. `sample`: the pictures are samples of the chat page. `follows`: the
    clip that this one continues. `seen`: the price that the person was shown. `wrong`: what was wrong with an option,
    so that the person is asked whether this order is what they mean.
    """

    draft: Draft
    roles: Sequence[Role]
    pictures: Callable[[], Awaitable[Pictures]]
    can: Offers
    sample: bool = False
    follows: Job | None = None
    remix: Share | None = None
    seen: int | None = None
    wrong: Sentence = EMPTY


async def order(ctx: Context, inbound: Inbound) -> Reply:
    """Order a clip of the attached pictures. Raises `Refusal`."""
    if not inbound.attachments:
        raise Refusal(inbound.no_photo or texts.chat.NO_PHOTO)
    roles = [attachment.role for attachment in inbound.attachments]
    if roles.count("photo") + roles.count("end") > 2:
        raise Refusal(texts.pictures.ONE_PHOTO)
    can = await choosing.offers(ctx, inbound)
    try:
        if questions.is_missing(inbound.text, can):
            if earlier := await ctx.store.find(inbound.key):  # one picture of an album, replayed after a crash
                return await status_line.of(ctx, earlier)
            if inbound.options:
                raise Refusal(texts.chat.NO_WORDS)
            return Reply(texts.chat.NO_WORDS, refused=True, ask=prompt.apart(inbound.text))
        draft = prompt.read(inbound.text, inbound.options, can)
        if not prompt.fits(draft, roles):
            prompt.check(draft, roles, can)
    except Refusal as refusal:
        # What was picked in a form would get lost.
        if inbound.options or platforms.kind(inbound.address.platform) != "chat":
            raise
        if asked := await _mended(ctx, inbound, refusal.sentence, roles, can):
            return asked
        if inbound.shared:  # where no others read along, the next message is the answer
            raise
        return Reply(lines(refusal.sentence, texts.chat.WRITE_AGAIN), refused=True, ask="")
    for attachment in inbound.attachments:
        if attachment.role == "brush":
            prompt.check_path(attachment.path)
    sample = all(attachment.sample for attachment in inbound.attachments)
    pictures = partial(ctx.media.keep, inbound.attachments, inbound.person)
    return await place(ctx, inbound, Wish(draft, roles, pictures, can, sample))


async def _mended(ctx: Context, inbound: Inbound, wrong: Sentence, roles: Sequence[Role], can: Offers) -> Reply | None:
    """The question whether an order with a wrong option is meant as it is likely to be; None if that is not clear."""
    try:
        draft = prompt.read(mending.mended(inbound.text, can), can=can)
    except Refusal:
        return None
    if not prompt.fits(draft, roles) or any(attachment.role == "brush" for attachment in inbound.attachments):
        return None
    sample = all(attachment.sample for attachment in inbound.attachments)
    pictures = partial(ctx.media.keep, inbound.attachments, inbound.person)
    return await place(ctx, inbound, Wish(draft, roles, pictures, can, sample, wrong=wrong))


async def place(ctx: Context, inbound: Inbound, wish: Wish) -> Reply:
    """Order a clip. Raises `Refusal`."""
    prompt.check(wish.draft, wish.roles, wish.can)
    if ("static_mask" in wish.roles or "brush" in wish.roles) and not ctx.provider.terms().masks:
        raise Refusal(texts.chat.NO_MASKS)
    lost = texts.models.lost(wish.draft.model.title, wish.draft.lost)
    ask = quote.ask(ctx, inbound, wish.draft.seconds, wish.draft.model)
    found = await ctx.store.find_or_quote(inbound.key, ask.member, pricing.plan(ask, ctx.policy), ask.now)
    if isinstance(found, Job):
        return _with(lost, await status_line.of(ctx, found))

    ask, quoted = await quote.as_admin(ctx, ask, inbound, found)
    if quoted.denied:
        raise await quote.denial(ctx, ask, quoted.denied, quoted)
    wordlist.refuse(quoted.rules.scope, inbound.scope, wish.draft.prompt)
    if obstacle := await inbound.obstacle():
        raise Refusal(obstacle)
    if ctx.media.free_space() < library.LEAST_FREE:
        raise Refusal(texts.chat.DISK_FULL)

    above, unasked = quoted.rules.scope.confirm, await waiting.consent_missing(ctx, inbound, sample=wish.sample)
    dear, seen = above is not None and ask.price > above, _seen(wish)
    dearer = seen is not None and ask.price > seen
    if unasked or dear or dearer or wish.wrong:
        if asked := await idempotency.given(ctx, inbound):
            return asked
        await waiting.check_room(ctx, inbound)

    job = _job(ctx, inbound, wish, await wish.pictures(), ask, quoted)
    if wish.wrong:
        question = waiting.mending_question(job, wish.wrong, alone=not inbound.shared)
    elif job.order.cropped:
        if asked := await _crop_asked(ctx, inbound, job):
            return asked
        question = waiting.crop_question(job)
    elif unasked:
        too = not (dear or dearer) and any(
            other.address.chat == job.address.chat for _, other, _ in await questions.for_consent_alone(ctx, inbound)
        )
        asks = texts.consent.ASK_TOO if too else texts.consent.ASK
        question = waiting.consent_question(job.id, asks, alone=dearer)
    elif seen is not None and dearer:
        question = waiting.dearer_question(job, seen)
    elif above is not None and dear:
        question = waiting.price_question(ctx, job, quoted, above)
    else:
        return _with(lost, await submit(ctx, job, ask, inbound))
    if seen is not None and dearer and (job.order.cropped or unasked):  # whose yes is one to this price, too
        question = replace(question, text=lines(texts.models.risen(seen, job.price), question.text))
    await waiting.park(ctx, job)
    return _with(lost, question)


def _with(lost: Sentence, reply: Reply) -> Reply:
    """A reply that also says what of an earlier clip is left out."""
    undated = lines(reply.undated, lost) if reply.undated else EMPTY
    return replace(reply, text=lines(reply.text, lost), undated=undated) if lost else reply


async def submit(ctx: Context, job: Job, ask: pricing.Ask, inbound: Inbound, *, keep: bool = False) -> Reply:
    """Charge and queue a job. Deletes its pictures on refusal, unless `keep`. Raises `Refusal`."""
    try:
        remix = await lookup.remixed(ctx, inbound, job)
    except Refusal:  # unshared or forbidden meanwhile
        if not keep:
            await _discard(ctx, job)
        raise
    now = ctx.clock()
    # The original's maker is recorded only now: a parked order outlives an unsharing.
    job = replace(job, remix_after=remix.name if remix else "", created_at=now, due_at=now, changed_at=now)
    ask = replace(ask, now=now)
    try:
        submission = await ctx.store.submit(job, hold(job), pricing.plan(ask, ctx.policy), ask.member.tiers)
    except StoreDown:
        # Perhaps only the answer was lost, and a job exists: its photos stay.
        try:
            taken = await ctx.store.find(job.key)
        except StoreDown:
            raise Refusal(texts.chat.NOT_SURE) from None
        if taken is None:
            if not keep:
                await _discard(ctx, job)
            raise
        submission = Submission(taken, fresh=False)
    if not keep and (submission.job is None or submission.job.id != job.id):
        await _discard(ctx, job)
    if submission.job is None:
        _, quoted = await quote.quote(ctx, ask, inbound)
        raise await quote.denial(ctx, ask, submission.denied or Denied("allowance"), quoted)
    try:
        line = await status_line.of(ctx, submission.job, submission.turn)
        return replace(line, placed=submission.fresh and submission.job.address == inbound.address)
    finally:
        ctx.wake.worker()  # after the line was worded: people wait for it


def _seen(wish: Wish) -> int | None:
    """The price that the person was shown for this order; None if none."""
    rate = wish.draft.seen
    return wish.seen if rate is None else ceil(wish.draft.seconds * rate)


async def _crop_asked(ctx: Context, inbound: Inbound, job: Job) -> Reply | None:
    """The question that this message got before, if any. Raises `Refusal` where questions are impossible."""
    try:
        if platforms.kind(inbound.address.platform) == "operator":  # a shell has no buttons
            photo = job.order.photo
            ratio = catalogue.row(job.order.model, job.order.version).crop(photo.width, photo.height)
            too_long = texts.pictures.TOO_LONG_SHELL
            raise Refusal(texts.models.crop_shell(catalogue.row(job.order.model).title, *ratio) if ratio else too_long)
        earlier = await idempotency.given(ctx, inbound)
        if earlier is None:
            await waiting.check_room(ctx, inbound)
    except Refusal:
        await _discard(ctx, job)
        raise
    if earlier:
        await _discard(ctx, job)
    return earlier


async def _discard(ctx: Context, job: Job) -> None:
    await ctx.media.discard([photo.name for photo in job.order.photos])


def _job(ctx: Context, inbound: Inbound, wish: Wish, pictures: Pictures, ask: pricing.Ask, quoted: Quote) -> Job:
    draft = wish.draft
    cropped = pictures.cropped or draft.model.crop(pictures.photo.width, pictures.photo.height) is not None
    order = Order(
        model=draft.model.id,
        photo=pictures.photo,
        prompt=draft.prompt,
        seconds=draft.seconds,
        negative=draft.negative,
        cfg=draft.cfg,
        end=pictures.end,
        static_mask=pictures.static_mask,
        brushes=pictures.brushes,
        sample=wish.sample,
        cropped=cropped and not inbound.crop,
        sound=draft.sound,
        version=draft.model.version,
    )
    return Job(
        id=ctx.ids.new(),
        key=inbound.key,
        person=inbound.person,
        address=inbound.address,
        order=order,
        price=ask.price,
        spent_from=quoted.span,
        created_at=ask.now,
        due_at=ask.now,
        changed_at=ask.now,
        scope=inbound.scope,
        label=inbound.label,
        spoiler=inbound.spoiler,
        upload_limit=inbound.limit,
        follows=wish.follows.id if wish.follows else None,
        remix_of=wish.remix.id if wish.remix else None,
    )
