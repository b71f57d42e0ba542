"""The one door: whatever a person sends, on any platform, is an `Inbound`, and gets a `Reply`."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from bot import idempotency, texts
from bot.commands import invocation, table
from bot.errors import Denial, Illegal, Refusal, StoreDown
from bot.gallery import lookup
from bot.gallery.model import Share
from bot.jobs import machine, status
from bot.jobs.history import History
from bot.jobs.machine import hold
from bot.media.fit import Fitting
from bot.media.library import Media, Pictures
from bot.model import MENTION, Address, Inbound, Incident, Job, Order, Reply, Role
from bot.ordering import consent, crop, prompt, wordlist
from bot.ordering.prompt import Draft
from bot.ports import Provider, Store, Submission
from bot.quotas import balance, pricing
from bot.quotas.rules import Denied, Quote

log = logging.getLogger(__name__)

ALWAYS_TOLD = frozenset({"console", "web"})
"""Platforms where nobody else is bothered by hearing the same denial again."""
QUIET = 60.0
"""Seconds in which the same denial is told a person once."""
MOST_DENIALS = 10_000
ALARM = 5.0
"""Seconds that telling the operator may hold up the answer."""

Tell = Callable[[str], Awaitable[None]]


class Core:
    """What Photoplay does, whoever asks and wherever.

    `poke` wakes the worker, `poke_errands` whoever runs errands; `tell` reaches the operators. `link` gives the address
    of a file of `Media`; `web` is the address of our web server, if people can reach it. `ask_consent`: before a
    person's first clip they are asked whether those in the photo agree. `kept`: seconds that photos and clips stay.
    From `seed` come secrets that are the same when a message comes twice, also after a restart.
    """

    def __init__(
        self,
        store: Store,
        media: Media,
        provider: Provider,
        history: History,
        *,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        model: str,
        policy: pricing.Policy,
        poke: Callable[[], None],
        link: Callable[[str], str] | None = None,
        owners: Collection[str] = (),
        tell: Tell | None = None,
        web: str | None = None,
        ask_consent: bool = False,
        poke_errands: Callable[[], None] = lambda: None,
        kept: tuple[float, float] = (24 * 3600.0, 30 * 86_400.0),
        seed: bytes = b"",
    ) -> None:
        self.store = store
        self.media = media
        self.provider = provider
        self.history = history
        self.clock = clock
        self.new_id = new_id
        self.model = model
        self.policy = policy
        self.owners = frozenset(owners)
        self.tell = tell
        self.poke = poke
        self.web = web
        self.ask_consent = ask_consent
        self.poke_errands = poke_errands
        self.kept = kept
        self.seed = seed or secrets.token_bytes(32)
        self.link = link
        self.fitting = Fitting(media, link)
        self._denials: dict[tuple[str, str, str], float] = {}

    async def handle(self, inbound: Inbound) -> Reply:
        """Answer anything. What cannot be done is said in words; nothing is spent then.

        The same message again changes nothing, and gets the answer that it got the first time.
        """
        inbound = replace(inbound, text=invocation.canonical(_legible(inbound.text)), tiers=inbound.tiers - {"admins"})
        try:
            if earlier := await idempotency.command_given(self, inbound):
                return earlier
            if inbound.scope:
                inbound = replace(inbound, scope=await self.store.books.scope(inbound.scope))
        except StoreDown as error:
            log.error("nothing could be answered: %s", error)
            return Reply(texts.chat.TRY_LATER, refused=True)
        reply = await self._answer(inbound)
        await idempotency.keep(self, inbound, reply)
        return reply

    async def _answer(self, inbound: Inbound) -> Reply:
        try:
            if len(inbound.text) > prompt.TEXT_LIMIT:
                raise Refusal(texts.chat.too_wordy(len(inbound.text), prompt.TEXT_LIMIT, "A message"))
            if not table.takes_names(inbound.text):
                inbound = spelled(inbound)
            if inbound.text.startswith("/") and (not inbound.attachments or table.named(inbound.text)):
                return await table.run(self, inbound)
            return await self.order(inbound)
        except Denial as denial:
            return Reply("" if self._was_told(inbound, denial) else str(denial), refused=True)
        except Refusal as refusal:
            return Reply(str(refusal), refused=True)
        except StoreDown as error:
            log.error("an order could not be taken: %s", error)
            return Reply(texts.chat.TRY_LATER, refused=True)

    async def track(self, job_id: str, status_id: str, shown: str) -> bool:
        """Tell which message is a job's status line. False: the job is done already, take the line away."""
        return await self.store.track(job_id, status_id, shown)

    async def stands(self, reply: Reply, place: Address) -> bool:
        """Note what a message shows that may have to go. False: some of it is gone already, take the message away."""
        try:
            there = not reply.repeats or await self.store.traces.repeated(reply.repeats, place, self.clock())
            return there and all([await self.store.gallery.showed(share, place) for share in reply.shares])
        except StoreDown as error:  # to say so would have it shown a third time
            log.error("what a message shows could not be saved: %s", error)
            return True

    async def origin(self, reply: Reply) -> Address | None:
        """The message with the photo that a reply is about, be the order placed or still waiting for an answer."""
        if reply.job:
            job = await self.store.job(reply.job)
            return job.address if job else None
        parked = await self.store.books.parked(reply.waits) if reply.waits else None
        return (await self.store.books.read(parked.body)).address if parked else None

    async def closed(self, chat: Address) -> None:
        """Nobody can be answered in `chat` any more: what is still in line for it is given back."""
        for job in await self.store.queued(chat):
            with suppress(Illegal):
                await self.store.change(job.id, lambda job: machine.apply(job, machine.Cancelled(), self.clock()))
        self.poke()

    def operates(self, inbound: Inbound) -> bool:
        """Whether an operator says it."""
        return inbound.address.platform in pricing.UNLIMITED or inbound.person in self.owners

    async def administers(self, inbound: Inbound) -> bool:
        """Whether whoever says it may set limits there; an answer that does not come is a no."""
        if self.operates(inbound):
            return True
        if not inbound.scope:
            return False
        try:
            return await inbound.administers()
        except Exception:  # whatever an edge raises, nobody becomes an admin by it
            log.exception("nobody could say who is an admin")
            return False

    async def is_own(self, inbound: Inbound, person: str) -> bool:
        """Whether whoever says it is that person, on whatever platform."""
        return person == inbound.person or person in await self.store.accounts.people(inbound.person)

    async def quote(self, ask: pricing.Ask, inbound: Inbound) -> tuple[pricing.Ask, Quote]:
        """Whether an order would pass; the ask comes back with the tier of admins, if that matters and holds."""
        found = await self.store.books.quote(ask.member, pricing.plan(ask, self.policy), ask.now)
        if found.rules.admins_matter and await self.administers(inbound):
            ask = replace(ask, member=replace(ask.member, tiers=ask.member.tiers | {"admins"}))
            found = await self.store.books.quote(ask.member, pricing.plan(ask, self.policy), ask.now)
        return ask, found

    async def allowance(self, inbound: Inbound) -> str:
        """What the person has left, in a sentence."""
        return (await balance.standing(self, inbound)).sentence

    async def status(self, job: Job) -> Reply:
        """The status line of a job as it stands."""
        ahead, paused = await self._turn(job)
        rhythm = await self.history.rhythm(job.order, job.host)
        terms = self.provider.terms(job.host)
        now, slots = self.clock(), self.history.slots
        return status.line(job, rhythm, now, ahead=ahead, slots=slots, paused=paused, stand_in=terms.stand_in)

    async def state(self, job: Job) -> str:
        """Where a job is, in a few words."""
        ahead, paused = await self._turn(job)
        rhythm = await self.history.rhythm(job.order, job.host)
        return status.state(job, rhythm, self.clock(), ahead=ahead, slots=self.history.slots, paused=paused)

    async def _turn(self, job: Job) -> tuple[int, bool]:
        """How many are before a job in line, and whether the line stands."""
        with suppress(StoreDown):  # the order is in; its place is not worth a fright
            if job.state == "queued":
                return await self.store.ahead(job), await self.store.books.paused()
        return 0, False

    async def order(self, inbound: Inbound) -> Reply:
        """Order a clip of the pictures that came along. Raises `Refusal`."""
        if not inbound.attachments:
            raise Refusal(texts.chat.NO_PHOTO)
        roles = [attachment.role for attachment in inbound.attachments]
        if roles.count("photo") + roles.count("end") > 2:
            raise Refusal(texts.chat.ONE_PHOTO)
        if prompt.wordless(inbound.text):
            if earlier := await self.store.find(inbound.key):  # one picture of an album, come back after a crash
                return await self.status(earlier)
            return Reply(texts.chat.NO_WORDS, refused=True, ask=prompt.apart(inbound.text))
        draft = prompt.read(inbound.text, inbound.options)
        for attachment in inbound.attachments:
            if attachment.role == "brush":
                prompt.check_path(attachment.path)
        sample = all(attachment.sample for attachment in inbound.attachments)
        pictures = partial(self.media.keep, inbound.attachments, inbound.person)
        return await self.place(inbound, draft, roles, pictures, sample=sample)

    async def place(
        self,
        inbound: Inbound,
        draft: Draft,
        roles: Sequence[Role],
        pictures: Callable[[], Awaitable[Pictures]],
        *,
        follows: Job | None = None,
        remix: Share | None = None,
        sample: bool = False,
    ) -> Reply:
        """Order a clip; `pictures` is asked for only once nothing else stands in the way. Raises `Refusal`.

        `sample`: they show our own drawings.
        """
        prompt.check(draft, roles)
        if ("static_mask" in roles or "brush" in roles) and not self.provider.terms().masks:
            raise Refusal(texts.chat.NO_MASKS)
        if earlier := await self.store.find(inbound.key):
            return await self.status(earlier)
        ask, quoted = await self.quote(balance.ask(self, inbound, draft.seconds), inbound)
        if quoted.denied:
            raise await self._denial(ask, quoted.denied, quoted)
        wordlist.refuse(quoted.rules.scope, inbound.scope, draft.prompt)
        above, unasked = quoted.rules.scope.confirm, await consent.missing(self, inbound, sample=sample)
        dear = above is not None and ask.price > above
        if unasked or dear:
            if asked := await idempotency.given(self, inbound):
                return asked
            await balance.check_room(self, inbound)
        order = _order_of(self.model, draft, await pictures(), sample, asks=not inbound.crop)
        job = Job(
            id=self.new_id(),
            key=inbound.key,
            person=inbound.person,
            address=inbound.address,
            order=order,
            price=ask.price,
            window=quoted.span,
            created_at=ask.now,
            due_at=ask.now,
            changed_at=ask.now,
            scope=inbound.scope,
            label=inbound.label,
            spoiler=inbound.spoiler,
            limit=inbound.limit,
            follows=follows.id if follows else None,
            remix_of=remix.id if remix else None,
        )
        if order.cropped:
            return await crop.park(self, job, inbound)
        if unasked:
            return await consent.park(self, job)
        if above is not None and dear:
            return await balance.park(self, job, quoted, above)
        return await self.submit(job, ask, inbound)

    async def submit(self, job: Job, ask: pricing.Ask, inbound: Inbound, *, keep: bool = False) -> Reply:
        """Pay for a job and queue it. Its pictures go if it is not taken, unless `keep`. Raises `Refusal`."""
        names = [photo.name for photo in job.order.photos]
        try:
            remix = await lookup.remixed(self, inbound, job)
        except Refusal:  # taken back, or forbidden, while the order was on its way
            if not keep:
                await self.media.discard(names)
            raise
        now = self.clock()
        # Whose clip it is after is written down only now: an order that waits for a yes outlives an unsharing.
        job = replace(job, after=remix.name if remix else "", created_at=now, due_at=now, changed_at=now)
        ask = replace(ask, now=now)
        try:
            submission = await self.store.submit(job, hold(job), pricing.plan(ask, self.policy), ask.member.tiers)
        except StoreDown:
            # Perhaps only the answer was lost. While nobody knows, the photos stay: a job may need them.
            try:
                taken = await self.store.find(job.key)
            except StoreDown:
                raise Refusal(texts.chat.NOT_SURE) from None
            if taken is None:
                if not keep:
                    await self.media.discard(names)
                raise
            submission = Submission(taken)
        if not keep and (submission.job is None or submission.job.id != job.id):
            await self.media.discard(names)
        if submission.job is None:
            _, quoted = await self.quote(ask, inbound)
            raise await self._denial(ask, submission.denied or Denied("allowance"), quoted)
        self.poke()
        return await self.status(submission.job)

    async def _denial(self, ask: pricing.Ask, denied: Denied, quoted: Quote) -> Denial:
        if pricing.stops_all(denied):
            await self._alarm(ask, denied)
        return Denial(balance.denial(self, ask, denied, quoted), denied.cause)

    async def _alarm(self, ask: pricing.Ask, denied: Denied) -> None:
        """The operator hears first, and once for each time that a ceiling is reached."""
        if denied.cause == "paused" or denied.ends_at is None:
            return
        key = f"alarm:{denied.cause}:{denied.ends_at:.0f}:{denied.limit}"
        refill = texts.chat.refill(denied.ends_at - ask.now)
        words = texts.admin.alarm(denied.cause, denied.limit, refill)
        with suppress(StoreDown):
            if not await self.store.inbox.take(key, "operator", "", ask.now):
                return
            await self.store.inbox.handled(key, ask.now)
            await self.store.note(Incident(ask.now, "buying has stopped", words))
        if self.tell:
            try:
                async with asyncio.timeout(ALARM):
                    await self.tell(words)
            except Exception as error:  # the person's answer does not depend on it
                log.warning("the operator could not be told: %s", error)

    def _was_told(self, inbound: Inbound, denial: Denial) -> bool:
        """Whether the person heard the same a moment ago, in a place where others read along."""
        if inbound.address.platform in ALWAYS_TOLD:
            return False
        key, now = (inbound.person, inbound.scope, denial.cause), self.clock()
        if now - self._denials.get(key, -QUIET) < QUIET:
            return True
        if len(self._denials) >= MOST_DENIALS:
            self._denials.clear()
        self._denials[key] = now
        return False


def spelled(inbound: Inbound) -> Inbound:
    """With names written out, for words that are not about somebody's credits."""
    pieces = inbound.text.split(MENTION)
    if len(pieces) == 1:
        return inbound
    labels = [f"@{named.label}" for named in inbound.named] + [""] * len(pieces)
    text = "".join(piece + label for piece, label in zip(pieces, [*labels[: len(pieces) - 1], ""], strict=True))
    return replace(inbound, text=text, named=())


def _legible(text: str) -> str:
    """Without what no database and no provider can take: zero bytes and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()


def _order_of(model: str, draft: Draft, pictures: Pictures, sample: bool, *, asks: bool) -> Order:
    return Order(
        model=model,
        photo=pictures.photo,
        prompt=draft.prompt,
        seconds=draft.seconds,
        negative=draft.negative,
        cfg=draft.cfg,
        end=pictures.end,
        static_mask=pictures.static_mask,
        brushes=pictures.brushes,
        sample=sample,
        cropped=pictures.cropped and asks,
    )
